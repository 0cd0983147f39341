/** `GET pods/NAME/log` (`kubectl logs`), with the errors of the kubelet and the API server. */
import type { Store, SubresourceHandler } from '../apiserver/contract.ts'
import { PODS } from '../apiserver/kinds.ts'
import { isTrue } from '../apiserver/request-info.ts'
import { badRequest, invalid, notFound } from '../apiserver/status.ts'
import type { ContainerLog, LogLine } from './container-log.ts'
import { asPod, type Pod } from '../nodes/pod.ts'

/** The log of a container's current (`previous`: previous) run; undefined if it has not run. */
export type FindLog = (podUid: string, container: string, previous: boolean) => ContainerLog | undefined

/** The log of a VMI's launcher pod, which has no process in the lab. */
const NO_LAUNCHER =
  "lab: no virt-launcher runs in this pod, its guest is the lab's own process: what it came to is in the events of its VMI\n"

interface LogOptions {
  readonly follow: boolean
  readonly timestamps: boolean
  readonly tailLines: number | undefined
  readonly limitBytes: number
  readonly since: Date
}

export function podLog(store: () => Store, findLog: FindLog): SubresourceHandler {
  return {
    group: '',
    version: 'v1',
    plural: 'pods',
    subresource: 'log',
    method: 'GET',
    respond({ namespace, name, query }) {
      const options = logOptions(query)
      const object = store().get(PODS, namespace, name)
      if (object === undefined) throw notFound(PODS, name)
      const pod = asPod(object)
      const container = containerAsked(pod, query.get('container') ?? '')
      if (pod.spec.nodeName === undefined) return new Response(null, { status: 204 })
      const previous = isTrue(query.get('previous') ?? 'false')
      const hasEnded = (pod.status.containerStatuses ?? []).some(
        (status) => status.name === container && status.lastState?.terminated !== undefined,
      )
      if (previous && !hasEnded)
        throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`)
      const log = findLog(object.metadata.uid ?? '', container, previous)
      if (log === undefined && object.metadata.labels?.['kubevirt.io'] === 'virt-launcher' && !previous)
        return new Response(NO_LAUNCHER, { headers: { 'Content-Type': 'text/plain' } })
      if (log === undefined)
        throw badRequest(`container "${container}" in pod "${name}" ${whyNot(pod, container)}`)
      const headers = { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' }
      return new Response(logStream(log, options), { headers })
    },
  }
}

/** @throws StatusError 400 if the container does not exist, or none is named and the pod has several */
export function containerAsked(pod: Pod, asked: string): string {
  const names = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(({ name }) => name)
  const { name } = pod.metadata
  const [only = '', ...others] = names
  if (asked === '' && others.length === 0) return only
  if (asked === '')
    throw badRequest(
      `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`,
    )
  if (!names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`)
  return asked
}

function whyNot(pod: Pod, container: string): string {
  const waiting = (pod.status.containerStatuses ?? []).find(({ name }) => name === container)?.state.waiting
    ?.reason
  switch (waiting) {
    case 'ErrImagePull':
    case 'ImagePullBackOff':
      return 'is waiting to start: trying and failing to pull image'
    case 'InvalidImageName':
    case 'CreateContainerConfigError':
    case 'CreateContainerError':
    case 'ContainerCreating':
      return `is waiting to start: ${waiting}`
    default:
      return 'is not available'
  }
}

/** @throws StatusError 422 */
function logOptions(query: URLSearchParams): LogOptions {
  const number = (name: string, least: number) => {
    const text = query.get(name)
    if (text === null) return undefined
    const value = Number(text)
    if (Number.isInteger(value) && value >= least) return value
    throw invalid({ group: '', kind: 'PodLogOptions' }, '', [
      {
        reason: 'FieldValueInvalid',
        field: name,
        message: `Invalid value: ${text}: must be greater than ${least === 0 ? 'or equal to 0' : '0'}`,
      },
    ])
  }
  const sinceSeconds = number('sinceSeconds', 1)
  const sinceTime = Date.parse(query.get('sinceTime') ?? '')
  const since = sinceSeconds === undefined ? sinceTime || 0 : Date.now() - sinceSeconds * 1000
  return {
    follow: isTrue(query.get('follow') ?? 'false'),
    timestamps: isTrue(query.get('timestamps') ?? 'false'),
    tailLines: number('tailLines', 0),
    limitBytes: number('limitBytes', 1) ?? Infinity,
    since: new Date(since),
  }
}

function logStream(log: ContainerLog, options: LogOptions): ReadableStream<Uint8Array> {
  let stop = () => undefined as unknown
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const encoder = new TextEncoder()
      const { tailLines, follow } = options
      let left = options.limitBytes
      let next = tailLines === undefined ? 0 : Math.max(0, log.length - tailLines)
      const more = () => {
        for (const line of log.from(next)) {
          if (line.time < options.since || left <= 0) continue
          const bytes = encoder.encode(written(line, options)).subarray(0, left)
          left -= bytes.length
          controller.enqueue(bytes)
        }
        next = log.length
        if (follow && !log.ended && left > 0) return
        stop()
        controller.close()
      }
      stop = log.onMore(more)
      more()
    },
    cancel() {
      stop()
    },
  })
}

function written({ time, text }: LogLine, { timestamps }: LogOptions): string {
  return `${timestamps ? `${time.toISOString()} ` : ''}${text}\n`
}
