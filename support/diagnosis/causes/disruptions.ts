/** A VMI whose node or pod was taken from under it in the middle of a run: nothing is judged by that, and nothing is wrong with DPDK. */
import { joined } from '../../common/foreign-text.ts'
import { type Role, ROLES, TITLES } from '../../model/role.ts'
import type { Disruption, DisruptionKind } from '../../cluster/disruption.ts'
import type { SuiteErrorCode } from '../../common/errors.ts'
import { type CauseEntry, evidence, isUnmet, type Proof } from '../cause.ts'
import type { Findings, VmiFindings } from '../findings.ts'
import { shownBy, troubles } from './trouble.ts'
import { BOTH_READY, READY } from './vmi.ts'

const EXPLAINS = [...BOTH_READY, 'guest.*', 'link.*', 'traffic.*'] as const
const WHERE = 'the launcher pod, its events, its node'

/** What is thrown where a guest goes away that was there. */
const GONE: readonly SuiteErrorCode[] = [
  'console-lost',
  'console-refused',
  'console-unreachable',
  'timeout',
  'interrupted',
  'not-rebooted',
  'program-ended',
  'generator-lost',
  'vmi-deleted',
  'api',
]

/** Criteria that a guest's going away can explain: of its own readiness, and of what was asked of it since. */
function explainedBy(role: Role, { criteria, troubles }: Findings): string[] {
  const notReady = criteria.filter((one) => one.id === READY[role] && isUnmet(one)).map(({ id }) => id)
  const lost = troubles.filter(
    ({ code, facts: { guest } }) =>
      code !== undefined && GONE.includes(code) && (guest === undefined || guest === TITLES[role]),
  )
  return [...notReady, ...lost.map(({ criterion }) => criterion)]
}

/** Those of both VMIs that fit, and came to harm. */
function harmed(
  findings: Findings,
  find: (vmi: VmiFindings, role: Role) => Pick<Proof, 'certainty' | 'evidence'> | undefined,
  sentence: (titles: string, first: VmiFindings) => string,
): Proof | undefined {
  const found = ROLES.flatMap((role) => {
    const vmi = findings.vmis[role]
    const explains = explainedBy(role, findings)
    const proof = vmi === undefined || explains.length === 0 ? undefined : find(vmi, role)
    return vmi === undefined || proof === undefined ? [] : [{ role, vmi, proof, explains }]
  })
  const [first] = found
  if (first === undefined) return undefined
  const titles = found.map(({ role }) => `the ${TITLES[role]}`).join(' and ')
  return {
    certainty: first.proof.certainty,
    sentence: sentence(titles, first.vmi),
    evidence: found.flatMap(({ proof }) => proof.evidence),
    explains: [...new Set(found.flatMap(({ explains }) => explains))],
  }
}

function disrupted(
  kind: DisruptionKind,
  entry: Pick<CauseEntry, 'id' | 'title' | 'provedBy' | 'remedy'>,
  sentence: (titles: string, node: string, how: Disruption) => string,
): CauseEntry {
  return {
    ...entry,
    looksAt: WHERE,
    explains: EXPLAINS,
    find: (findings) =>
      harmed(
        findings,
        ({ disruption }) =>
          disruption?.kind !== kind
            ? undefined
            : {
                certainty: disruption.isCertain ? 'proved' : 'likely',
                evidence: disruption.signs.flatMap(({ where, words }) => evidence([where, words])),
              },
        (titles, { disruption }) =>
          disruption === undefined ? '' : sentence(titles, nodeOf(disruption), disruption),
      ),
  }
}

function nodeOf({ node }: Disruption): string {
  return node === '' ? 'the node' : `node ${node}`
}

function since({ at }: Disruption): string {
  return at === undefined ? '' : ` at ${at}`
}

export const DISRUPTION_CAUSES: readonly CauseEntry[] = [
  {
    id: 'vmi-deleted',
    title: 'somebody else deleted the VMI',
    looksAt: 'the VMI',
    provedBy: 'it was gone, or being deleted, while the checkup needed it',
    remedy:
      'see who deletes VMIs of this namespace (audit log, a cleanup job, a drain of the node), and run again',
    explains: EXPLAINS,
    find: (findings) =>
      shownBy(troubles(findings, ['vmi-deleted']), ({ sentence }) => sentence) ??
      harmed(
        findings,
        ({ name, isDeleted }) =>
          isDeleted === true
            ? { certainty: 'proved', evidence: evidence(['VMI', `${name} was deleted`]) }
            : undefined,
        (titles) => `somebody else deleted the VMI of ${titles} in the middle of the run`,
      ),
  },
  disrupted(
    'node-shut-down',
    {
      id: 'node-shut-down',
      title: 'the node was shut down or rebooted during the run',
      provedBy: 'the kubelet ended the pod with NodeShutdown, or Terminated by an imminent node shutdown',
      remedy:
        'see who rebooted it (`last -x` and the journal of the boot before on the node; on OpenShift the machine-config-daemon) and run again when it is Ready and uncordoned',
    },
    (titles, node) => `${node} was shut down or rebooted under ${titles}`,
  ),
  disrupted(
    'node-lost',
    {
      id: 'node-lost',
      title: 'the node was lost during the run',
      provedBy:
        'condition Ready of the node, its taint unreachable or not-ready, or a pod that was taken for lost',
      remedy:
        'look at the node (`kubectl describe node`, its console, the journal of its kubelet): it crashed, rebooted, lost its network, or its kubelet stopped; a node that goes down as soon as DPDK runs points at its firmware, its NIC’s driver or its IOMMU; run again when it is Ready',
    },
    (titles, node, how) => `${node}, on which ${titles} ran, was lost${since(how)}`,
  ),
  disrupted(
    'drained',
    {
      id: 'node-drained',
      title: 'the node was drained during the run',
      provedBy: 'the pod was evicted by the API, or is gone from a node that was cordoned',
      remedy:
        'somebody empties the node for maintenance or an update (on OpenShift `oc get mcp` and `oc get nodes` show one that goes on; an autoscaler does it as well): wait until it is over and the node is uncordoned, then run again',
    },
    (titles, node, how) =>
      `${node} was drained${how.by === undefined ? '' : ` by ${how.by}`}${since(how)}, with ${titles} on it`,
  ),
  disrupted(
    'tainted',
    {
      id: 'node-tainted',
      title: 'a taint on the node drove the pod away',
      provedBy: 'the taint manager deleted the pod, or the node has a taint with the effect NoExecute',
      remedy:
        'the evidence names the taint: remove it, or name it in spec.param.tolerations; the node’s own managedFields (`kubectl get node NAME -o yaml --show-managed-fields`) say who put it there',
    },
    (titles, node, how) => `a taint on ${node} drove ${titles} away${since(how)}`,
  ),
  disrupted(
    'preempted',
    {
      id: 'pod-preempted',
      title: 'the scheduler took the launcher pod away for a more important one',
      provedBy: 'DisruptionTarget with PreemptionByScheduler, or event Preempted',
      remedy:
        'the cluster is full and somebody’s pods have a higher priority: give the VMIs a priority class (spec.param.priorityClassName; `kubectl get priorityclasses`), make room, or run again when it is quiet',
    },
    (titles, node, how) => `${titles} had to make room on ${node} for a pod of higher priority${since(how)}`,
  ),
  {
    id: 'launcher-killed',
    title: 'the launcher was killed for want of memory',
    looksAt: 'state of the launcher pod’s container compute',
    provedBy: 'OOMKilled',
    remedy:
      'QEMU and KubeVirt’s launcher took more than the pod’s memory limit: raise KubeVirt’s additionalGuestMemoryOverheadRatio, or look for a LimitRange or a webhook that lowers the pod’s limit; where the whole node was out of memory, its kernel’s log says so',
    explains: EXPLAINS,
    find: (findings) =>
      harmed(
        findings,
        ({ pod }) => {
          const ended = 'found' in pod ? pod.found.ended : undefined
          if (ended?.reason !== 'OOMKilled') return undefined
          const code = ended.exitCode === undefined ? '' : `, exit code ${ended.exitCode}`
          return { certainty: 'proved', evidence: evidence(['container compute', `OOMKilled${code}`]) }
        },
        (titles) => `the launcher of ${titles} was killed for want of memory (OOMKilled)`,
      ),
  },
  {
    id: 'launcher-gone',
    isLastResort: true,
    title: 'the launcher pod was taken away during the run',
    looksAt: 'phase and condition Ready of the VMI',
    provedBy: 'PodTerminating, or a VMI that ended, and nothing readable that says why',
    remedy:
      'see who deletes pods or drains nodes (`kubectl get events`, `kubectl get nodes`, the audit log); with the optional roles of docs/permissions.md the checkup reads pods, events and nodes and names it',
    explains: ['guest.*', 'link.*', 'traffic.*'],
    find: (findings) =>
      harmed(
        findings,
        ({ phase, conditions }, role) => {
          // Before it was ready others tell why.
          if (findings.criteria.some((one) => one.id === READY[role] && isUnmet(one))) return undefined
          const going = conditions.find(({ reason }) => reason === 'PodTerminating')
          const hasEnded = phase === 'Failed' || phase === 'Succeeded'
          if (going === undefined && !hasEnded) return undefined
          return {
            certainty: 'likely',
            evidence: evidence(
              ['phase of the VMI', phase],
              ['condition Ready', going && joined([going.reason, going.message], ': ')],
            ),
          }
        },
        (titles) => `${titles} ended in the middle of the run, with its pod or before it`,
      ),
  },
]
