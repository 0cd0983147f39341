/** The nodes on which a pod can or prefers to run: node selector, node affinity, pod affinity, taints. */
import type { KubeObject } from '../apiserver/contract.ts'
import { type Affinity, asPod, type Pod } from './pod.ts'

export interface Node extends KubeObject {
  spec: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] }
  status: { allocatable?: Record<string, string>; capacity?: Record<string, string> }
}

export function asNode(object: KubeObject): Node {
  return {
    ...object,
    spec: object['spec'] ?? {},
    status: object['status'] ?? {},
  }
}

interface Requirement {
  key: string
  operator: string
  values?: string[]
}

interface NodeTerm {
  matchExpressions?: Requirement[]
  matchFields?: Requirement[]
}

interface PodTerm {
  labelSelector?: { matchLabels?: Record<string, string>; matchExpressions?: Requirement[] }
  namespaces?: string[]
  topologyKey: string
}

/** Whether a node matches the pod's node selector and required node affinity. */
export function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {}))
    if (labels[key] !== value) return false
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const terms = required?.nodeSelectorTerms as NodeTerm[] | undefined
  return terms === undefined || terms.some((term) => matchesTerm(term, node))
}

function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false
  return (
    matchExpressions.every((requirement) => meets(requirement, node.metadata.labels?.[requirement.key])) &&
    matchFields.every((requirement) => meets(requirement, node.metadata.name))
  )
}

function meets({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return Number(value) > Number(values[0])
    case 'Lt':
      return Number(value) < Number(values[0])
    default:
      return false
  }
}

/** Whether the node has a taint that the pod does not tolerate. */
export function repels(node: Node, pod: Pod): boolean {
  const tolerations = (pod.spec.tolerations ?? []) as {
    key?: string
    operator?: string
    value?: string
    effect?: string
  }[]
  return (node.spec.taints ?? []).some(
    (taint) =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !tolerations.some(
        ({ key, operator, value, effect }) =>
          (key === undefined || key === taint.key) &&
          (operator === 'Exists' || (value ?? '') === (taint.value ?? '')) &&
          (effect === undefined || effect === taint.effect),
      ),
  )
}

export interface RunningPod {
  readonly pod: Pod
  readonly node: Node
}

/** The scheduler's message if required pod (anti-)affinity excludes a node; undefined otherwise. */
export function podAffinityObstacle(pod: Pod, node: Node, placed: readonly RunningPod[]): string | undefined {
  const anti = requiredTerms(pod, 'podAntiAffinity')
  if (anti.some((term) => placed.some((other) => isNear(pod, term, node, other))))
    return "node(s) didn't match pod anti-affinity rules"
  const repelled = placed.some((other) =>
    requiredTerms(other.pod, 'podAntiAffinity').some(
      (term) => selects(other.pod, term, pod) && sameTopology(term, node, other.node),
    ),
  )
  if (repelled) return "node(s) didn't satisfy existing pods anti-affinity rules"
  const wanted = requiredTerms(pod, 'podAffinity')
  return wanted.every((term) => placed.some((other) => isNear(pod, term, node, other)))
    ? undefined
    : "node(s) didn't match pod affinity rules"
}

/** The node's score from preferred affinities; higher is better. */
export function preference(pod: Pod, node: Node, placed: readonly RunningPod[]): number {
  let score = 0
  const forNodes = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  for (const { weight, preference: term } of forNodes) if (matchesTerm(term, node)) score += weight
  for (const other of placed) {
    score += weights(pod, 'podAffinity', (term) => isNear(pod, term, node, other))
    score -= weights(pod, 'podAntiAffinity', (term) => isNear(pod, term, node, other))
    const minds = (term: PodTerm) => selects(other.pod, term, pod) && sameTopology(term, node, other.node)
    score += weights(other.pod, 'podAffinity', minds)
    score -= weights(other.pod, 'podAntiAffinity', minds)
  }
  return score
}

type PodAffinityKind = keyof Pick<Affinity, 'podAffinity' | 'podAntiAffinity'>

function requiredTerms(pod: Pod, kind: PodAffinityKind): readonly PodTerm[] {
  return pod.spec.affinity?.[kind]?.requiredDuringSchedulingIgnoredDuringExecution ?? []
}

function weights(pod: Pod, kind: PodAffinityKind, applies: (term: PodTerm) => boolean): number {
  return (pod.spec.affinity?.[kind]?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    .filter(({ podAffinityTerm }) => applies(podAffinityTerm as PodTerm))
    .reduce((sum, { weight }) => sum + weight, 0)
}

function isNear(pod: Pod, term: PodTerm, node: Node, other: RunningPod): boolean {
  return selects(pod, term, other.pod) && sameTopology(term, node, other.node)
}

function selects(owner: Pod, { labelSelector, namespaces }: PodTerm, other: Pod): boolean {
  const near = namespaces ?? [owner.metadata.namespace ?? '']
  if (!near.includes(other.metadata.namespace ?? '') || labelSelector === undefined) return false
  const labels = asPod(other).metadata.labels ?? {}
  const { matchLabels = {}, matchExpressions = [] } = labelSelector
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((requirement) => meets(requirement, labels[requirement.key]))
  )
}

function sameTopology({ topologyKey }: PodTerm, left: Node, right: Node): boolean {
  const value = left.metadata.labels?.[topologyKey]
  return value !== undefined && value === right.metadata.labels?.[topologyKey]
}
