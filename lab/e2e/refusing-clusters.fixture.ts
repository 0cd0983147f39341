/**
 * Clusters that refuse objects of a run, with the messages of kube-apiserver v1.36, or a pod, with those of the
 * kubelet.
 */
import { type KubeObject, type ResourceKind, StatusError } from '../apiserver/contract.ts'
import { CONFIG_MAPS } from '../apiserver/kinds.ts'
import { forbidden, internal } from '../apiserver/status.ts'
import { VMI } from '../kubevirt/kubevirt-kinds.ts'
import type { GuestlessLab } from './guestless-lab.fixture.ts'
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
  const words =
    "ValidatingAdmissionPolicy 'no-vmis' with binding 'no-vmis' denied request: VMs are not for this cluster"
  refuse(
    lab,
    VMI,
    BOTH_VMIS,
    (_, { metadata: { name } }) =>
      new StatusError(
        422,
        'Invalid',
        `virtualmachineinstances.kubevirt.io "${name}" is forbidden: ${words}`,
        {},
      ),
  )
}

export function webhookDown(lab: GuestlessLab): void {
  const hook = 'virtualmachineinstances-create-mutator.kubevirt.io'
  const words = `failed calling webhook "${hook}": failed to call webhook: Post "https://virt-api.kubevirt.svc:443/virtualmachineinstances-mutate?timeout=10s": no endpoints available for service "virt-api"`
  refuse(lab, VMI, BOTH_VMIS, () => internal(words))
}

export function terminating(lab: GuestlessLab): void {
  const because = `unable to create new content in namespace ${NAMESPACE} because it is being terminated`
  lab.admission.admitAny = (kind, { metadata: { name, namespace } }) => {
    if (namespace === NAMESPACE) throw forbidden(kind, name, because)
  }
}
