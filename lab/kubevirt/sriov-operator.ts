/** What the SR-IOV network operator shows of itself in the API: its word on each node, and its webhook. */
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
/** The port whose VFs the lab's nodes have, as the daemon finds it. */
const PF = {
  ...{ name: 'ens1f0', pciAddress: '0000:3b:00.0', vendor: '8086', deviceID: '158b', driver: 'i40e' },
  ...{ linkType: 'ETH', mtu: 1500, numVfs: VFS, totalvfs: 64 },
}
/** Whose VFs simulated guests have. ENA has none: its functions are no VFs of the node's. */
const PFS: Readonly<Record<NicName, Partial<typeof PF> | undefined>> = {
  vmxnet3: {},
  mlx5: { vendor: '15b3', deviceID: '101d', driver: 'mlx5_core' },
  bnxt: { vendor: '14e4', deviceID: '1751', driver: 'bnxt_en' },
  ena: undefined,
}

/**
 * Serves the operator's kind. Its daemon has always just succeeded: a status is not a user's to create.
 * @returns undefined where the nodes have no VFs that an operator could have made
 */
export function createSriovOperator(nic: NicName = 'vmxnet3'): ApiExtension | undefined {
  const pf = PFS[nic]
  if (pf === undefined) return undefined
  const status = { syncStatus: 'Succeeded', lastSyncError: '', interfaces: [{ ...PF, ...pf }] }
  return { kinds: [SRIOV_NODE_STATE], admitCreate: (_, object) => ({ ...object, status }), subresources: [] }
}

export const SRIOV_NAMESPACE = 'sriov-network-operator'

/** Named as its node each, as the operator's daemon reports it. */
export function sriovNodeStates(names: readonly string[] = DEFAULT_NODE_NAMES): KubeObject[] {
  return names.map((name) => ({
    apiVersion: 'sriovnetwork.openshift.io/v1',
    kind: 'SriovNetworkNodeState',
    metadata: { name, namespace: SRIOV_NAMESPACE },
    spec: {
      interfaces: [
        {
          ...{ name: PF.name, pciAddress: PF.pciAddress, numVfs: VFS },
          vfGroups: [
            {
              ...{ deviceType: 'vfio-pci', resourceName: 'dpdk_vf', policyName: 'dpdk' },
              vfRange: `${PF.name}#0-${VFS - 1}`,
            },
          ],
        },
      ],
    },
  }))
}

/** The network-resources-injector's, which has pods ask for the VFs of their networks. */
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
