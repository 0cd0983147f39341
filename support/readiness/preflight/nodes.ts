/** Which nodes accept VMIs with dedicated CPUs at all, regardless of their free resources. */
import { shorten } from '../../common/text.ts'
import type { Readable } from '../../cluster/inventory.ts'
import type { Node } from '../../cluster/schemas/node.ts'
import { ROLES, TITLES } from '../../model/role.ts'
import { isTolerated, type Scheduling } from '../../model/scheduling.ts'
import { isTarget } from '../../model/target-node.ts'
import { skipCriterion } from '../../run/criterion.ts'
import type { Parameters } from '../parameters.ts'
import { defineCheck } from './check.ts'
import { gatesOf } from './kubevirt.ts'
import { mustBeRead, type NodesRead } from './survey.ts'
import {
  CPU_MANAGER_LABEL,
  hasCpuManager,
  isSchedulable,
  SCHEDULABLE_LABEL,
} from '../../cluster/kubevirt-labels.ts'

export const nodes = defineCheck({
  id: 'preflight.nodes',
  title: 'nodes accept VMIs with dedicated CPUs',
  rationale: "Only nodes with the CPU manager's static policy give a VM dedicated CPUs.",
  remediation:
    "Set the kubelets' cpuManagerPolicy to static, and enable KubeVirt's feature gate CPUManager, which labels the nodes.",
  reads: async (survey) => {
    // KubeVirt's configuration only adds a hint here; other criteria report problems of KubeVirt.
    const hint = survey.kubeVirt().catch(() => ({ notReadable: 'no answer' }))
    const [read, kubeVirt] = await Promise.all([survey.nodes(), hint])
    return { read, kubeVirt, parameters: survey.parameters }
  },
  judge: ({ read, kubeVirt, parameters }, { fact, wrong }) => {
    const found = mustBeRead(read)
    const usable = usableNodes(found)
    if (parameters.nodes !== undefined && usable.length === 0) skipCriterion('see preflight.matrix')
    const obstacles = (node: Node) => obstaclesOf(node, found.scheduling)
    fact('nodes read', found.nodes.length)
    fact('nodes that accept such VMIs', listNames(usable.map(nameOf)) || 'none')
    if (parameters.targetNodes !== undefined)
      for (const name of found.absent)
        wrong(`node ${name}, ${roleOf((target) => target === name, parameters)}, does not exist`)
    const unusable = found.nodes.filter((node) => !usable.includes(node))
    const gate =
      'found' in kubeVirt &&
      !gatesOf(kubeVirt.found).featureGates.includes('CPUManager') &&
      unusable.some((node) => obstacles(node).includes(NOT_LABELLED))
        ? "; KubeVirt's feature gate CPUManager, which sets that label, is off"
        : ''
    if (parameters.targetNodes !== undefined) {
      for (const node of unusable)
        wrong(
          `${nameOf(node)}, ${roleOf((target) => isTarget(node.metadata, target), parameters)}, accepts no VMI: ${obstacles(node).join(', ')}${gate}`,
        )
      return
    }
    const reasons = byReason(unusable.map((node) => [nameOf(node), obstacles(node).join(', ')]))
    if (unusable.length > 0) fact('nodes that do not', reasons)
    if (usable.length === 0)
      wrong(
        found.nodes.length === 0
          ? 'the cluster has no nodes'
          : `no node accepts VMIs with dedicated CPUs: ${reasons}${gate}`,
      )
  },
})

/**
 * Nodes whose resources the capacity checks judge.
 * @throws CriterionSkipped if there are none, or they are not readable
 */
export function mustHaveUsableNodes(read: Readable<NodesRead>): readonly Node[] {
  const usable = usableNodes(mustBeRead(read))
  return usable.length === 0 ? skipCriterion('no node accepts such VMIs, see preflight.nodes') : usable
}

function usableNodes({ nodes: all, scheduling }: NodesRead): readonly Node[] {
  return all.filter((node) => obstaclesOf(node, scheduling).length === 0)
}

const NOT_LABELLED = `not labelled ${CPU_MANAGER_LABEL}=true`

/** Kubernetes' own taints, which only repeat conditions that are reported anyway. */
const TAINTS_OF_STATE = ['not-ready', 'unreachable', 'unschedulable'].map(
  (name) => `node.kubernetes.io/${name}`,
)

/** Architecture of the guests' images, in Go's notation, which nodes use. */
const ARCHITECTURE = 'amd64'

/** Undefined if a node does not report it. */
function architectureOf({ metadata, status }: Node): string | undefined {
  return metadata.labels?.['kubernetes.io/arch'] ?? status?.nodeInfo?.architecture ?? undefined
}

/** What keeps the VMIs' pods off a node, including the labels that KubeVirt makes its pods select. */
export function obstaclesOf(node: Node, { tolerations, nodeSelector }: Scheduling): string[] {
  const { metadata, spec, status } = node
  const architecture = architectureOf(node) ?? ARCHITECTURE
  const labels = metadata.labels ?? {}
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const taints = (spec?.taints ?? []).filter(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' &&
      !TAINTS_OF_STATE.includes(taint.key) &&
      !isTolerated(taint, tolerations),
  )
  const unselected = Object.entries(nodeSelector).filter(([key, value]) => labels[key] !== value)
  return [
    ...(architecture === ARCHITECTURE
      ? []
      : [`its architecture is ${shorten(architecture, 40)}, and the guests' is ${ARCHITECTURE}`]),
    ...(ready?.status === 'True'
      ? []
      : [`not Ready (${shorten(ready?.message ?? ready?.reason ?? 'no reason given', 200)})`]),
    ...(spec?.unschedulable === true ? ['cordoned'] : []),
    ...taints.map(({ key, value, effect }) =>
      shorten(`tainted ${key}${value == null || value === '' ? '' : `=${value}`}:${effect}`, 200),
    ),
    ...unselected.map(([key, value]) =>
      shorten(`not labelled ${key}=${value}, which nodeSelector requires`, 200),
    ),
    ...(isSchedulable(labels) ? [] : [`not labelled ${SCHEDULABLE_LABEL}=true`]),
    ...(hasCpuManager(labels) ? [] : [NOT_LABELLED]),
  ]
}

function roleOf(isIt: (target: string) => boolean, { targetNodes }: Parameters): string {
  return ROLES.filter((role) => targetNodes !== undefined && isIt(targetNodes[role]))
    .map((role) => `the target of the ${TITLES[role]}`)
    .join(' and ')
}

export function nameOf({ metadata }: Node): string {
  return metadata.name
}

/** Longest list of names in a sentence; clusters have thousands of nodes. */
const MOST_NAMES = 8

export function listNames(names: readonly string[]): string {
  const more = names.length - MOST_NAMES
  return names.slice(0, MOST_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '')
}

/** `a, b: cordoned; c: not Ready`, from names and their reasons. */
export function byReason(reasons: readonly (readonly [name: string, reason: string])[]): string {
  const groups = [...Map.groupBy(reasons, ([, reason]) => reason)]
  const more = groups.length - MOST_NAMES
  return (
    groups
      .slice(0, MOST_NAMES)
      .map(([reason, of]) => `${listNames(of.map(([name]) => name))}: ${reason}`)
      .join('; ') + (more > 0 ? `; and ${more} more reasons` : '')
  )
}
