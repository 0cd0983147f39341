/**
 * What the API server says of requests, in several versions: its authorizers, admission plugins and webhooks; of pods it
 * says so to virt-controller. The quotations come from source code or from logs of clusters; names are invented.
 */
import type { Findings } from './findings.ts'
import { POD_FORBIDDEN as POD, table } from './message-table.fixture.ts'
import { failedToTheEnd, notSynchronized, refused } from './vmi-findings.fixture.ts'

const VMI = 'virtualmachineinstances.kubevirt.io "vmi-under-test-x" is forbidden: '
const onPod = (message: string): Findings => notSynchronized('FailedCreate', message)
const onVmi = (said: string): Findings => refused(403, said)

table('what ResourceQuota, LimitRange and policies say of a pod', onPod, [
  [
    `${POD}exceeded quota: compute, requested: limits.cpu=9,requests.cpu=9, used: limits.cpu=2,requests.cpu=2, limited: limits.cpu=10,requests.cpu=10`,
    'quota-exceeded',
  ],
  [`${POD}exceeded quota: objects, requested: pods=1, used: pods=10, limited: pods=10`, 'quota-exceeded'],
  [
    `${POD}exceeded quota: vfs, requested: requests.openshift.io/dpdk_vf=2, used: requests.openshift.io/dpdk_vf=0, limited: requests.openshift.io/dpdk_vf=0`,
    'quota-exceeded',
  ],
  [`${POD}failed quota: compute: must specify limits.cpu,limits.memory`, 'quota-exceeded'],
  [
    `${POD}failed quota: compute: must specify limits.cpu for: guest-console-log; limits.memory for: guest-console-log`,
    'quota-exceeded',
  ],
  [
    `${POD}insufficient quota to match these scopes: [{PriorityClass In [system-node-critical system-cluster-critical]}]`,
    'quota-exceeded',
  ],
  [`${POD}status unknown for quota: compute, resources: limits.cpu`, 'quota-exceeded'],
  [`${POD}maximum cpu usage per Container is 4, but limit is 9`, 'quota-exceeded'],
  [`${POD}maximum memory usage per Pod is 2Gi, but limit is 6082792448`, 'quota-exceeded'],
  [`${POD}minimum cpu usage per Container is 100m, but request is 15m`, 'quota-exceeded'],
  [`${POD}maximum memory usage per Container is 400M.  No limit is specified`, 'quota-exceeded'],
  [
    `${POD}cpu max limit to request ratio per Container is 4, but provided ratio is 15.000000`,
    'quota-exceeded',
  ],
  [
    `${POD}[maximum cpu usage per Pod is 4, but limit is 9, memory max limit to request ratio per Pod is 1, but provided ratio is 2.000000]`,
    'quota-exceeded',
  ],
  [
    `${POD}ValidatingAdmissionPolicy 'p' with binding 'b' denied request: exceeded quota: of what we like`,
    'admission-denied',
  ],
  [
    `${POD}ValidatingAdmissionPolicy 'p' with binding 'b' denied request: failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
    'admission-denied',
  ],
  [
    'failed to create virtual machine pod: admission webhook "validation.gatekeeper.sh" denied the request: [psp-privileged-container] Privileged container is not allowed: compute, securityContext: {"privileged": true}',
    'admission-denied',
  ],
  [
    'failed to create virtual machine pod: admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Pod/target/virt-launcher-x was blocked due to the following policies \n\nno-hostpath:\n  rule: user cannot create resource of that kind',
    'admission-denied',
  ],
  [
    'failed to create virtual machine pod: admission webhook "a.b.c" denied the request without explanation',
    'admission-denied',
  ],
  [`${POD}pod node label selector conflicts with its project node label selector`, 'admission-denied'],
  [`${POD}pod node label selector conflicts with its namespace node label selector`, 'admission-denied'],
  [
    `${POD}pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist`,
    'admission-denied',
  ],
  [
    `${POD}violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "compute" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities`,
    'pod-security-refused',
  ],
  [
    `${POD}unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount, spec.containers[0].securityContext.capabilities.add: Invalid value: "SYS_NICE": capability may not be added]`,
    'pod-security-refused',
  ],
  [`${POD}unable to validate against any pod security policy: []`, 'pod-security-refused'],
  [
    `${POD}PodSecurityPolicy: unable to admit pod: [spec.containers[0].securityContext.capabilities.add: Invalid value]`,
    'pod-security-refused',
  ],
  [
    `${POD}unable to create new content in namespace target because it is being terminated`,
    'namespace-terminating',
  ],
  [`${POD}no PriorityClass with name dpdk was found`, 'pod-refused'],
  [`${POD}pod rejected: RuntimeClass "performance" not found`, 'pod-refused'],
  [
    'failed to render launch manifest: failed to locate network attachment definition target/dpdk-network',
    'network-missing',
  ],
])

table('what is said of a VMI', onVmi, [
  [
    `${VMI}exceeded quota: team, requested: count/virtualmachineinstances.kubevirt.io=1, used: count/virtualmachineinstances.kubevirt.io=2, limited: count/virtualmachineinstances.kubevirt.io=2`,
    'quota-exceeded',
  ],
  [
    `${VMI}unable to create new content in namespace target because it is being terminated`,
    'namespace-terminating',
  ],
  [`${VMI}ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no`, 'admission-denied'],
  [
    `${VMI}cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>`,
    'permission-missing',
  ],
  [
    `${VMI}User "system:serviceaccount:target:x" cannot create resource "virtualmachineinstances" in API group "kubevirt.io" in the namespace "target"`,
    'permission-missing',
  ],
])

const HOOK =
  'Internal error occurred: failed calling webhook "virtualmachineinstances-create-mutator.kubevirt.io": '
const POST =
  'failed to call webhook: Post "https://virt-api.kubevirt.svc:443/virtualmachineinstances-mutate?timeout=10s": '

table('a webhook that does not answer', (said) => refused(500, said), [
  [`${HOOK}${POST}dial tcp 10.96.1.1:443: connect: connection refused`, 'webhook-unavailable'],
  [`${HOOK}${POST}context deadline exceeded`, 'webhook-unavailable'],
  [`${HOOK}${POST}x509: certificate signed by unknown authority`, 'webhook-unavailable'],
  [`${HOOK}${POST}x509: certificate has expired or is not yet valid`, 'webhook-unavailable'],
  [`${HOOK}${POST}no endpoints available for service "virt-api"`, 'webhook-unavailable'],
  [`${HOOK}${POST}service "virt-api" not found`, 'webhook-unavailable'],
  [`${HOOK}${POST}EOF`, 'webhook-unavailable'],
  [
    `${HOOK}Post "https://virt-api.kubevirt.svc:443/x?timeout=30s": dial tcp: i/o timeout`,
    'webhook-unavailable',
  ],
  [
    'conversion webhook for kubevirt.io/v1alpha3, Kind=VirtualMachineInstance failed: Post "https://virt-api.kubevirt.svc:443/convert?timeout=30s": dial tcp 10.96.1.1:443: connect: connection refused',
    'webhook-unavailable',
  ],
])

const FORBIDDEN =
  'virtualmachineinstances.kubevirt.io is forbidden: User "system:serviceaccount:target:x" cannot '

// plugin/pkg/auth/authorizer of Kubernetes and OpenShift, authorizers by webhook (AKS), apiserver's rest of 403.
table('a 403 of any authorizer', (said) => refused(403, said), [
  [
    `${FORBIDDEN}create resource "virtualmachineinstances" in API group "kubevirt.io" in the namespace "target": Azure does not have opinion for this user.`,
    'permission-missing',
  ],
  [
    `${FORBIDDEN}create virtualmachineinstances.kubevirt.io in the namespace "target": no RBAC policy matched`,
    'permission-missing',
  ],
])

table('answers that repeat until a request is given up', (said) => failedToTheEnd(500, said), [
  ['<html><body><h1>503 Service Unavailable</h1></body></html>', 'proxy-answers'],
  ['etcdserver: request timed out', 'api-server-overloaded'],
  ['etcdserver: leader changed', 'api-server-overloaded'],
])

// staging/src/k8s.io/apiserver (admission, filters, registry/rest), etcd's api/v3rpc/rpctypes; the schema is KubeVirt's.
table('refusals that are neither RBAC nor quota', (said) => refused(500, said), [
  ['namespaces "target" not found', 'namespace-missing'],
  // HAProxy's and squid's error pages
  [
    '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.',
    'proxy-answers',
  ],
  ['<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN"><html><head>ERR_ACCESS_DENIED', 'proxy-answers'],
  ['Internal error occurred: resource quota evaluation timed out', 'api-server-overloaded'],
  ['etcdserver: request timed out', 'api-server-overloaded'],
  ['etcdserver: mvcc: database space exceeded', 'api-server-overloaded'],
  [
    'Timeout: request did not complete within requested timeout - context deadline exceeded',
    'api-server-overloaded',
  ],
  ['Too many requests, please try again later.', 'api-server-overloaded'],
  [
    'VirtualMachineInstance.kubevirt.io "x" is invalid: spec.domain.devices: Required value',
    'admission-denied',
  ],
  [
    'VirtualMachineInstance in version "v1" cannot be handled as a VirtualMachineInstance: strict decoding error: unknown field "spec.domain.cpu.maxSockets"',
    'admission-denied',
  ],
])

// k8snetworkplumbingwg/network-resources-injector, pkg/webhook/webhook.go.
table('a webhook that looks for the network', onPod, [
  [
    `failed to create virtual machine pod: admission webhook "network-resources-injector-config.k8s.io" denied the request: could not find network attachment definition 'target/dpdk-network': network-attachment-definitions.k8s.cni.cncf.io "dpdk-network" not found`,
    'network-missing',
  ],
  [
    'failed to create virtual machine pod: Timeout: request did not complete within requested timeout 30s',
    'api-server-overloaded',
  ],
])

// KubeVirt's pkg/network/multus and services/template.go: with a capital letter before 1.3, with the reason since 1.6.
// OpenShift's sccadmission and, with the same words, PodSecurityPolicy (kubernetes/website, pod-security-policy).
table('virt-controller, in the words of other versions', onPod, [
  [
    'failed to render launch manifest: Failed to locate network attachment definition target/dpdk-network',
    'network-missing',
  ],
  [
    'failed to render launch manifest: failed to locate network attachment definition for target/dpdk-network: network-attachment-definitions.k8s.cni.cncf.io "dpdk-network" not found',
    'network-missing',
  ],
  [
    'failed to create virtual machine pod: pods "virt-launcher-x" is forbidden: no providers available to validate pod request',
    'pod-security-refused',
  ],
])
