/** Causes of a VMI that lost its node or its pod during a run, which says nothing about DPDK. */
import { joined } from '../../common/foreign-text.ts'
import { type Role, ROLES, TITLES } from '../../model/role.ts'
import type { Disruption } from '../../cluster/disruption.ts'
import type { DisruptionKind } from '../../cluster/disruption-clue.ts'
import type { SuiteErrorCode } from '../../common/errors.ts'
import { type CauseEntry, evidence, type Proof } from '../cause.ts'
import type { Findings, VmiFindings } from '../findings.ts'
import { shownBy, failures } from './failure.ts'
import { BOTH_READY, READY } from './vmi.ts'
import { isUnmet } from '../../model/criterion-result.ts'

const EXPLAINS = [...BOTH_READY, 'guest.*', 'link.*', 'traffic.*'] as const
const WHERE = 'the launcher pod, its events, its node, the events of the node'

/** Codes of errors that a lost guest causes. */
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

/** Criteria that the loss of a guest can explain: its readiness, and everything that needs it afterwards. */
function explainedBy(role: Role, { criteria, failures }: Findings): string[] {
  const notReady = criteria.filter((one) => one.id === READY[role] && isUnmet(one)).map(({ id }) => id)
  const lost = failures.filter(
    ({ code, facts: { guest } }) =>
      code !== undefined && GONE.includes(code) && (guest === undefined || guest === TITLES[role]),
  )
  return [...notReady, ...lost.map(({ criterion }) => criterion)]
}

/** The disruptions of this kind whose VMI failed. */
function lostVmis(
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
      lostVmis(
        findings,
        ({ disruption }) =>
          disruption?.kind !== kind
            ? undefined
            : {
                certainty: disruption.isCertain ? 'proved' : 'likely',
                evidence: disruption.signs.flatMap(({ where, text }) => evidence([where, text])),
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
    title: 'the VMI was deleted, but not by the checkup',
    looksAt: 'the VMI',
    provedBy: 'the VMI was deleted, or was being deleted, while the checkup needed it',
    remedy:
      'find out what deletes VMIs in this namespace (audit log, a cleanup job, a drain of the node), and run again',
    explains: EXPLAINS,
    find: (findings) =>
      shownBy(failures(findings, ['vmi-deleted']), ({ sentence }) => sentence) ??
      lostVmis(
        findings,
        ({ name, isDeleted }) =>
          isDeleted === true
            ? { certainty: 'proved', evidence: evidence(['VMI', `${name} was deleted`]) }
            : undefined,
        (titles) => `the VMI of ${titles} was deleted during the run, but not by the checkup`,
      ),
  },
  disrupted(
    'node-shut-down',
    {
      id: 'node-shut-down',
      title: 'the node was shut down or rebooted during the run',
      provedBy:
        'the kubelet ended the pod with reason NodeShutdown, or Terminated because of an imminent node shutdown; or the boot id of the node changed during the run; or the node has an event Rebooted or Shutdown',
      remedy:
        'find out what shut down or rebooted the node (`last -x` and the journal of the previous boot on the node; on OpenShift the log of the machine-config-daemon), and run again when the node is Ready and uncordoned',
    },
    (titles, node) => `${node} was shut down or rebooted while ${titles} ran on it`,
  ),
  disrupted(
    'node-lost',
    {
      id: 'node-lost',
      title: 'the node was lost during the run',
      provedBy:
        'the condition Ready of the node, the taint unreachable or not-ready on the node, or a pod that counts as lost',
      remedy:
        'check the node (`kubectl describe node`, its console, the journal of its kubelet): the node crashed, rebooted, lost its network, or its kubelet stopped; if the node goes down as soon as DPDK runs, suspect its firmware, its NIC’s driver or its IOMMU; run again when the node is Ready',
    },
    (titles, node, how) => `${node}, on which ${titles} ran, was lost${since(how)}`,
  ),
  disrupted(
    'drained',
    {
      id: 'node-drained',
      title: 'the node was drained during the run',
      provedBy: 'the pod was evicted through the API, or is gone and its node is cordoned',
      remedy:
        'the node is being drained for maintenance or an update (on OpenShift check `oc get mcp` and `oc get nodes`; an autoscaler drains nodes as well): wait until the drain is over and the node is uncordoned, then run again',
    },
    (titles, node, how) =>
      `${node} was drained${how.by === undefined ? '' : ` by ${how.by}`}${since(how)}, with ${titles} on it`,
  ),
  disrupted(
    'tainted',
    {
      id: 'node-tainted',
      title: 'a taint on the node evicted the pod',
      provedBy: 'the taint manager deleted the pod, or the node has a taint with the effect NoExecute',
      remedy:
        'the evidence names the taint: remove the taint, or name it in spec.param.tolerations; the node’s managedFields (`kubectl get node NAME -o yaml --show-managed-fields`) show what set the taint',
    },
    (titles, node, how) => `a taint on ${node} evicted ${titles}${since(how)}`,
  ),
  disrupted(
    'preempted',
    {
      id: 'pod-preempted',
      title: 'the scheduler preempted the launcher pod for a pod of higher priority',
      provedBy: 'DisruptionTarget with PreemptionByScheduler, or event Preempted',
      remedy:
        'the cluster is full, and other pods have a higher priority: give the VMIs a priority class (spec.param.priorityClassName; `kubectl get priorityclasses`), free resources, or run again later',
    },
    (titles, node, how) => `a pod of higher priority preempted ${titles} on ${node}${since(how)}`,
  ),
  {
    id: 'launcher-killed',
    title: 'the launcher was killed because it ran out of memory',
    looksAt: 'state of the launcher pod’s container compute',
    provedBy: 'reason OOMKilled of a container of the launcher pod',
    remedy:
      'QEMU and KubeVirt’s launcher took more than the pod’s memory limit: raise KubeVirt’s additionalGuestMemoryOverheadRatio, or look for a LimitRange or a webhook that lowers the pod’s limit; if the whole node was out of memory, its kernel’s log says so',
    explains: EXPLAINS,
    find: (findings) =>
      lostVmis(
        findings,
        ({ pod }) => {
          const ended = 'found' in pod ? pod.found.ended : undefined
          if (ended?.reason !== 'OOMKilled') return undefined
          const code = ended.exitCode === undefined ? '' : `, exit code ${ended.exitCode}`
          return { certainty: 'proved', evidence: evidence(['container compute', `OOMKilled${code}`]) }
        },
        (titles) => `the launcher of ${titles} was killed because it ran out of memory (OOMKilled)`,
      ),
  },
  {
    id: 'launcher-gone',
    isLastResort: true,
    title: 'the launcher pod ended during the run',
    looksAt: 'phase and condition Ready of the VMI',
    provedBy: 'PodTerminating, or a VMI that ended, and the checkup can read nothing that says why',
    remedy:
      'find out what deletes pods or drains nodes (`kubectl get events`, `kubectl get nodes`, the audit log); with the optional roles of docs/permissions.md the checkup reads pods, events and nodes, and names the reason',
    explains: ['guest.*', 'link.*', 'traffic.*'],
    find: (findings) =>
      lostVmis(
        findings,
        ({ phase, conditions }, role) => {
          // Before the VMI was ready, other causes give the reason.
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
        (titles) => `${titles} ended during the run, with its pod or before it`,
      ),
  },
]
