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
} from './cluster-objects.ts'
export type { ResolveImage } from './container-disk.ts'
export { KUBEVIRT, VMI } from './kinds.ts'
export { createKubeVirt, type KubeVirt, type KubeVirtOptions } from './kubevirt.ts'
