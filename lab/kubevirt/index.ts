/** The one door into the lab's KubeVirt. */
export { KUBEVIRT_NAMESPACE, KUBEVIRT_VERSION, kubeVirtObject } from './kubevirt-object.ts'
export type { ResolveImage } from './boot-image.ts'
export { KUBEVIRT, VMI } from './kinds.ts'
export { createKubeVirt, type KubeVirt, type KubeVirtOptions } from './kubevirt.ts'
export {
  createSriovOperator,
  SRIOV_NAMESPACE,
  SRIOV_NODE_STATE,
  sriovNodeStates,
  sriovWebhook,
} from './sriov-operator.ts'
