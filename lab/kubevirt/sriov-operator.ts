/** What the SR-IOV network operator shows of itself in the API: its word on each node, and its webhook. */
import type { ApiExtension, KubeObject, ResourceKind } from '../apiserver/contract.ts'
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

/** Serves the operator's kind. Its daemon has always just succeeded: a status is not a user's to create. */
export function createSriovOperator(): ApiExtension {
  const status = { syncStatus: 'Succeeded', lastSyncError: '' }
  return { kinds: [SRIOV_NODE_STATE], admitCreate: (_, object) => ({ ...object, status }), subresources: [] }
}

export const SRIOV_NAMESPACE = 'sriov-network-operator'

/** Named as its node each, as the operator's daemon reports it. */
export function sriovNodeStates(names: readonly string[] = DEFAULT_NODE_NAMES): KubeObject[] {
  return names.map((name) => ({
    apiVersion: 'sriovnetwork.openshift.io/v1',
    kind: 'SriovNetworkNodeState',
    metadata: { name, namespace: SRIOV_NAMESPACE },
    spec: {},
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
