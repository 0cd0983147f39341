/** Columns of `kubectl get` for pods and workloads (k8s.io/kubernetes pkg/printers/internalversion). */
import type { Column, KubeObject } from './contract.ts'

interface ContainerState {
  readonly waiting?: { readonly reason?: string }
  readonly terminated?: { readonly reason?: string; readonly exitCode: number }
}

interface ContainerStatus {
  readonly ready: boolean
  readonly restartCount?: number
  readonly state?: ContainerState
  readonly lastState?: { readonly terminated?: { readonly finishedAt?: string } }
}

interface PodShape {
  readonly spec?: { readonly nodeName?: string; readonly containers?: readonly unknown[] }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly podIP?: string
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

/** A Deployment or a ReplicaSet. */
interface ReplicatedShape {
  readonly spec?: { readonly replicas?: number }
  readonly status?: {
    readonly replicas?: number
    readonly readyReplicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
  }
}

interface JobShape {
  readonly spec?: {
    readonly completions?: number
    readonly suspend?: boolean
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly template?: {
      readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image: string }[] }
    }
  }
  readonly status?: {
    readonly succeeded?: number
    readonly startTime?: string
    readonly completionTime?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
  }
}

const asPod = (object: KubeObject) => object as KubeObject & PodShape
const asJob = (object: KubeObject) => object as KubeObject & JobShape
const statuses = (object: KubeObject) => asPod(object).status?.containerStatuses ?? []
const templateContainers = (object: KubeObject) => asJob(object).spec?.template?.spec?.containers ?? []
const replicated = (object: KubeObject) => object as KubeObject & ReplicatedShape
const counted =
  (name: keyof NonNullable<ReplicatedShape['status']>) =>
  (object: KubeObject): string =>
    String(replicated(object).status?.[name] ?? 0)
const wanted = (object: KubeObject) => String(replicated(object).spec?.replicas ?? 1)

export const POD_COLUMNS: readonly Column[] = [
  {
    name: 'Ready',
    value: (pod) =>
      `${statuses(pod).filter(({ ready }) => ready).length}/${(asPod(pod).spec?.containers ?? []).length}`,
  },
  { name: 'Status', value: podStatus },
  { name: 'Restarts', value: podRestarts },
]

export const WIDE_POD_COLUMNS: readonly Column[] = [
  { name: 'IP', value: (pod) => asPod(pod).status?.podIP ?? '<none>', wide: true },
  { name: 'Node', value: (pod) => asPod(pod).spec?.nodeName ?? '<none>', wide: true },
  { name: 'Nominated Node', value: () => '<none>', wide: true },
  { name: 'Readiness Gates', value: () => '<none>', wide: true },
]

export const JOB_COLUMNS: readonly Column[] = [
  { name: 'Status', value: jobStatus },
  {
    name: 'Completions',
    value: (job) => `${asJob(job).status?.succeeded ?? 0}/${asJob(job).spec?.completions ?? 1}`,
  },
  { name: 'Duration', value: jobDuration },
]

export const DEPLOYMENT_COLUMNS: readonly Column[] = [
  { name: 'Ready', value: (deployment) => `${counted('readyReplicas')(deployment)}/${wanted(deployment)}` },
  { name: 'Up-to-date', value: counted('updatedReplicas') },
  { name: 'Available', value: counted('availableReplicas') },
]

export const REPLICA_SET_COLUMNS: readonly Column[] = [
  { name: 'Desired', value: wanted },
  { name: 'Current', value: counted('replicas') },
  { name: 'Ready', value: counted('readyReplicas') },
]

/** Columns of kinds with a pod template. */
export const WIDE_TEMPLATE_COLUMNS: readonly Column[] = [
  { name: 'Containers', value: (job) => list(templateContainers(job).map(({ name }) => name)), wide: true },
  { name: 'Images', value: (job) => list(templateContainers(job).map(({ image }) => image)), wide: true },
  {
    name: 'Selector',
    value: (job) =>
      list(
        Object.entries(asJob(job).spec?.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`),
      ),
    wide: true,
  },
]

/** `2 (30s ago)`: the number of restarts of all containers, and the time since the last termination. */
function podRestarts(pod: KubeObject): string {
  const count = statuses(pod).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
  const ends = statuses(pod).flatMap(({ lastState }) => lastState?.terminated?.finishedAt ?? [])
  const last = Math.max(...ends.map((time) => Date.parse(time)))
  return count === 0 || ends.length === 0
    ? String(count)
    : `${count} (${humanDuration((Date.now() - last) / 1000)} ago)`
}

/** The STATUS column: the reason of a waiting or terminated container, otherwise the phase. */
function podStatus(pod: KubeObject): string {
  const { phase = 'Pending', reason } = asPod(pod).status ?? {}
  const isOver = phase === 'Succeeded' || phase === 'Failed'
  if (pod.metadata.deletionTimestamp !== undefined && !isOver) return 'Terminating'
  for (const { state } of statuses(pod)) {
    if (state?.waiting?.reason !== undefined) return state.waiting.reason
    if (state?.terminated !== undefined)
      return state.terminated.reason ?? `ExitCode:${state.terminated.exitCode}`
  }
  return reason ?? phase
}

function jobStatus(job: KubeObject): string {
  const { spec, status, metadata } = asJob(job)
  const holds = (type: string) =>
    (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True')
  for (const type of ['Complete', 'Failed']) if (holds(type)) return type
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (spec?.suspend === true) return 'Suspended'
  for (const type of ['FailureTarget', 'SuccessCriteriaMet']) if (holds(type)) return type
  return 'Running'
}

function jobDuration(job: KubeObject): string {
  const { startTime, completionTime } = asJob(job).status ?? {}
  if (startTime === undefined) return ''
  return humanDuration(
    (Date.parse(completionTime ?? new Date().toISOString()) - Date.parse(startTime)) / 1000,
  )
}

function list(names: readonly string[]): string {
  return names.length === 0 ? '<none>' : names.join(',')
}

/** A duration in kubectl's format: `45s`, `3m20s`, `59m`, `5h10m`, `26h`, `3d4h`, `12d`. */
export function humanDuration(time: number): string {
  const seconds = Math.max(0, Math.floor(time))
  const [minutes, hours, days] = [60, 3600, 86_400].map((unit) => Math.floor(seconds / unit)) as [
    number,
    number,
    number,
  ]
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's')
  if (hours < 3) return `${minutes}m`
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  return days < 8 ? pair(days, 'd', hours % 24, 'h') : `${days}d`
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`
}
