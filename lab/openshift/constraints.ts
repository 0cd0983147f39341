/**
 * OpenShift's default security context constraints in the order of their evaluation: by priority, then the most
 * restrictive first (OpenShift 4.16, `oc get scc -o yaml`).
 */
import type { KubeObject } from '../apiserver/contract.ts'

export interface Constraint extends KubeObject {
  readonly allowPrivilegedContainer: boolean
  readonly allowPrivilegeEscalation: boolean
  /** `*`: all capabilities. */
  readonly allowedCapabilities: readonly string[]
  readonly requiredDropCapabilities: readonly string[]
  readonly runAsUser: { readonly type: 'MustRunAsRange' | 'MustRunAsNonRoot' | 'RunAsAny' }
  readonly fsGroup: { readonly type: 'MustRunAs' | 'RunAsAny' }
  readonly priority: number | null
  readonly users: readonly string[]
  readonly groups: readonly string[]
}

type Draft = Partial<Omit<Constraint, 'apiVersion' | 'kind' | 'metadata'>>

function constraint(name: string, draft: Draft): Constraint {
  return {
    apiVersion: 'security.openshift.io/v1',
    kind: 'SecurityContextConstraints',
    metadata: { name },
    allowPrivilegedContainer: false,
    allowPrivilegeEscalation: true,
    allowedCapabilities: [],
    requiredDropCapabilities: ['MKNOD'],
    priority: null,
    users: [],
    groups: [],
    runAsUser: { type: 'MustRunAsRange' },
    fsGroup: { type: 'MustRunAs' },
    ...draft,
  }
}

/** The newer constraints (`…-v2`), which drop all capabilities. */
const V2: Draft = {
  allowPrivilegeEscalation: false,
  allowedCapabilities: ['NET_BIND_SERVICE'],
  requiredDropCapabilities: ['ALL'],
}
const ANY_USER: Draft = { runAsUser: { type: 'RunAsAny' }, fsGroup: { type: 'RunAsAny' } }
const NOT_ROOT: Draft = { runAsUser: { type: 'MustRunAsNonRoot' }, fsGroup: { type: 'RunAsAny' } }

export const DEFAULT_CONSTRAINTS: readonly Constraint[] = [
  constraint('anyuid', { ...ANY_USER, priority: 10, groups: ['system:cluster-admins'] }),
  constraint('restricted-v2', { ...V2, groups: ['system:authenticated'] }),
  constraint('restricted', { requiredDropCapabilities: ['KILL', 'MKNOD', 'SETUID', 'SETGID'] }),
  constraint('nonroot-v2', { ...V2, ...NOT_ROOT }),
  constraint('nonroot', NOT_ROOT),
  constraint('hostmount-anyuid', ANY_USER),
  constraint('machine-api-termination-handler', { runAsUser: { type: 'RunAsAny' } }),
  constraint('hostnetwork-v2', V2),
  constraint('hostnetwork', {}),
  constraint('hostaccess', { fsGroup: { type: 'MustRunAs' } }),
  constraint('node-exporter', ANY_USER),
  constraint('privileged', {
    ...ANY_USER,
    allowPrivilegedContainer: true,
    allowedCapabilities: ['*'],
    requiredDropCapabilities: [],
    groups: ['system:cluster-admins', 'system:nodes', 'system:masters'],
  }),
]
