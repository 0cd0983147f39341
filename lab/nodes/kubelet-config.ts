/** The configuration of the nodes' kubelets (`configz`), and their refusal of pods with half a core. */
import { type ApiExtension, type KubeObject, StatusError, type Store } from '../apiserver/contract.ts'
import { NODES, PODS } from '../apiserver/kinds.ts'
import { asPod, type Pod } from './pod.ts'

/** Threads per core of nodes with SMT. */
const THREADS_PER_CORE = 2

export interface KubeletConfigs extends ApiExtension {
  /** Starts to watch the pods of the nodes. */
  start(store: Store): void
  /** Sets the CPU manager option `full-pcpus-only` on a node. */
  giveWholeCoresOnly(node: string): void
}

/** All nodes have the static CPU manager policy, which DPDK needs, without options. */
export function createKubeletConfigs(): KubeletConfigs {
  const strict = new Set<string>()
  let store: Store | undefined
  return {
    kinds: [],
    subresources: [
      {
        group: '',
        version: 'v1',
        plural: 'nodes',
        subresource: 'proxy',
        subpath: 'configz',
        method: 'GET',
        handle: ({ name }) => {
          if (store?.get(NODES, undefined, name) === undefined)
            throw new StatusError(404, 'NotFound', `nodes "${name}" not found`, { name, kind: 'nodes' })
          return Promise.resolve({ kubeletconfig: configuration(strict.has(name)) })
        },
      },
    ],
    start(followed) {
      store = followed
      followed.onChange(PODS, ({ type, object }) => {
        const pod = asPod(object)
        if (type === 'DELETED' || !strict.has(pod.spec.nodeName ?? '')) return
        const refused = refusal(pod)
        if (refused !== undefined) followed.update(PODS, refused)
      })
    },
    giveWholeCoresOnly(node) {
      strict.add(node)
    },
  }
}

/** The parts of KubeletConfiguration in `configz` that the suite reads. */
function configuration(isStrict: boolean): object {
  return {
    kind: 'KubeletConfiguration',
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    cpuManagerPolicy: 'static',
    ...(isStrict ? { cpuManagerPolicyOptions: { 'full-pcpus-only': 'true' } } : {}),
    topologyManagerPolicy: 'restricted',
  }
}

/** The failed pod if it requests half a core (smtAlignmentError in pkg/kubelet/cm/cpumanager); else undefined. */
function refusal({ spec, status, ...pod }: Pod): KubeObject | undefined {
  if (status.phase !== 'Pending') return undefined
  const odd = spec.containers
    .map(({ resources }) => Number(resources?.requests?.['cpu']))
    .find((cpus) => Number.isInteger(cpus) && cpus % THREADS_PER_CORE !== 0)
  if (odd === undefined) return undefined
  const why = `SMT Alignment Error: requested ${odd} cpus not multiple cpus per core = ${THREADS_PER_CORE}`
  const message = `Pod was rejected: ${why}`
  return { ...pod, spec, status: { ...status, phase: 'Failed', reason: 'SMTAlignmentError', message } }
}
