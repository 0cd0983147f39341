/**
 * Clusters that refuse objects of a run, with the messages of kube-apiserver v1.36, or a pod, with those of the
 * kubelet.
 */
import { type KubeObject, type ResourceKind, StatusError } from '../apiserver/contract.ts'
import { CONFIG_MAPS } from '../apiserver/kinds.ts'
import { forbidden, internal } from '../apiserver/status.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import type { GuestlessLab } from './guestless-lab.fixture.ts'
import { HOST_CPU_CLUSTERS } from './host-cpu-clusters.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

/** Refuses to create objects of this kind whose name matches. */
export function refuse(
  lab: GuestlessLab,
  { group, plural }: ResourceKind,
  name: RegExp,
  why: (kind: ResourceKind, object: KubeObject) => StatusError,
): void {
  lab.admission.admitAny = (kind, object) => {
    if (kind.plural === plural && kind.group === group && name.test(object.metadata.name))
      throw why(kind, object)
  }
}

const BOTH_VMIS = /^(?:vmi-under-test|dpdk-traffic-gen)/
const GENERATOR = /^dpdk-traffic-gen/

export function quotaOnVmis(lab: GuestlessLab): void {
  const because =
    'exceeded quota: team, requested: count/virtualmachineinstances.kubevirt.io=1, used: count/virtualmachineinstances.kubevirt.io=1, limited: count/virtualmachineinstances.kubevirt.io=1'
  refuse(lab, VMI, GENERATOR, (kind, { metadata: { name } }) => forbidden(kind, name, because))
}

export function quotaOnConfigMaps(lab: GuestlessLab): void {
  const because =
    'exceeded quota: compute, requested: configmaps=1, used: configmaps=10, limited: configmaps=10'
  refuse(lab, CONFIG_MAPS, BOTH_VMIS, (kind, { metadata: { name } }) => forbidden(kind, name, because))
}

export function policyOnVmis(lab: GuestlessLab): void {
  const text =
    "ValidatingAdmissionPolicy 'no-vmis' with binding 'no-vmis' denied request: VMs are not for this cluster"
  refuse(
    lab,
    VMI,
    BOTH_VMIS,
    (_, { metadata: { name } }) =>
      new StatusError(
        422,
        'Invalid',
        `virtualmachineinstances.kubevirt.io "${name}" is forbidden: ${text}`,
        {},
      ),
  )
}

export function webhookDown(lab: GuestlessLab): void {
  const hook = 'virtualmachineinstances-create-mutator.kubevirt.io'
  const text = `failed calling webhook "${hook}": failed to call webhook: Post "https://virt-api.kubevirt.svc:443/virtualmachineinstances-mutate?timeout=10s": no endpoints available for service "virt-api"`
  refuse(lab, VMI, BOTH_VMIS, () => internal(text))
}

/** Answers to every attempt to create a VMI, in the given words. */
function answerVmis(status: number, reason: string, text: string): (lab: GuestlessLab) => void {
  return (lab) => {
    refuse(lab, VMI, BOTH_VMIS, () => new StatusError(status, reason, text, {}))
  }
}

const etcdFull = answerVmis(500, 'InternalError', 'etcdserver: mvcc: database space exceeded')
const namespaceGone = answerVmis(404, 'NotFound', `namespaces "${NAMESPACE}" not found`)
/** Squid's page for a host that it may not reach. */
const proxyBetween = answerVmis(
  403,
  'Forbidden',
  '<html><head><title>ERROR: The requested URL could not be retrieved</title></head>',
)

export function terminating(lab: GuestlessLab): void {
  const because = `unable to create new content in namespace ${NAMESPACE} because it is being terminated`
  lab.admission.admitAny = (kind, { metadata: { name, namespace } }) => {
    if (namespace === NAMESPACE) throw forbidden(kind, name, because)
  }
}

/** Records of cluster-causes.fixture.ts. */
export const REFUSING_CLUSTERS: readonly {
  readonly name: string
  readonly break: (lab: GuestlessLab) => void
  readonly first: readonly [id: string, sentence: RegExp]
}[] = [
  ...HOST_CPU_CLUSTERS,
  { name: 'a quota on VMIs', break: quotaOnVmis, first: ['quota-exceeded', /not allow.*limited: count/] },
  { name: 'a quota on ConfigMaps', break: quotaOnConfigMaps, first: ['quota-exceeded', /configmaps=10/] },
  {
    name: 'a policy against VMIs',
    break: policyOnVmis,
    first: ['admission-denied', /VMs are not for this cluster/],
  },
  {
    name: 'a webhook that is down',
    break: webhookDown,
    first: ['webhook-unavailable', /no endpoints available for service "virt-api"/],
  },
  {
    name: 'an etcd that is full',
    break: etcdFull,
    first: ['api-server-overloaded', /database space exceeded/],
  },
  {
    name: 'a namespace that somebody has deleted',
    break: namespaceGone,
    first: ['namespace-missing', /does not exist/],
  },
  {
    name: 'a proxy that does not know the API server',
    break: proxyBetween,
    first: ['proxy-answers', /The requested URL could not be retrieved/],
  },
  {
    name: 'a namespace that is being deleted',
    break: terminating,
    first: ['namespace-terminating', /accepts no new objects/],
  },
]
