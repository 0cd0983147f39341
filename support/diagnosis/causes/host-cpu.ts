/** A node whose CPUs, or KVM, cannot run the VM, in the words of libvirt and QEMU. */
import type { CauseEntry } from '../cause.ts'
import { atVmis, BOTH_READY, logLike, quoted, syncFailure } from './vmi.ts'

/** libvirt's src/cpu, src/qemu/qemu_process.c and src/qemu/qemu_validate.c. QEMU's warnings do not count. */
const CPU_UNSUITED = new RegExp(
  [
    'CPU is incompatible with host CPU|Host CPU does not provide required features',
    "guest CPU doesn't match specification: (?:missing|extra) features",
    'CPU model \\S+ is not (?:supported|usable)|[Uu]nknown CPU (?:model|feature)',
  ].join('|'),
)
/** KubeVirt gives a node without KVM a domain of type qemu, with which libvirt refuses host-passthrough and host-model. */
const NO_KVM =
  /[Dd]omain requires KVM, but it is not available|does not support virt type 'kvm'|CPU mode '[^']*' for \S+ \S+ domain on \S+ host is not supported by hypervisor|[Cc]ould not access KVM kernel module|failed to initialize (?:kvm|KVM)(?!: Cannot allocate memory)/

export const HOST_CPU_CAUSES: readonly CauseEntry[] = [
  {
    id: 'host-cpu-unsuited',
    title: 'the node’s CPU lacks features of the VM’s CPU model',
    looksAt: 'VMI condition Synchronized, event SyncFailed, log of virt-launcher',
    provedBy: '“the CPU is incompatible with host CPU”, or “missing features”',
    remedy:
      'the message names the features or the model: compare them with the node’s labels cpu-model.node.kubevirt.io and cpu-feature.node.kubevirt.io; set spec.configuration.cpuModel of the KubeVirt object to a model that all nodes have, or give the checkup target nodes with this CPU model; after a microcode or kernel update restart virt-handler: it then labels the node again',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => syncFailure(vmi, CPU_UNSUITED) ?? logLike(vmi, CPU_UNSUITED),
        (titles, { text }) => `the node’s CPU cannot run the CPU model of ${titles}${quoted(text)}`,
      ),
  },
  {
    id: 'host-kvm-missing',
    title: 'the node has no KVM for the VM',
    looksAt: 'VMI condition Synchronized, event SyncFailed, log of virt-launcher',
    provedBy:
      'libvirt or QEMU says that KVM is not available, or refuses the CPU mode of a domain without KVM',
    remedy:
      'on the node, switch on virtualization in the firmware (VT-x, AMD-V), load kvm_intel or kvm_amd, and check that /dev/kvm is there; on a virtual machine switch on nested virtualization; useEmulation in the KubeVirt object does not help, because DPDK needs KVM',
    explains: BOTH_READY,
    find: (findings) =>
      atVmis(
        findings,
        (vmi) => syncFailure(vmi, NO_KVM) ?? logLike(vmi, NO_KVM),
        (titles, { text }) => `the node has no KVM for ${titles}${quoted(text)}`,
      ),
  },
]
