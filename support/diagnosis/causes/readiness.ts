/** Why a scheduled VMI does not become ready, or ends early. */
import { refusalKind } from '../../cluster/refusal.ts'
import { type ForeignText, joined, partOf } from '../../common/foreign-text.ts'
import { type CauseEntry, evidence, sized } from '../cause.ts'
import type { VmiFindings } from '../findings.ts'
import { failures } from './failure.ts'
import { atVmis, BOTH_READY, quoted, type Sign, unmetCondition } from './vmi.ts'

const ALL_PERMISSIONS = 'precondition.permissions'

const NO_AGENT = { where: 'condition AgentConnected', text: 'missing' } as const

const PHASE = 'phase'

function failed(vmi: VmiFindings): Sign | undefined {
  if (vmi.phase !== 'Failed' && vmi.phase !== 'Succeeded') return undefined
  return { where: PHASE, text: vmi.phase }
}

/** The text in the pod's status about its end; undefined if there is none, or the pod is not readable. */
function podMessage({ pod }: VmiFindings): ForeignText | undefined {
  const text = 'found' in pod ? joined([pod.found.reason, pod.found.message], ': ') : undefined
  return text === '' ? undefined : text
}

/** The VMI had a domain on a node: the guest ended, not only its pod. */
function wasRunning(vmi: VmiFindings): boolean {
  const events = 'found' in vmi.events ? vmi.events.found : []
  return events.some(({ reason }) => reason === 'Started' || reason === 'Stopped') || isAlive(vmi)
}

function isAlive({ conditions }: VmiFindings): boolean {
  return conditions.some(({ type, status }) => type === 'AgentConnected' && status === 'True')
}

export const READINESS_CAUSES: readonly CauseEntry[] = [
  {
    id: 'permission-missing',
    title: 'the checkup’s service account lacks a permission',
    looksAt: "the API server's answers",
    provedBy: 'HTTP 403 with verb and resource',
    remedy: 'apply the roles of the documentation’s page Permissions in the checkup’s namespace',
    explains: [...BOTH_READY, 'precondition.*', 'preflight.*'],
    find: (findings) => {
      const refused = failures(
        findings,
        ['api', 'console-refused'],
        ({ status, said }) => status === 403 && refusalKind(said) === 'rbac',
      )
      const asked = findings.criteria.flatMap(({ id, message }) =>
        id === ALL_PERMISSIONS && findings.invalid.includes(id) ? [{ criterion: id, sentence: message }] : [],
      )
      const denied = [...asked, ...refused]
      const [first] = denied
      if (first === undefined) return undefined
      return {
        certainty: 'proved',
        sentence: `the checkup’s service account lacks a permission: ${first.sentence.slice(0, 500)}`,
        evidence: evidence(['the API server says', first.sentence]),
        explains: denied.map(({ criterion }) => criterion),
      }
    },
  },
  {
    id: 'guest-crashed',
    title: 'the guest ended before it was ready',
    looksAt: 'phase of the VMI, events',
    provedBy: 'phase Failed or Succeeded after the guest had started',
    remedy:
      'read the log of the virt-launcher pod (containers compute and guest-console-log); `kubectl describe pod` shows whether it was killed because memory ran out',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => (wasRunning(vmi) && vmi.disruption === undefined ? failed(vmi) : undefined),
        (titles, { text }) => `the guest of ${titles} ran and ended before it was ready (phase ${text})`,
      ),
  },
  {
    id: 'launcher-pod-failed',
    isLastResort: true,
    title: 'the launcher pod failed before the guest ran',
    looksAt: 'phase of the VMI',
    provedBy: 'phase Failed, and neither the pod nor its events show another cause',
    ...sized(
      ({ cpus }) =>
        `read the pod’s status while the pod exists (\`kubectl get pod -l kubevirt.io=virt-launcher -o yaml\`), or allow the checkup to read pods and events; usually the kubelet refused the pod because of SMT alignment (${cpus} CPUs on a node that assigns whole cores only: enable KubeVirt’s AlignCPUs) or because of NUMA topology`,
    ),
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => {
          const sign = failed(vmi)
          const text = podMessage(vmi)
          return sign === undefined || text === undefined ? sign : { where: 'status of its pod', text }
        },
        (titles, { where, text }) =>
          where === PHASE
            ? `the pod of ${titles} ended before the guest was ready (phase ${text}); usually the kubelet refused it`
            : `the pod of ${titles} ended before the guest was ready${quoted(text)}`,
        'possible',
      ),
  },
  {
    id: 'guest-not-running',
    title: 'the guest has not started, or is shutting down',
    looksAt: 'VMI condition Ready',
    provedBy: 'reason GuestNotRunning, PodTerminating or PodNotExists, and no other condition gives a reason',
    remedy:
      'read the events of the VMI and its pod, and the log of virt-handler on that node; a large image that is still being pulled needs a longer spec.timeout',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) =>
          // Every VMI that is not scheduled, not synchronized or failed has such a Ready condition as well.
          (failed(vmi) ??
          unmetCondition(vmi, 'PodScheduled', /./) ??
          unmetCondition(vmi, 'Synchronized', /./))
            ? undefined
            : unmetCondition(vmi, 'Ready', /GuestNotRunning|PodTerminating|PodNotExists/),
        (titles, { text }) =>
          `${titles} was not running when the wait for it ended (${partOf(text, /^[^:]*/) ?? ''})`,
        'likely',
      ),
  },
  {
    id: 'guest-does-not-answer',
    isLastResort: true,
    title: 'the guest runs, but its guest agent or readiness probe does not answer',
    looksAt: 'VMI conditions Ready and AgentConnected',
    provedBy: 'ContainersNotReady in phase Running, or no guest agent',
    remedy:
      'watch the guest’s console (`virtctl console`): the image may boot slowly, hang in its boot loader, or lack qemu-guest-agent and cloud-init; an exec probe can fail although the guest agent answers a ping',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis<ForeignText | 'missing'>(
        findings,
        (vmi) =>
          vmi.phase !== 'Running'
            ? undefined
            : (unmetCondition(vmi, 'Ready', /ContainersNotReady/) ?? (isAlive(vmi) ? undefined : NO_AGENT)),
        (titles, sign) =>
          `the guest of ${titles} was started, and its ${sign === NO_AGENT ? 'guest agent' : 'readiness probe'} never answered`,
        'likely',
      ),
  },
]
