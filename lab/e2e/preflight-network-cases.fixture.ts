/** Broken networks and VFs, and the violations that the preflight must find on each. */
import { SRIOV_NAMESPACE, SRIOV_NODE_STATE } from '../kubevirt/sriov-operator.ts'
import { BOTH, type Case, onNetwork, withConfig } from './preflight-case.fixture.ts'

const SRIOV = { cniVersion: '1.0.0', name: 'n', type: 'sriov' }
const MEBIBYTE = 2 ** 20

export const NETWORK_CASES: readonly Case[] = [
  {
    name: 'a configuration that is not JSON',
    break: (lab) => {
      onNetwork(lab, withConfig("type: sriov # that's YAML"))
    },
    wrong: { 'preflight.network': "the network's configuration is not JSON" },
  },
  {
    name: 'a configuration that is empty',
    break: (lab) => {
      onNetwork(lab, () => ({ spec: {} }))
    },
    // Multus then reads a file on the node.
    wrong: {},
  },
  {
    name: 'a bridge',
    break: (lab) => {
      onNetwork(lab, withConfig({ ...SRIOV, type: 'bridge' }))
    },
    wrong: { 'preflight.network': "the network's CNI plugin is bridge, which provides no VF" },
  },
  {
    name: 'SR-IOV in a list of plugins, with invalid options',
    break: (lab) => {
      const plugin = { type: 'sriov', vlan: 5000, spoofchk: false, link_state: 'disable', max_tx_rate: 1000 }
      onNetwork(lab, withConfig({ cniVersion: '1.0.0', name: 'n', plugins: [plugin, { type: 'tuning' }] }))
    },
    wrong: {
      'preflight.network':
        'the network\'s spoofchk must be "on" or "off", not false; the network\'s vlan must be a number from 0 to 4094, not 5000; ' +
        "the network's max_tx_rate is 1,000 Mbit/s, and 8,000,000 packets/s of 64 bytes are 4,096 Mbit/s; " +
        'the network\'s link_state is "disable": the links of its VFs never come up',
    },
  },
  {
    name: 'options of the sriov plugin that are empty texts',
    break: (lab) => {
      onNetwork(lab, withConfig({ ...SRIOV, vlan: 100, spoofchk: '', trust: '', link_state: '' }))
    },
    wrong: {},
  },
  {
    name: 'a network without resource',
    break: (lab) => {
      onNetwork(lab, ({ metadata: { name, namespace, ...rest } }) => ({
        metadata: { ...rest, name, ...(namespace === undefined ? {} : { namespace }), annotations: {} },
      }))
    },
    wrong: { 'preflight.network': 'the network has no annotation k8s.v1.cni.cncf.io/resourceName' },
  },
  {
    name: 'annotations of 1 MiB with hostile text',
    break: (lab) => {
      onNetwork(lab, ({ metadata }) => ({
        metadata: {
          ...metadata,
          annotations: {
            'k8s.v1.cni.cncf.io/resourceName': '$(reboot)\u001b[31m'.padEnd(MEBIBYTE, 'x'),
            other: 'y'.repeat(MEBIBYTE),
          },
        },
        spec: { config: '{'.repeat(MEBIBYTE) },
      }))
    },
    wrong: { 'preflight.network': 'the network\'s annotation k8s.v1.cni.cncf.io/resourceName is "$(reboot)' },
  },
  {
    name: 'SR-IOV policies that could not be applied',
    break: (lab) => {
      for (const name of BOTH)
        lab.change(
          SRIOV_NODE_STATE,
          name,
          () => ({ status: { syncStatus: 'Failed', lastSyncError: 'no VFs left' } }),
          SRIOV_NAMESPACE,
        )
    },
    wrong: {
      'preflight.sriov-state':
        'SR-IOV policies are not applied on lab-node-1, lab-node-2: syncStatus Failed (no VFs left)',
    },
  },
  {
    name: "VFs that are left to the node's own driver",
    break: (lab) => {
      for (const name of BOTH)
        lab.change(
          SRIOV_NODE_STATE,
          name,
          ({ spec }) => ({
            spec: JSON.parse(JSON.stringify(spec).replace('vfio-pci', 'netdevice')) as object,
          }),
          SRIOV_NAMESPACE,
        )
    },
    wrong: {
      'preflight.sriov-state':
        "lab-node-1, lab-node-2: the VFs of ens1f0 (0000:3b:00.0) stay with the node's own driver (deviceType netdevice)",
    },
  },
]
