/**
 * Causes of what preflight checks find. The criterion's own message says what is wrong and what was read; these records
 * add the remedy.
 */
import { VMI_NEEDS } from '../../model/vmi-needs.ts'
import type { Criterion } from '../../model/criterion-result.ts'
import { type CauseEntry, sized } from '../cause.ts'
import type { Findings } from '../findings.ts'
import { provedByError } from './failure.ts'
import { podRefusal } from './refusals.ts'
import { ALIGN_CPUS, atVmis, BOTH_READY, multusMissesNetwork, quoted } from './vmi.ts'

type Entry = Pick<CauseEntry, 'id' | 'title' | 'looksAt' | 'provedBy' | 'remedy' | 'remedyFor'>

/** The cause of one failed criterion. */
function violation(criterion: string, entry: Entry): CauseEntry {
  return fromCriterion(criterion, entry, (_, { outcome }) => outcome === 'failed')
}

/** A cause in the parameters. Its criterion is an error, like a criterion whose facts could not be read. */
function invalid(criterion: string, entry: Entry): CauseEntry {
  return fromCriterion(
    criterion,
    entry,
    (findings, { id, outcome }) => outcome === 'error' && findings.invalid.includes(id),
  )
}

function fromCriterion(
  criterion: string,
  entry: Entry,
  isSo: (findings: Findings, criterion: Criterion) => boolean,
): CauseEntry {
  return {
    ...entry,
    explains: [criterion],
    find: (findings) => {
      const found = findings.criteria.find((one) => one.id === criterion && isSo(findings, one))
      return found === undefined
        ? undefined
        : { certainty: 'proved', sentence: found.message, evidence: found.evidence }
    },
  }
}

const NETWORK_MISSING = violation('precondition.network', {
  id: 'network-missing',
  title: 'the NetworkAttachmentDefinition does not exist',
  looksAt: 'the NetworkAttachmentDefinition, VMI condition Synchronized, events of the launcher pod',
  provedBy:
    'HTTP 404, virt-controller’s “failed to locate network attachment definition”, or Multus’ “cannot find”',
  remedy:
    'correct spec.param.networkAttachmentDefinitionName (`kubectl get network-attachment-definitions` lists the networks of the namespace), or create a SriovNetwork that has this namespace as its networkNamespace',
})

export const PREFLIGHT_CAUSES: readonly CauseEntry[] = [
  provedByError({
    id: 'no-credentials',
    title: 'there is no usable kubeconfig or service account',
    looksAt: 'KUBECONFIG, the pod’s service account, ~/.kube/config',
    provedBy: 'no credentials, or invalid ones',
    remedy:
      'set KUBECONFIG to a kubeconfig with which `kubectl auth whoami` succeeds, or run the checkup as a Job that mounts the token of its service account',
    explains: ['precondition.configmap'],
    codes: ['no-credentials'],
  }),
  invalid('precondition.configmap', {
    id: 'configmap-not-free',
    title: 'the checkup’s ConfigMap does not exist, or another run has used it',
    looksAt: 'the ConfigMap',
    provedBy: 'no ConfigMap, or a status.startTimestamp of another run',
    remedy: 'a ConfigMap serves one run: recreate it, or check CONFIGMAP_NAMESPACE and CONFIGMAP_NAME',
  }),
  invalid('precondition.parameters', {
    id: 'parameters-invalid',
    title: 'parameters are invalid',
    looksAt: 'the ConfigMap’s spec.*',
    provedBy: 'a missing key, or an invalid value',
    remedy:
      'correct the keys that the failure names (the documentation’s page Parameters lists all keys), then delete the ConfigMap and create it again',
  }),
  violation('precondition.kubevirt', {
    id: 'kubevirt-not-served',
    title: 'KubeVirt is not installed, not running, or too old',
    looksAt: 'API groups kubevirt.io and subresources.kubevirt.io, the KubeVirt object',
    provedBy: 'an API group that is not served, or a version before 1.0',
    remedy:
      'install KubeVirt 1.0 or newer and wait until KubeVirt is deployed: `kubectl get kubevirt -A` and `kubectl get pods -A -l kubevirt.io=virt-api` show the progress',
  }),
  {
    ...NETWORK_MISSING,
    explains: [...NETWORK_MISSING.explains, ...BOTH_READY],
    // The checkup may lack permission to read it, or it may be deleted later: then virt-controller's condition shows
    // it.
    find: (findings) =>
      NETWORK_MISSING.find(findings) ??
      atVmis(
        findings,
        (vmi) => podRefusal(vmi, ['network-missing']) ?? multusMissesNetwork(vmi),
        (titles, { text }) => `the network of ${titles} is not found${quoted(text)}`,
      ),
  },
  violation('preflight.network', {
    id: 'network-unfit',
    title: 'the network does not provide the VFs that the checkup needs',
    looksAt: 'annotation and CNI configuration of the NetworkAttachmentDefinition',
    provedBy:
      'no resource name, invalid JSON, a plugin other than sriov, or options that are invalid or stop the traffic',
    remedy:
      'correct the SriovNetwork, not the NetworkAttachmentDefinition, because the SR-IOV operator generates the NetworkAttachmentDefinition and reverts edits of it; the SriovNetwork needs a resourceName and, for this checkup, spoofChk: "off" and trust: "on"',
  }),
  violation('preflight.vf-injection', {
    id: 'vf-injection-missing',
    title: 'nothing injects VF requests into the launcher pods',
    looksAt: 'KubeVirt’s feature gate ExternalNetResourceInjection, MutatingWebhookConfigurations',
    provedBy:
      'KubeVirt’s feature gate ExternalNetResourceInjection is on, and there is no network-resources-injector',
    remedy:
      'enable the injector (SriovOperatorConfig default: enableInjector: true), or disable KubeVirt’s feature gate ExternalNetResourceInjection',
  }),
  violation('preflight.nodes', {
    id: 'no-usable-node',
    title: 'no node accepts VMIs with dedicated CPUs',
    looksAt: 'state, taints and labels of the nodes',
    provedBy:
      'each node has an architecture other than amd64, is not ready or cordoned, has a taint that spec.param.tolerations does not name, or lacks the label kubevirt.io/cpumanager=true or a label of spec.param.nodeSelector',
    remedy:
      'uncordon or repair the amd64 nodes for DPDK, and remove their taints or name the taints in spec.param.tolerations; KubeVirt sets the label kubevirt.io/cpumanager=true if its feature gate CPUManager is on and the kubelet has cpuManagerPolicy: static (on OpenShift: a PerformanceProfile)',
  }),
  violation('preflight.cpus', {
    id: 'too-few-cpus',
    title: 'nodes have too few CPUs for the VMIs',
    looksAt: 'allocatable cpu of the nodes',
    provedBy: 'fewer CPUs than a VMI takes',
    ...sized(
      ({ vcpus, alignedCpus }) =>
        `each VMI takes ${vcpus} CPUs and one more for its emulator thread (${alignedCpus} with AlignCPUs): use larger nodes for DPDK, reserve fewer of their CPUs for the system (reservedSystemCPUs), or request fewer CPUs (spec.param.vmiCpus); if both VMIs have the same target node, this node needs CPUs for both`,
    ),
  }),
  violation('preflight.smt', {
    id: 'whole-cores-only',
    title: 'kubelets assign whole cores only, but the VMI takes an odd number of CPUs',
    looksAt: 'cpuManagerPolicyOptions of the kubelets, KubeVirt’s feature gate AlignCPUs',
    provedBy: 'full-pcpus-only on nodes with SMT, and an odd number of CPUs',
    ...ALIGN_CPUS,
  }),
  violation('preflight.hugepages', {
    id: 'too-few-hugepages',
    title: 'nodes have too few hugepages',
    looksAt: 'allocatable hugepages-1Gi of the nodes (hugepages-2Mi if spec.param.hugepageSize is 2Mi)',
    provedBy: 'fewer hugepages than a VMI takes (spec.param.vmiMemory)',
    ...sized(
      ({ hugepages, hugepageSize: { kernelName, title } }) =>
        `allocate hugepages at boot, at least ${hugepages} of ${title} for each VMI of a node: hugepagesz=${kernelName} hugepages=N on the kernel command line (on OpenShift: hugepages.pages of the PerformanceProfile), then check \`kubectl describe node\`; a kubelet counts hugepages only when it starts. If the nodes have hugepages of another size, set spec.param.hugepageSize to this size`,
    ),
  }),
  violation('preflight.vfs', {
    id: 'too-few-vfs',
    title: 'nodes have too few VFs of the network’s resource',
    looksAt: 'allocatable of the nodes, the network’s k8s.v1.cni.cncf.io/resourceName',
    provedBy: `fewer VFs than the ${VMI_NEEDS.vfs} that a VMI takes`,
    remedy:
      'check that SriovNetwork and SriovNetworkNodePolicy have the same resourceName and that the policy’s nodeSelector and nicSelector match these nodes, and raise the policy’s numVfs; the log of the pod sriov-device-plugin on a node says which VFs the plugin found',
  }),
  violation('preflight.placement', {
    id: 'no-place-for-both',
    title: 'CPUs, hugepages and VFs are not on the same nodes',
    looksAt: 'allocatable CPUs, hugepages and VFs of each node, taken together',
    provedBy:
      'the nodes have enough of each resource in total, but no node or pair of nodes has enough of all three',
    remedy:
      'provide CPUs, hugepages and VFs on the same nodes: the performance profile, the SR-IOV policy and the hugepages must select the same nodes',
  }),
  violation('preflight.sriov-state', {
    id: 'sriov-not-synced',
    title: 'the SR-IOV policies are not applied, or create VFs that VMs cannot use',
    looksAt: 'SriovNetworkNodeState of the nodes',
    provedBy:
      'syncStatus is not Succeeded, a PF without VFs, VFs for netdevice or RDMA, or an InfiniBand port',
    remedy:
      'read lastSyncError and the log of sriov-network-config-daemon on that node; InProgress means that the node still drains or reboots: wait and run again. For VMs the SriovNetworkNodePolicy needs deviceType: vfio-pci and isRdma: false, for NVIDIA’s NICs as well (netdevice with isRdma is for pods); if a PF has no VFs although the status is Succeeded, SR-IOV may be disabled in the PF’s firmware or the node’s BIOS',
  }),
  invalid('preflight.engine', {
    id: 'engine-unfit-for-nic',
    title: 'the traffic engine cannot send through the network’s NICs',
    looksAt: 'SriovNetworkNodeState of the nodes, spec.param.trafficGenEngine',
    provedBy: 'the engine of the default image has no driver for the NIC of the VFs',
    remedy:
      'set spec.param.trafficGenEngine: pktgen (pktgen sends through the kernel’s driver), or set spec.param.trafficGenContainerDiskImage to your own image with an engine that has a driver for these NICs',
  }),
  invalid('preflight.leftovers', {
    id: 'other-run-there',
    title: 'VMIs of another run are in the namespace',
    looksAt: 'VMIs with the checkup’s label',
    provedBy: 'VMIs that this run did not create',
    remedy:
      'wait until the other run ends, or use another namespace; `npx dpdk-checkup clean --namespace <namespace> --run <uid>` removes what a finished run left',
  }),
  invalid('preflight.timeout', {
    id: 'timeout-too-short',
    title: 'spec.timeout is too short for the run',
    looksAt: 'spec.timeout, spec.param.testDuration, spec.param.capacity',
    provedBy:
      'spec.timeout is shorter than the shortest time in which the guests boot, the traffic runs and the final counters are read',
    remedy: 'raise spec.timeout above the sum in the failure’s message, or shorten spec.param.testDuration',
  }),
  invalid('preflight.mtu', {
    id: 'frames-above-mtu',
    title: 'the frames are longer than the MTU of the network',
    looksAt: 'spec.param.frameSize, SriovNetworkNodeStates, the NetworkAttachmentDefinition',
    provedBy: 'the MTU is smaller than a frame without its Ethernet header and FCS',
    remedy:
      'set mtu: 9000 in every SriovNetworkNodePolicy of the PF and allow such frames on the switch, or lower spec.param.frameSize',
  }),
  invalid('preflight.rate', {
    id: 'rate-above-line-rate',
    title: 'the rate exceeds the port speed',
    looksAt: 'spec.param.trafficGenPacketsPerSecond, spec.param.frameSize, spec.param.portBandwidthGbps',
    provedBy: 'the rate needs more bits per second than the port carries',
    remedy:
      'lower spec.param.trafficGenPacketsPerSecond to the limit in the failure’s message, or set spec.param.portBandwidthGbps to the real speed of the ports',
  }),
]
