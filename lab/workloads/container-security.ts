/** What a container may, resolved from its own security context, its pod's and its image, as the kubelet does it. */
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

/** @throws ContainerConfigError where the pod forbids root and it would be, or wants a profile that is not there */
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
    // Who is privileged, or may administer the system, has nothing to gain: Kubernetes lets it be.
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

/** CRI-O takes both `CAP_NET_ADMIN` and `NET_ADMIN`. */
function withoutPrefix(capability: string): string {
  return capability.toUpperCase().replace(/^CAP_/, '')
}
