/** The SR-IOV network operator's objects in the API: the state of each node, and its webhook configuration. */
import type { ApiExtension, KubeObject, ResourceKind } from '../apiserver/contract.ts'
import type { NicName } from '../guests/scripted/nic-models.ts'
import { DEFAULT_NODE_NAMES } from '../nodes/node-objects.ts'

export const SRIOV_NODE_STATE: ResourceKind = {
  group: 'sriovnetwork.openshift.io',
  version: 'v1',
  kind: 'SriovNetworkNodeState',
  plural: 'sriovnetworknodestates',
  namespaced: true,
  custom: true,
  hasStatus: true,
  columns: [
    {
      name: 'Sync Status',
      value: ({ status }) => (status as { syncStatus?: string } | undefined)?.syncStatus ?? '',
    },
  ],
}

const VFS = 8
/** The PF of the lab's nodes, as the operator's daemon reports it. */
const PF = {
  name: 'ens1f0',
  pciAddress: '0000:3b:00.0',
  vendor: '8086',
  deviceID: '158b',
  driver: 'i40e',
  linkType: 'ETH',
  mtu: 9000,
  numVfs: VFS,
  totalvfs: 64,
}
/** The PF behind each simulated NIC. Undefined for ENA, whose functions are not VFs of the node. */
const PFS: Readonly<Record<NicName, Partial<typeof PF> | undefined>> = {
  vmxnet3: {},
  mlx5: { vendor: '15b3', deviceID: '101d', driver: 'mlx5_core' },
  bnxt: { vendor: '14e4', deviceID: '1751', driver: 'bnxt_en' },
  ena: undefined,
}

/**
 * Serves SriovNetworkNodeState. The status of a created object is always the daemon's: Succeeded.
 * @returns undefined if the nodes' NICs have no VFs, so there is no operator
 */
export function createSriovOperator(nic: NicName = 'vmxnet3'): ApiExtension | undefined {
  const pf = PFS[nic]
  if (pf === undefined) return undefined
  const status = { syncStatus: 'Succeeded', lastSyncError: '', interfaces: [{ ...PF, ...pf }] }
  return { kinds: [SRIOV_NODE_STATE], admitCreate: (_, object) => ({ ...object, status }), subresources: [] }
}

export const SRIOV_NAMESPACE = 'sriov-network-operator'

/** One SriovNetworkNodeState per node, named after it, with the VFs of a policy. */
export function sriovNodeStates(names: readonly string[] = DEFAULT_NODE_NAMES): KubeObject[] {
  return names.map((name) => ({
    apiVersion: 'sriovnetwork.openshift.io/v1',
    kind: 'SriovNetworkNodeState',
    metadata: { name, namespace: SRIOV_NAMESPACE },
    spec: {
      interfaces: [
        {
          name: PF.name,
          pciAddress: PF.pciAddress,
          numVfs: VFS,
          vfGroups: [
            {
              deviceType: 'vfio-pci',
              resourceName: 'dpdk_vf',
              policyName: 'dpdk',
              vfRange: `${PF.name}#0-${VFS - 1}`,
            },
          ],
        },
      ],
    },
  }))
}

/** The webhook of the network-resources-injector, which adds VF requests to pods. */
export function sriovWebhook(): KubeObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'network-resources-injector-config' },
    webhooks: [
      {
        name: 'network-resources-injector-config.k8s.io',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: {
          service: {
            name: 'network-resources-injector-service',
            namespace: SRIOV_NAMESPACE,
            path: '/mutate',
          },
        },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
      },
    ],
  }
}
