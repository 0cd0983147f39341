/** OpenShift's kinds that the rootless pods need. */
import type { Column, KubeObject, ResourceKind } from '../apiserver/contract.ts'

const custom = (group: string, kind: string, plural: string, more: Partial<ResourceKind>): ResourceKind => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced: false,
  custom: true,
  ...more,
})

interface PoolStatus {
  readonly configuration?: { readonly name?: string }
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
}

const poolStatus = ({ status }: KubeObject) => (status ?? {}) as PoolStatus & Record<string, unknown>
const holds = (type: string): Column => ({
  name: type,
  value: (pool) => poolStatus(pool).conditions?.find((one) => one.type === type)?.status ?? '',
})
const count = (name: string, field: string): Column => ({
  name,
  value: (pool) => String(Number(poolStatus(pool)[field] ?? 0)),
})

const MACHINE_CONFIGURATION = 'machineconfiguration.openshift.io'

export const MACHINE_CONFIGS = custom(MACHINE_CONFIGURATION, 'MachineConfig', 'machineconfigs', {
  shortNames: ['mc'],
  fields: ['spec'],
})

export const MACHINE_CONFIG_POOLS = custom(MACHINE_CONFIGURATION, 'MachineConfigPool', 'machineconfigpools', {
  shortNames: ['mcp'],
  hasStatus: true,
  columns: [
    { name: 'Config', value: (pool) => poolStatus(pool).configuration?.name ?? '' },
    ...['Updated', 'Updating', 'Degraded'].map(holds),
    count('MachineCount', 'machineCount'),
    count('ReadyMachineCount', 'readyMachineCount'),
    count('UpdatedMachineCount', 'updatedMachineCount'),
    count('DegradedMachineCount', 'degradedMachineCount'),
  ],
})

const SRIOV = 'sriovnetwork.openshift.io'

export const SRIOV_NETWORKS = custom(SRIOV, 'SriovNetwork', 'sriovnetworks', {
  namespaced: true,
  hasStatus: true,
})

export const SRIOV_NETWORK_NODE_POLICIES = custom(
  SRIOV,
  'SriovNetworkNodePolicy',
  'sriovnetworknodepolicies',
  { namespaced: true, hasStatus: true },
)

export const SECURITY_CONTEXT_CONSTRAINTS = custom(
  'security.openshift.io',
  'SecurityContextConstraints',
  'securitycontextconstraints',
  {
    shortNames: ['scc'],
    fields: [
      'allowPrivilegedContainer',
      'allowPrivilegeEscalation',
      'allowedCapabilities',
      'priority',
      'defaultAddCapabilities',
      'requiredDropCapabilities',
      'runAsUser',
      'fsGroup',
      'users',
      'groups',
    ],
    columns: [{ name: 'Priv', value: ({ allowPrivilegedContainer }) => String(allowPrivilegedContainer) }],
  },
)

export const OPENSHIFT_KINDS: readonly ResourceKind[] = [
  MACHINE_CONFIGS,
  MACHINE_CONFIG_POOLS,
  SRIOV_NETWORKS,
  SRIOV_NETWORK_NODE_POLICIES,
  SECURITY_CONTEXT_CONSTRAINTS,
]
