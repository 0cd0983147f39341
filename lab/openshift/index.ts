/** The one door into the lab's OpenShift. */
export {
  MACHINE_CONFIG_POOLS,
  MACHINE_CONFIGS,
  SECURITY_CONTEXT_CONSTRAINTS,
  SRIOV_NETWORK_NODE_POLICIES,
  SRIOV_NETWORKS,
} from './kinds.ts'
export {
  createOpenShift,
  type OpenShift,
  OPENSHIFT_SRIOV_NAMESPACE,
  type OpenShiftOptions,
} from './openshift.ts'
