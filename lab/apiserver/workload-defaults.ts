/** kube-apiserver's defaults for pods, Jobs, Deployments and ReplicaSets (defaults.go in pkg/apis). */
import type { KubeObject } from './contract.ts'
import { generateName } from './object-metadata.ts'

type Fields = Record<string, unknown>

interface PodSpec extends Fields {
  readonly containers?: readonly Fields[]
  readonly initContainers?: readonly Fields[]
  readonly volumes?: readonly Fields[]
  readonly serviceAccountName?: string
  readonly automountServiceAccountToken?: boolean
}

/** The folder in a container with the service account's token, the server's CA certificate and the namespace. */
export const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount'
/** Seconds; a real kubelet renews the token long before that. */
const TOKEN_LIFETIME = 3607
const FILE_MODE = 0o644

export function jobWithDefaults(job: KubeObject): KubeObject {
  const { template, ...spec } = (job['spec'] ?? {}) as Fields & { template?: Fields }
  const manualSelector = spec['selector'] === undefined ? { manualSelector: false } : {}
  return {
    ...job,
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      ...manualSelector,
      ...spec,
      template: { ...template, spec: podSpecWithDefaults((template?.['spec'] ?? {}) as PodSpec) },
    },
  }
}

/** A new Job with its uid, an empty status and the labels that select its pods, which contain the uid. */
export function jobWithIdentity(job: KubeObject, uid: string): KubeObject {
  const spec = job['spec'] as Fields & { manualSelector?: boolean; template?: Fields }
  const template = spec.template ?? {}
  const metadata = (template['metadata'] ?? {}) as Fields & { labels?: Record<string, string> }
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': job.metadata.name,
    'controller-uid': uid,
    'job-name': job.metadata.name,
  }
  const status = {}
  if (spec.manualSelector === true) return { ...job, metadata: { ...job.metadata, uid }, status }
  const ofPods = { ...metadata.labels, ...labels }
  const own = job.metadata.labels ?? {}
  return {
    ...job,
    // A Job without labels gets the labels of its pod template.
    metadata: { ...job.metadata, uid, labels: Object.keys(own).length > 0 ? own : ofPods },
    spec: {
      ...spec,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: { ...template, metadata: { ...metadata, labels: ofPods } },
    },
    status,
  }
}

/** A Deployment or a ReplicaSet. */
export function replicatedWithDefaults(object: KubeObject): KubeObject {
  const { template, strategy, ...spec } = (object['spec'] ?? {}) as Fields & {
    template?: Fields
    strategy?: Fields & { type?: string; rollingUpdate?: Fields }
  }
  const type = strategy?.type ?? 'RollingUpdate'
  const rollingUpdate =
    type === 'RollingUpdate'
      ? { rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%', ...strategy?.rollingUpdate } }
      : {}
  const ofDeployment = {
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    strategy: { ...strategy, type, ...rollingUpdate },
  }
  return {
    ...object,
    spec: {
      replicas: 1,
      ...(object.kind === 'Deployment' ? ofDeployment : {}),
      ...spec,
      template: { ...template, spec: podSpecWithDefaults((template?.['spec'] ?? {}) as PodSpec) },
    },
  }
}

/** A new pod with its defaults, its service account's volume and the status of a pod that has not started. */
export function podWithDefaults(pod: KubeObject): KubeObject {
  const given = podSpecWithDefaults((pod['spec'] ?? {}) as PodSpec)
  const serviceAccountName = given['serviceAccountName'] ?? 'default'
  const spec = withServiceAccountVolume({
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
    priority: 0,
    ...given,
    serviceAccountName,
    serviceAccount: serviceAccountName,
  })
  return { ...pod, spec, status: { phase: 'Pending', qosClass: qosClass(spec) } }
}

function podSpecWithDefaults(given: PodSpec): PodSpec {
  const spec = withoutNulls(given) as PodSpec
  const { serviceAccountName } = spec
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
    ...(serviceAccountName === undefined ? {} : { serviceAccount: serviceAccountName }),
    containers: (spec.containers ?? []).map(containerWithDefaults),
    ...(spec.initContainers === undefined
      ? {}
      : { initContainers: spec.initContainers.map(containerWithDefaults) }),
    ...(spec.volumes === undefined ? {} : { volumes: spec.volumes.map(volumeWithDefaults) }),
  }
}

/** Removes fields that are null, at any depth: the API treats them as absent. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(([, field]) => field !== null)
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutNulls(field)]))
}

function containerWithDefaults(container: Fields): Fields {
  const env = container['env'] as Fields[] | undefined
  const probes = ['readinessProbe', 'livenessProbe', 'startupProbe']
    .filter((name) => container[name] !== undefined)
    .map((name) => [name, { ...PROBE_DEFAULTS, ...(container[name] as Fields) }])
  const image = container['image'] as string | undefined
  return {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isFloating(image ?? '') ? 'Always' : 'IfNotPresent',
    ...container,
    resources: resourcesWithDefaults((container['resources'] ?? {}) as Resources),
    ...(Object.fromEntries(probes) as Fields),
    ...(env === undefined ? {} : { env: env.map(variableWithDefaults) }),
  }
}

const PROBE_DEFAULTS = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }

interface Resources extends Fields {
  readonly limits?: Fields
  readonly requests?: Fields
}

/** A limit is the default of the request. */
function resourcesWithDefaults(resources: Resources): Resources {
  if (resources.limits === undefined) return resources
  return { ...resources, requests: { ...resources.limits, ...resources.requests } }
}

/** Whether the image has no tag or `latest`: then its pull policy defaults to `Always`. */
function isFloating(image: string): boolean {
  if (image.includes('@')) return false
  const tag = /:([\w.-]+)$/.exec(image)?.[1]
  return tag === undefined || tag === 'latest'
}

function variableWithDefaults(variable: Fields): Fields {
  const from = variable['valueFrom'] as { fieldRef?: Fields } | undefined
  if (from?.fieldRef === undefined) return variable
  return { ...variable, valueFrom: { ...from, fieldRef: { apiVersion: 'v1', ...from.fieldRef } } }
}

function volumeWithDefaults(volume: Fields): Fields {
  for (const source of ['secret', 'configMap', 'projected', 'downwardAPI'])
    if (volume[source] !== undefined)
      return { ...volume, [source]: { defaultMode: FILE_MODE, ...(volume[source] as Fields) } }
  const sources = Object.keys(volume).filter((field) => field !== 'name')
  return sources.length === 0 ? { ...volume, emptyDir: {} } : volume
}

/** Adds the token volume, like the ServiceAccount admission plugin, to containers without a mount at its path. */
function withServiceAccountVolume(spec: PodSpec): PodSpec {
  if (spec.automountServiceAccountToken === false) return spec
  const name = generateName('kube-api-access-')
  const mount = { name, readOnly: true, mountPath: SERVICE_ACCOUNT_FOLDER }
  const containers = (spec.containers ?? []).map((container) => {
    const mounts = (container['volumeMounts'] ?? []) as { mountPath: string }[]
    const isTaken = mounts.some(({ mountPath }) => mountPath === SERVICE_ACCOUNT_FOLDER)
    return isTaken ? container : { ...container, volumeMounts: [...mounts, mount] }
  })
  const sources = [
    { serviceAccountToken: { expirationSeconds: TOKEN_LIFETIME, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ]
  const volume = { name, projected: { defaultMode: FILE_MODE, sources } }
  return { ...spec, containers, volumes: [...(spec.volumes ?? []), volume] }
}

function qosClass({ containers = [] }: PodSpec): string {
  const resources = containers.map(
    (container) => (container['resources'] ?? {}) as { requests?: Fields; limits?: Fields },
  )
  const asks = (fields: Fields | undefined) =>
    ['cpu', 'memory'].filter((name) => fields?.[name] !== undefined)
  if (resources.every(({ requests, limits }) => asks(requests).length + asks(limits).length === 0))
    return 'BestEffort'
  const isBound = resources.every(
    ({ requests, limits }) =>
      asks(limits).length === 2 &&
      asks(requests).every((name) => JSON.stringify(requests?.[name]) === JSON.stringify(limits?.[name])),
  )
  return isBound ? 'Guaranteed' : 'Burstable'
}
