/**
 * What refused a request, and whether the refusal is temporary: RBAC, quotas, policies and a terminating namespace all
 * answer 403. Recognized by the messages of kube-apiserver and its admission plugins (k8s.io/apiserver pkg/endpoints,
 * pkg/admission; plugin/pkg/admission; recorded with v1.36), which virt-controller repeats when a pod was refused.
 */
import { type ForeignText, says } from '../common/foreign-text.ts'

export type RefusalKind =
  /** The account lacks a permission, which is not the cluster's fault. */
  | 'rbac'
  | 'quota'
  /** A LimitRange of the namespace. */
  | 'limit-range'
  | 'namespace-terminating'
  | 'namespace-missing'
  /** A ValidatingAdmissionPolicy, or a webhook that refused. */
  | 'policy'
  /** KubeVirt's own webhooks: this version of KubeVirt does not accept the VMI. */
  | 'kubevirt'
  /** A required webhook does not answer. */
  | 'webhook-down'
  /** The API server, an admission plugin of it, or etcd did not do its work in time, or has no room. */
  | 'overloaded'
  /** A proxy or load balancer that answered in place of the API server. */
  | 'intermediary'
  | 'pod-security'
  /** OpenShift's security context constraints. */
  | 'scc'
  /** A NetworkAttachmentDefinition that virt-controller does not find. */
  | 'network-missing'
  /** A PriorityClass or RuntimeClass that a pod names and the cluster does not have. */
  | 'class-missing'
  /** A pod whose fields the API server does not accept. */
  | 'pod-invalid'
  /** virt-api, which serves KubeVirt's subresources, does not answer the API server that aggregates it. */
  | 'virt-api-down'
  | 'immutable'

/** In this order, because a policy's message is free text that may look like any of the others. */
const KINDS: readonly (readonly [RefusalKind, RegExp])[] = [
  // The API server answers in JSON or plain text, never in HTML.
  ['intermediary', /^\s*<(?:!doctype|html|head|body)\b/i],
  // The second is MutatingAdmissionPolicy (kubernetes/kubernetes#134184).
  ['policy', /ValidatingAdmissionPolicy '|\bpolicy '[^']*' with binding '[^']*' denied request/],
  // SR-IOV's network-resources-injector, a webhook: pkg/webhook/webhook.go.
  ['network-missing', /could not find network attachment definition '/],
  [
    'webhook-down',
    /failed calling webhook|failed to call webhook|conversion webhook for .{1,200} (?:failed|returned invalid)/,
  ],
  // Its webhooks, and the schema of its custom resource.
  [
    'kubevirt',
    /admission webhook "[^"]*\.kubevirt\.io" denied the request|VirtualMachineInstance\S* "[^"]*" is invalid: |cannot be handled as a VirtualMachineInstance: /,
  ],
  ['policy', /admission webhook "[^"]*" denied the request/],
  // OwnerReferencesPermissionEnforcement, which OpenShift has on; the last is RBAC's escalation check for roles.
  // Other authorizers than RBAC name a resource without that word.
  [
    'rbac',
    /User "[^"]*" cannot \w+ |cannot \S+ (?:resource|path)|RBAC: |no RBAC policy matched|cannot set (?:blockOwnerDeletion|an ownerRef)|attempting to grant RBAC permissions/,
  ],
  [
    'quota',
    /exceeded quota: |failed quota: |status unknown for quota: |insufficient quota to (?:match these scopes|consume): /,
  ],
  ['namespace-terminating', /because it is being terminated|namespace \S+ is being terminated/],
  ['namespace-missing', /^namespaces "[^"]*" not found$/],
  // The second message appears if the account may use no SCC; PodSecurityPolicy uses the same text.
  [
    'scc',
    /unable to validate against any security context constraint|no providers available to validate pod|no SecurityContextConstraints found in/,
  ],
  // The second is PodSecurityPolicy, before Kubernetes 1.25.
  ['pod-security', /violates PodSecurity|against any pod security policy|PodSecurityPolicy: unable to admit/],
  [
    'limit-range',
    /(?:minimum|maximum) \S+ usage per (?:Container|Pod)|max limit to request ratio per (?:Container|Pod)/,
  ],
  // PodNodeSelector and OpenShift's of projects, PodTolerationRestriction, ImagePolicyWebhook.
  [
    'policy',
    /pod node label selector conflicts with its|pod tolerations .{0,60}conflict with its|image policy webhook backend denied/,
  ],
  // With a capital letter before KubeVirt 1.3.
  ['network-missing', /[Ff]ailed to locate network attachment definition/],
  // plugin/pkg/admission/priority and runtimeclass.
  ['class-missing', /no PriorityClass with name \S+ was found|pod rejected: RuntimeClass "[^"]*" not found/],
  ['pod-invalid', /\bPod "[^"]*" is invalid: /],
  ['immutable', /field is immutable/],
  // kube-aggregator's pkg/apiserver/handler_proxy.go, apimachinery's pkg/util/proxy, and client-go's words for a 503.
  [
    'virt-api-down',
    /^service unavailable\s*$|error trying to reach service: |no endpoints available for service|the server is currently unable to handle the request/,
  ],
  // apiserver: pkg/endpoints/filters/timeout.go, flowcontrol, admission/metrics, storage/cacher, server/filters and
  // api/errors; plugin/pkg/admission/resourcequota; etcd, also where its client's gRPC status precedes.
  [
    'overloaded',
    /(?:^|desc = |occurred: )etcdserver: (?!request is too large)|not yet ready to handle request|unable to return a response in the time allotted|storage is \(re\)initializing|apiserver (?:is shutting down|not ready)|operation against \S+ could not be completed at this time|database space exceeded|request did not complete within (?:the )?(?:requested|allotted) (?:timeout|duration)|[Tt]oo many requests, please try again|resource quota evaluation timed out|failed to complete (?:mutation|validation) in/,
  ],
]

/**
 * @param text message of the API server, or of a controller that quotes it
 * @returns undefined if it is none of these kinds
 */
export function refusalKind(text: ForeignText | undefined): RefusalKind | undefined {
  return text === undefined ? undefined : KINDS.find(([, pattern]) => says(text, pattern))?.[0]
}

/** Kinds that may end by themselves. */
const TEMPORARY: readonly RefusalKind[] = ['webhook-down', 'overloaded', 'intermediary', 'virt-api-down']

/** Whether a failure (5xx) will not be over within seconds: a webhook that does not answer, an etcd without room. */
export function outlastsRetries(text: ForeignText | undefined): boolean {
  return text !== undefined && (refusalKind(text) === 'webhook-down' || says(text, /database space exceeded/))
}

/** Whether the refusal lasts until the cluster is changed. */
export function isLastingRefusal(text: ForeignText): boolean {
  const kind = refusalKind(text)
  return kind !== undefined && !TEMPORARY.includes(kind)
}
