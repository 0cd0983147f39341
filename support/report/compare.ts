/**
 * What changed between two runs, and which changes are regressions: a criterion that no longer passes or is gone, more
 * loss, a lower rate. Other differences (versions, topology, parameters) are reported, but are not regressions.
 */
import { grouped } from '../common/text.ts'
import type { Guest, NodeFacts } from '../model/machines.ts'
import type { Report } from '../model/report.ts'
import type { Traffic } from '../model/traffic.ts'
import type { Change } from './change.ts'
import { nodeChanges } from './compare-nodes.ts'
import { frameText } from './frame-text.ts'
import {
  directionPrefix,
  hops,
  lossRatio,
  lostEndToEnd,
  testedDirections,
  worstDirection,
} from '../model/ledger.ts'

export type { Change } from './change.ts'

/** A rate that drops by more than this share is a regression; less is noise. */
export const RATE_TOLERANCE = 0.05
/** If both runs lost packets: a loss ratio that grows by more than this share is a regression. */
export const LOSS_TOLERANCE = 0.1

type Section = Change['section']

const LOST_PACKETS = 'lost packets'

/**
 * A sentence why two reports are of different clusters; undefined if they are of the same one or it is unknown, because
 * the account lacked permissions or a suite of version 0.1.0 did not record it.
 */
export function differentClusters(before: Report, after: Report): string | undefined {
  const facts = [
    ['uid', 'the uid of their namespace kube-system differs'],
    ['rootCaDigest', 'the certificate authorities of their API servers differ'],
  ] as const
  for (const [fact, sentence] of facts) {
    const [old, now] = [before.cluster[fact], after.cluster[fact]]
    if (old !== undefined && now !== undefined) return old === now ? undefined : sentence
  }
  return undefined
}

/** Criteria that fail if packets are lost. */
const LOSS_CRITERIA = [
  'traffic.no-rx-drops',
  'traffic.no-tx-drops',
  'traffic.no-loss',
  'traffic.no-return-loss',
]

export function compareReports(before: Report, after: Report): readonly Change[] {
  const ofCriteria = criteria(before, after)
  const isLossTold = ofCriteria.some(
    ({ what, kind }) => kind === 'regression' && LOSS_CRITERIA.includes(what),
  )
  return [
    ...differences('Versions', versions(before), versions(after)),
    ...differences('Parameters', before.parameters, after.parameters),
    ...differences('Topology', topology(before), topology(after)),
    ...ofCriteria,
    // A loss counts as one regression: if a criterion reports it, the count of lost packets is only a change.
    ...traffic(before.traffic, after.traffic).map((change) =>
      isLossTold && change.what === LOST_PACKETS ? { ...change, kind: 'change' as const } : change,
    ),
    ...nodeChanges(before.nodeMatrix, after.nodeMatrix),
  ]
}

function versions({ suite, cluster }: Report): Record<string, string | undefined> {
  return {
    [suite.name]: suite.version,
    Kubernetes: cluster.kubernetesVersion,
    KubeVirt: cluster.kubevirtVersion,
  }
}

/**
 * Facts that differ only if the topology changes. VMI names and MAC addresses are left out: they are random in each
 * run.
 */
function topology({ guests, nodes = [] }: Report): Record<string, string | undefined> {
  return Object.assign({}, ...guests.map(guestFacts), ...nodes.map(nodeFacts)) as Record<
    string,
    string | undefined
  >
}

function nodeFacts({
  name,
  kernel,
  os,
  kubelet,
  containerRuntime,
  architecture,
  cpu,
  nics = [],
}: NodeFacts): Record<string, string | undefined> {
  const facts: Record<string, string | undefined> = {
    kernel,
    system: os,
    kubelet,
    'container runtime': containerRuntime,
    architecture,
    CPU: cpu,
  }
  for (const { pciAddress, device, driver, linkSpeed } of nics)
    facts[`PF ${pciAddress}`] = [device, driver, linkSpeed].filter((fact) => fact !== undefined).join(', ')
  return Object.fromEntries(Object.entries(facts).map(([fact, value]) => [`node ${name} ${fact}`, value]))
}

function guestFacts(guest: Guest): Record<string, string | undefined> {
  const { role, hugepages1Gi } = guest
  const facts: Record<string, string | undefined> = {
    node: guest.nodeName,
    image: guest.image,
    'image digest': guest.imageDigest,
    'launcher image': guest.launcherImage,
    'data plane': guest.dataPlane,
    system: guest.os,
    kernel: guest.kernel,
    'kernel arguments': guest.kernelCommandLine,
    'isolated CPUs': guest.isolatedCpus,
    'hugepages of 1 GiB': hugepages1Gi === undefined ? undefined : String(hugepages1Gi),
  }
  for (const { port, pciAddress, driver, link, device, firmware } of guest.nics) {
    Object.assign(facts, {
      [`${port} PCI`]: pciAddress,
      [`${port} NIC`]: device,
      [`${port} driver`]: driver,
      [`${port} firmware`]: firmware,
      [`${port} link`]: link,
    })
  }
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [`${role} ${name}`, value]))
}

function differences(
  section: Section,
  before: Readonly<Record<string, string | undefined>>,
  after: Readonly<Record<string, string | undefined>>,
): Change[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((what) => {
    const [old, now] = [before[what] ?? '', after[what] ?? '']
    return old === now ? [] : [{ section, what, before: old, after: now, kind: 'change' as const }]
  })
}

function criteria(before: Report, after: Report): Change[] {
  const ids = new Set([...before.criteria, ...after.criteria].map(({ id }) => id))
  return [...ids].flatMap((id): Change[] => {
    const old = before.criteria.find((criterion) => criterion.id === id)?.outcome ?? ''
    const now = after.criteria.find((criterion) => criterion.id === id)
    const outcome = now?.outcome ?? ''
    if (old === outcome) return []
    // A failure that another criterion explains is not a second regression.
    const isExplained = now?.explainedBy !== undefined
    const kind =
      old === 'passed' && !isExplained ? 'regression' : outcome === 'passed' ? 'improvement' : 'change'
    const reason =
      now === undefined
        ? 'it is skipped now'
        : now.explainedBy === undefined
          ? now.message
          : `explained by ${now.explainedBy}`
    return [{ section: 'Criteria', what: id, before: old, after: outcome, kind, reason }]
  })
}

function traffic(before: Traffic | undefined, after: Traffic | undefined): Change[] {
  if (before === undefined || after === undefined) {
    const said = (one: Traffic | undefined) => (one === undefined ? 'not measured' : 'measured')
    if (before === after) return []
    // Not a regression itself: the traffic criteria that could not be judged are.
    return [{ section: 'Traffic', what: 'traffic', before: said(before), after: said(after), kind: 'change' }]
  }
  const asked = (one: Traffic) => ({
    engine: one.engine,
    'requested rate': `${grouped(one.requestedPacketsPerSecond)}/s`,
    ...(one.directions === undefined ? {} : { directions: String(one.directions) }),
    'frame size': frameText(one),
  })
  const otherwise = differences('Traffic', asked(before), asked(after))
  return [
    ...otherwise,
    ...rate(before, after, otherwise.length === 0),
    ...loss(before, after),
    ...lossesByHop(before, after),
  ]
}

/** Rates are comparable only if both runs requested the same traffic. */
function rate(before: Traffic, after: Traffic, isComparable: boolean): Change[] {
  const [old, now] = [before.achievedPacketsPerSecond, after.achievedPacketsPerSecond]
  const change = (now - old) / Math.max(1, old)
  if (Math.abs(change) <= RATE_TOLERANCE) return []
  const kind = !isComparable ? 'change' : change < 0 ? 'regression' : 'improvement'
  const text = (packets: number) => `${grouped(Math.round(packets))}/s`
  return [{ section: 'Traffic', what: 'rate sent', before: text(old), after: text(now), kind }]
}

function loss(before: Traffic, after: Traffic): Change[] {
  const [old, now] = [lostShare(before), lostShare(after)]
  const allowed = 1 + LOSS_TOLERANCE
  const kind = now > old * allowed ? 'regression' : old > now * allowed ? 'improvement' : 'change'
  const [was, is] = [lossText(before), lossText(after)]
  if (was === is || (kind === 'change' && old === now)) return []
  return [{ section: 'Traffic', what: LOST_PACKETS, before: was, after: is, kind }]
}

/** Of the worse direction, if there are two. */
function lostShare(traffic: Traffic): number {
  return lossRatio(worstDirection(traffic))
}

function lossText(traffic: Traffic): string {
  const worst = worstDirection(traffic)
  return `${directionPrefix(traffic, worst)}${grouped(lostEndToEnd(worst.counts))} of ${grouped(worst.counts.generatorTx)}`
}

/** The loss per hop; whether it is a regression is judged by the total. */
function lossesByHop(before: Traffic, after: Traffic): Change[] {
  const lost = (traffic: Traffic) =>
    Object.fromEntries(
      testedDirections(traffic).flatMap((direction) =>
        hops(direction)
          .slice(1)
          .map(({ where, lost: count }) => [
            `lost: ${directionPrefix(traffic, direction)}${where}`,
            grouped(count),
          ]),
      ),
    )
  return differences('Traffic', lost(before), lost(after))
}
