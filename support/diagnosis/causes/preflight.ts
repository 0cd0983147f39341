/**
 * Causes of what preflight checks find. The criterion's own message says what is wrong and what was read; these records
 * add the remedy.
 */
import { VMI_NEEDS } from '../../model/vmi-needs.ts'
import type { Criterion } from '../../model/report.ts'
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

/** A cause that lies in the parameters. Its criterion ends as an error, as does one that could not be read. */
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
    'correct spec.param.networkAttachmentDefinitionName (`kubectl get network-attachment-definitions` lists those of the namespace), or create a SriovNetwork whose networkNamespace is this namespace',
})

export const PREFLIGHT_CAUSES: readonly CauseEntry[] = [
  provedByError({
    id: 'no-credentials',
    title: 'there is no usable kubeconfig or service account',
    looksAt: 'KUBECONFIG, the pod’s service account, ~/.kube/config',
    provedBy: 'none of them exists, or the one in use is invalid',
    remedy:
      'set KUBECONFIG to a kubeconfig with which `kubectl auth whoami` answers, or run as a Job whose service account token is mounted',
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
      'fix these keys (the documentation’s page Parameters lists all), then delete and recreate the ConfigMap',
  }),
  violation('precondition.kubevirt', {
    id: 'kubevirt-not-served',
    title: 'KubeVirt is not installed, not running, or too old',
    looksAt: 'API groups kubevirt.io and subresources.kubevirt.io, the KubeVirt object',
    provedBy: 'an API group that is not served, or a version before 1.0',
    remedy:
      'install KubeVirt 1.0 or newer and wait until it is deployed: `kubectl get kubevirt -A` and `kubectl get pods -A -l kubevirt.io=virt-api` show its progress',
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
      'correct the SriovNetwork: the SR-IOV operator writes the NetworkAttachmentDefinition from it, and reverts edits of the NetworkAttachmentDefinition; it needs a resourceName and, for this checkup, spoofChk: "off" and trust: "on"',
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
      'nodes of another architecture than amd64, not ready, cordoned, with a taint that spec.param.tolerations does not name, or without the label kubevirt.io/cpumanager=true or those of spec.param.nodeSelector',
    remedy:
      'the guests need nodes of amd64: uncordon or repair those for DPDK, and remove their taints or name them in spec.param.tolerations; the label comes with KubeVirt’s feature gate CPUManager and the kubelet’s cpuManagerPolicy: static (on OpenShift: a PerformanceProfile)',
  }),
  violation('preflight.cpus', {
    id: 'too-few-cpus',
    title: 'nodes have too few CPUs for the VMIs',
    looksAt: 'allocatable cpu of the nodes',
    provedBy: 'fewer CPUs than each VMI takes',
    ...sized(
      ({ vcpus, alignedCpus }) =>
        `each VMI takes ${vcpus} CPUs and one more for its emulator thread (${alignedCpus} with AlignCPUs): use larger nodes for DPDK, reserve fewer of their CPUs (reservedSystemCPUs), or ask for fewer (spec.param.vmiCpus); if both VMIs have the same target node, it needs room for both`,
    ),
  }),
  violation('preflight.smt', {
    id: 'whole-cores-only',
    title: 'kubelets assign whole cores only, and the VMI’s CPUs are an odd number',
    looksAt: 'cpuManagerPolicyOptions of the kubelets, KubeVirt’s feature gate AlignCPUs',
    provedBy: 'full-pcpus-only on nodes with SMT, and an odd number of CPUs',
    ...ALIGN_CPUS,
  }),
  violation('preflight.hugepages', {
    id: 'too-few-hugepages',
    title: 'nodes have too few hugepages',
    looksAt: 'allocatable hugepages-1Gi (or 2Mi, as asked for) of the nodes',
    provedBy: 'fewer hugepages than each VMI takes (spec.param.vmiMemory)',
    ...sized(
      ({ hugepages, hugepageSize: { kernelName, title } }) =>
        `allocate them at boot, at least ${hugepages} of ${title} for each VMI of a node: hugepagesz=${kernelName} hugepages=N on the kernel command line (on OpenShift: hugepages.pages of the PerformanceProfile), then see \`kubectl describe node\`; a kubelet counts them anew only when it starts. Where the nodes have pages of another size, ask for them by spec.param.hugepageSize`,
    ),
  }),
  violation('preflight.vfs', {
    id: 'too-few-vfs',
    title: 'nodes have too few VFs of the network’s resource',
    looksAt: 'allocatable of the nodes, the network’s k8s.v1.cni.cncf.io/resourceName',
    provedBy: `fewer VFs than the ${VMI_NEEDS.vfs} that each VMI takes`,
    remedy:
      'check that SriovNetwork and SriovNetworkNodePolicy have the same resourceName and that the policy’s nodeSelector and nicSelector match these nodes, and raise its numVfs; the log of sriov-device-plugin on a node says what it found',
  }),
  violation('preflight.placement', {
    id: 'no-place-for-both',
    title: 'CPUs, hugepages and VFs are not on the same nodes',
    looksAt: 'allocatable CPUs, hugepages and VFs of each node, taken together',
    provedBy: 'enough of each in total, but no node or pair of nodes with enough of all',
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
      'read lastSyncError and the log of sriov-network-config-daemon on that node; InProgress means that it still drains or reboots: wait and run again. For VMs the SriovNetworkNodePolicy needs deviceType: vfio-pci and isRdma: false, for NVIDIA’s NICs as well (netdevice with isRdma is for pods); if a PF has no VFs although the status is Succeeded, SR-IOV may be disabled in its firmware or the BIOS',
  }),
  invalid('preflight.engine', {
    id: 'engine-unfit-for-nic',
    title: 'the traffic engine cannot send through the network’s NICs',
    looksAt: 'SriovNetworkNodeState of the nodes, spec.param.trafficGenEngine',
    provedBy: 'VFs of a NIC that the engine of the default image has no driver for',
    remedy:
      'choose spec.param.trafficGenEngine: pktgen, which sends by the kernel’s driver; or name an image of your own whose engine has a driver for these NICs in spec.param.trafficGenContainerDiskImage',
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
    provedBy: 'spec.timeout is shorter than the least that boot, traffic and the final counters take',
    remedy: 'raise spec.timeout above the given sum, or shorten spec.param.testDuration',
  }),
  invalid('preflight.mtu', {
    id: 'frames-above-mtu',
    title: 'the frames are longer than the MTU of the network',
    looksAt: 'spec.param.frameSize, SriovNetworkNodeStates, the NetworkAttachmentDefinition',
    provedBy: 'an MTU below the bytes of a frame without Ethernet’s header and the FCS',
    remedy:
      'set mtu: 9000 in the SriovNetworkNodePolicy (of every policy of the PF) and let the switch carry such frames, or lower spec.param.frameSize',
  }),
  invalid('preflight.rate', {
    id: 'rate-above-line-rate',
    title: 'the rate exceeds the port speed',
    looksAt: 'spec.param.trafficGenPacketsPerSecond, spec.param.frameSize, spec.param.portBandwidthGbps',
    provedBy: 'more bits per second than the port has',
    remedy:
      'lower spec.param.trafficGenPacketsPerSecond to the limit in the failure’s message, or set spec.param.portBandwidthGbps to the real speed of the ports',
  }),
]
