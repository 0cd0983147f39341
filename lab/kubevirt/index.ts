/** The one door into the lab's KubeVirt. */
export {
  DEFAULT_NODE_NAMES,
  DEFAULT_VF_RESOURCE,
  KUBEVIRT_NAMESPACE,
  KUBEVIRT_VERSION,
  kubeVirtObject,
  labNetwork,
  type LabNetworkOptions,
  labNodes,
  type LabNodeOptions,
  RESOURCE_NAME_ANNOTATION,
} from './cluster-objects.ts'
export { pullImage, type ResolveImage } from './container-disk.ts'
export { EventRecorder, type EventText } from '../nodes/events.ts'
export { KUBEVIRT, VMI } from './kinds.ts'
export { createKubelets, type Kubelets } from '../nodes/kubelets.ts'
export { hurriedSleep, sleep, type Sleep, untilAborted, untilStored } from '../nodes/lab-clock.ts'
export { createKubeVirt, type KubeVirt, type KubeVirtOptions } from './kubevirt.ts'
export { Scheduler } from '../nodes/scheduler.ts'
export {
  createSriovOperator,
  SRIOV_NAMESPACE,
  SRIOV_NODE_STATE,
  sriovNodeStates,
  sriovWebhook,
} from './sriov-operator.ts'
