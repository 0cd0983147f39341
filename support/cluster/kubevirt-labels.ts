/** What KubeVirt's labels and annotations say of nodes, and of KubeVirt itself. */

type Labels = Readonly<Record<string, string>>

/** virt-handler runs on the node. */
export const SCHEDULABLE_LABEL = 'kubevirt.io/schedulable'
/** The node's kubelet gives dedicated CPUs; set with the feature gate CPUManager. */
export const CPU_MANAGER_LABEL = 'kubevirt.io/cpumanager'
/** The former name of `CPU_MANAGER_LABEL`. */
const FORMER_CPU_MANAGER_LABEL = 'cpumanager'

export function isSchedulable(labels: Labels): boolean {
  return labels[SCHEDULABLE_LABEL] === 'true'
}

/** Whether pods with dedicated CPUs are scheduled to a node. */
export function hasCpuManager(labels: Labels): boolean {
  return [CPU_MANAGER_LABEL, FORMER_CPU_MANAGER_LABEL].some((label) => labels[label] === 'true')
}

/** The feature gate by which KubeVirt rounds a VMI's CPUs up to an even number, if it has the annotation too. */
export const ALIGN_CPUS_GATE = 'AlignCPUs'
export const ALIGN_CPUS_ANNOTATION = 'alpha.kubevirt.io/EmulatorThreadCompleteToEvenParity'
/** Part of a sentence: how to have it so. */
export const ENABLE_ALIGN_CPUS = `enable KubeVirt's feature gate ${ALIGN_CPUS_GATE} and annotate the KubeVirt object with ${ALIGN_CPUS_ANNOTATION}`
