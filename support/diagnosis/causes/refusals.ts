/**
 * The cluster refuses an object of the run: either the API server refuses the request, or it refuses the pod that
 * virt-controller creates for a VMI. The VMI's condition shows this.
 */
import { type ForeignText, joined } from '../../common/foreign-text.ts'
import { refusalKind, type RefusalKind } from '../../cluster/refusal.ts'
import type { CauseEntry } from '../cause.ts'
import type { VmiFindings } from '../findings.ts'
import { shownBy, failures } from './failure.ts'
import { atVmis, BOTH_READY, hasStarted, quoted, type Sign } from './vmi.ts'

const WHERE = "the API server's answers, VMI condition Synchronized, event FailedCreate"
const EXPLAINS = [...BOTH_READY, 'preflight.admission', 'precondition.configmap'] as const

/** Errors that have an answer of the API server. */
const ANSWERED = ['api', 'timeout', 'unreachable'] as const

type Entry = Pick<CauseEntry, 'id' | 'title' | 'provedBy' | 'remedy'>

/** @param remedy chooses a remedy from the text of the refusal */
function refused(
  kinds: readonly RefusalKind[],
  entry: Entry,
  sentence: string,
  remedy?: (text: ForeignText) => string | undefined,
): CauseEntry {
  return {
    ...entry,
    looksAt: WHERE,
    explains: EXPLAINS,
    find: (findings) => {
      let first: ForeignText | undefined
      const quotation = (text: ForeignText | undefined) => {
        first = text
        return text === undefined ? '' : quoted(text)
      }
      const proof =
        // The API server refused a request of the checkup, or failed until the time limit of the request …
        shownBy(
          failures(findings, ANSWERED, ({ said }) => isOf(kinds, said)),
          ({ facts: { said } }) => `${sentence}${quotation(said)}`,
        ) ??
        // … or the API server accepted the VMI and refused its pod.
        atVmis(
          findings,
          (vmi) => podRefusal(vmi, kinds),
          (titles, { text }) => `${sentence}: the pod of ${titles} was refused${quotation(text)}`,
        )
      const better = first === undefined ? undefined : remedy?.(first)
      return proof === undefined || better === undefined ? proof : { ...proof, remedy: better }
    },
  }
}

export function podRefusal(vmi: VmiFindings, kinds: readonly RefusalKind[]): Sign | undefined {
  for (const { type, status, reason, message } of vmi.conditions)
    if (type === 'Synchronized' && status === 'False' && isOf(kinds, message))
      return { where: 'condition Synchronized', text: joined([reason, message], ': ') }
  // The pod exists, so it was admitted after the refusal.
  if (hasStarted(vmi)) return undefined
  const events = 'found' in vmi.events ? vmi.events.found : []
  const event = events.findLast(({ reason, message }) => reason === 'FailedCreate' && isOf(kinds, message))
  return event && { where: `event FailedCreate of ${event.about}`, text: event.message }
}

function isOf(kinds: readonly RefusalKind[], text: ForeignText | undefined): boolean {
  const kind = refusalKind(text)
  return kind !== undefined && kinds.includes(kind)
}

export const REFUSAL_CAUSES: readonly CauseEntry[] = [
  {
    id: 'token-refused',
    title: 'the API server does not accept the account’s token or certificate',
    looksAt: "the API server's answers",
    provedBy: 'HTTP 401',
    remedy:
      'the token or certificate has expired, belongs to another cluster, or its service account was deleted: get a new one (`kubectl auth whoami` with the same kubeconfig shows whether the API server accepts it; `kubectl create token --duration …` makes a token that is valid for this time); a Job gets its token by serviceAccountName',
    explains: ['precondition.*', 'preflight.*', 'scheduling.*', 'guest.*', 'link.*', 'traffic.*'],
    find: (findings) =>
      shownBy(
        failures(findings, ['api', 'console-refused'], ({ status }) => status === 401),
        ({ sentence }) => sentence.slice(0, 300),
      ),
  },
  refused(
    ['namespace-terminating'],
    {
      id: 'namespace-terminating',
      title: 'the namespace is being deleted',
      provedBy: '“because it is being terminated” in the API server’s answer',
      remedy:
        'nothing can be created in this namespace any more: run the checkup in another namespace, or wait until this one is gone (`kubectl get namespace NAME -o yaml` shows what delays the deletion) and create it again',
    },
    'the checkup’s namespace is being deleted, and accepts no new objects',
  ),
  refused(
    ['intermediary'],
    {
      id: 'proxy-answers',
      title: 'a proxy or load balancer answers in place of the API server',
      provedBy: 'an answer in HTML',
      remedy:
        'the page in the answer shows which program answered: check server and proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY (NO_PROXY must name the API server’s host if the proxy does not know this host), and that the load balancer has API servers behind it',
    },
    'something between the checkup and the API server answered',
  ),
  refused(
    ['namespace-missing'],
    {
      id: 'namespace-missing',
      title: 'the namespace does not exist',
      provedBy: '“namespaces "…" not found” in the API server’s answer',
      remedy:
        'something deleted the namespace during the run, or the kubeconfig’s context points to another cluster: check the context (`kubectl config current-context`) and create the namespace again, with the network, the roles and the ConfigMap',
    },
    'the checkup’s namespace does not exist',
  ),
  refused(
    ['quota', 'limit-range'],
    {
      id: 'quota-exceeded',
      title: 'a quota or limit of the namespace is exceeded',
      provedBy: '“exceeded quota”, “failed quota”, or a LimitRange’s maximum',
      remedy:
        'the API server’s message names the quota, the request and the amount in use: raise the quota (`kubectl describe quota,limitrange`), or delete objects that use it; if the quota is on limits, the namespace also needs a LimitRange with defaults',
    },
    'a quota of the namespace does not allow an object of the checkup',
  ),
  refused(
    ['webhook-down'],
    {
      id: 'webhook-unavailable',
      title: 'an admission webhook does not answer',
      provedBy: '“failed calling webhook” in the API server’s answer',
      remedy:
        'check that the webhook’s service has running pods and endpoints, and that its certificate is valid; its ValidatingWebhookConfiguration or MutatingWebhookConfiguration names the service; virt-api serves the webhooks of kubevirt.io',
    },
    'an admission webhook does not answer, so the API server creates nothing',
  ),
  refused(
    ['overloaded'],
    {
      id: 'api-server-overloaded',
      title: 'the API server or its etcd does not keep up',
      provedBy: '“etcdserver: …”, a request that did not complete in time, or HTTP 429',
      remedy:
        'check the control plane: `kubectl get --raw /readyz?verbose`, the load and disks of its nodes, and etcd’s alarms (`etcdctl alarm list`; “database space exceeded” needs a compaction and a larger quota); then run again',
    },
    'the API server did not carry out a request in time',
  ),
  refused(
    ['policy', 'kubevirt'],
    {
      id: 'admission-denied',
      title: 'a policy or an admission webhook refuses an object of the checkup',
      provedBy: '“denied request” (ValidatingAdmissionPolicy) or “denied the request” (webhook)',
      remedy:
        'the message names the policy or the webhook and its reason: exempt the checkup’s namespace from the policy, or ask the policy’s owner which VMs for DPDK the policy allows',
    },
    'the cluster’s admission refuses an object of the checkup',
    (text) =>
      refusalKind(text) === 'kubevirt'
        ? 'KubeVirt itself refuses this VMI: check its version and feature gates (`kubectl get kubevirt -A -o yaml`); dedicated CPUs, hugepages and SR-IOV interfaces need KubeVirt 1.0 or newer'
        : undefined,
  ),
  refused(
    ['pod-security', 'scc'],
    {
      id: 'pod-security-refused',
      title: 'Pod Security or a security context constraint refuses the launcher pod',
      provedBy: '“violates PodSecurity”, or “unable to validate against any security context constraint”',
      remedy:
        'label the namespace pod-security.kubernetes.io/enforce=privileged; on OpenShift, KubeVirt’s controller needs its own SCC (kubevirt-controller), which HyperConverged creates',
    },
    'the cluster’s security rules for pods do not allow the launcher pod',
  ),
  refused(
    ['immutable'],
    {
      id: 'configmap-immutable',
      title: 'the checkup’s ConfigMap is immutable',
      provedBy: '“field is immutable” in the API server’s answer',
      remedy:
        'the checkup writes its start and its status into its ConfigMap: recreate the ConfigMap without `immutable: true`',
    },
    'the checkup cannot write its ConfigMap, because it is immutable',
  ),
]
