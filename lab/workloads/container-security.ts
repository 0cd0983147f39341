/** A container's user and privileges, from its own and its pod's security context and its image, as in the kubelet. */
import { ContainerConfigError } from './container-environment.ts'
import type { ContainerPlan } from './container-runtime.ts'
import type { LocalImage } from './local-image.ts'
import type { Container } from '../nodes/container.ts'
import type { Pod } from '../nodes/pod.ts'
import { podTitle } from './kubelet-messages.ts'

export type SecurityPlan = Pick<
  ContainerPlan,
  | 'user'
  | 'supplementalGroups'
  | 'capabilities'
  | 'privileged'
  | 'noNewPrivileges'
  | 'readOnlyRoot'
  | 'seccomp'
>

/** @throws ContainerConfigError if it would run as root despite `runAsNonRoot`, or has an unknown seccomp profile */
export function securityOf(pod: Pod, container: Container, image: LocalImage): SecurityPlan {
  const { fsGroup, supplementalGroups = [] } = pod.spec.securityContext ?? {}
  const {
    privileged = false,
    allowPrivilegeEscalation,
    capabilities,
    readOnlyRootFilesystem,
  } = container.securityContext ?? {}
  const add = (capabilities?.add ?? []).map(withoutPrefix)
  return {
    user: containerUser(pod, container, image),
    supplementalGroups: [...new Set([...supplementalGroups, ...(fsGroup === undefined ? [] : [fsGroup])])],
    capabilities: { add, drop: (capabilities?.drop ?? []).map(withoutPrefix) },
    privileged,
    // As in Kubernetes: no_new_privs has no effect on containers that are privileged or have SYS_ADMIN.
    noNewPrivileges: allowPrivilegeEscalation === false && !privileged && !add.includes('SYS_ADMIN'),
    readOnlyRoot: readOnlyRootFilesystem === true,
    seccomp: privileged ? 'Unconfined' : seccompOf(pod, container),
  }
}

function seccompOf(pod: Pod, container: Container): SecurityPlan['seccomp'] {
  const { type, localhostProfile = '' } = container.securityContext?.seccompProfile ??
    pod.spec.securityContext?.seccompProfile ?? { type: 'Unconfined' }
  if (type === 'RuntimeDefault' || type === 'Unconfined') return type
  throw new ContainerConfigError(`seccomp profile ${localhostProfile || type} is not there`)
}

function containerUser(pod: Pod, container: Container, image: LocalImage): { uid: number; gid: number } {
  const { runAsUser, runAsGroup, runAsNonRoot } = {
    ...pod.spec.securityContext,
    ...container.securityContext,
  }
  const who = `(pod: "${podTitle(pod)}", container: ${container.name})`
  if (runAsNonRoot === true && runAsUser === 0)
    throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${who}`)
  if (runAsNonRoot === true && runAsUser === undefined && image.user.uid === 0)
    throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${who}`)
  const gid = runAsGroup ?? (runAsUser === undefined ? image.user.gid : 0)
  return { uid: runAsUser ?? image.user.uid, gid }
}

/** Removes the prefix: CRI-O accepts both `CAP_NET_ADMIN` and `NET_ADMIN`. */
function withoutPrefix(capability: string): string {
  return capability.toUpperCase().replace(/^CAP_/, '')
}
