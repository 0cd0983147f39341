/** What is known of a run in which a criterion was not met. Causes are told from it, and from nothing else. */
import type { Role } from '../model/role.ts'
import type { PreparedNic } from '../guest/facts/pci-binding.ts'
import type { ErrorFacts, SuiteErrorCode } from '../common/errors.ts'
import type { ForeignText } from '../common/foreign-text.ts'
import type { Disruption } from '../cluster/disruption.ts'
import type { Readable } from '../cluster/inventory.ts'
import type { PerPort } from '../model/ports.ts'
import type { ForwardStreamStatistics } from '../dataplane/testpmd/parsers/forward-statistics.ts'
import type { PortInfo } from '../dataplane/testpmd/parsers/port-info.ts'
import type { CpuActivity } from '../guest/facts/cpu-activity.ts'
import type { Criterion, Traffic } from '../model/report.ts'
import type { NumaPlacement } from '../model/numa.ts'
import type { ProbeCounts } from '../model/ledger.ts'
import type { Links } from '../model/links.ts'
import type { Asked } from './observed.ts'

/** A condition of a VMI or a pod. */
export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: ForeignText
  readonly message: ForeignText
}

export interface ClusterEvent {
  /** `VirtualMachineInstance vmi-under-test-x7k2p` */
  readonly about: string
  readonly reason: ForeignText
  readonly message: ForeignText
  readonly count: number
}

/** The virt-launcher pod of a VMI. */
export interface LauncherPod {
  readonly name: string
  readonly phase: string
  /** Why the kubelet refused or ended it, e.g. `TopologyAffinityError`; empty where it did not. */
  readonly reason: ForeignText
  readonly message: ForeignText
  readonly qosClass: string
  readonly runtimeClassName: string | undefined
  /** What it asks for, by resource name. */
  readonly requests: Readonly<Record<string, string>>
  /** Those for CRI-O. */
  readonly annotations: Readonly<Record<string, string>>
  /** How its container compute ended; undefined while it runs, or where nothing tells. */
  readonly ended?: { readonly exitCode: number | undefined; readonly reason: ForeignText }
}

export interface VmiFindings {
  readonly name: string
  readonly phase: ForeignText
  readonly nodeName: string
  /** It is gone, or on its way. */
  readonly isDeleted?: boolean
  readonly conditions: readonly Condition[]
  readonly events: Readable<readonly ClusterEvent[]>
  readonly pod: Readable<LauncherPod>
  /** What became of its node or its pod meanwhile, where that shows. */
  readonly disruption?: Disruption
  /** The last lines of its launcher's log; undefined where there is no pod to ask. */
  readonly log?: Readable<readonly ForeignText[]>
}

/** A port of a guest as its PCI bus shows it. */
export interface PciPort {
  readonly port: 'east' | 'west'
  /** Hexadecimal, e.g. `8086:154c`. */
  readonly ids: string
  /** Made by a hypervisor: what it says of its PCI link is made up. */
  readonly isEmulated: boolean
  /** As sysfs words it, e.g. `8.0 GT/s PCIe` and `4`; undefined where the device does not say. */
  readonly speed: ForeignText | undefined
  readonly width: number | undefined
  readonly maxSpeed: ForeignText | undefined
  readonly maxWidth: number | undefined
  /** How often the link came or went since the kernel's driver has the port; undefined under vfio. */
  readonly carrierChanges: number | undefined
}

/** A thread of a guest that has used CPU time, as /proc/<pid>/task/<tid>/stat has it (proc_pid_stat(5)). */
export interface GuestThread {
  readonly tid: number
  /** At most 15 bytes, chosen by whoever started it. */
  readonly name: ForeignText
  /** Where it ran last. */
  readonly cpu: number
  /** Since it began, in user mode and in the kernel. */
  readonly seconds: number
  /** It runs, or could. */
  readonly isRunnable: boolean
}

/** What a guest said after the failure. Every part may be missing: guests die, commands do. */
export interface GuestWords {
  readonly kernelArguments?: ForeignText
  readonly tuned?: string
  readonly hugepages?: readonly { readonly sizeKiB: number; readonly total: number; readonly free: number }[]
  readonly pci?: readonly PciPort[]
  readonly activity?: CpuActivity
  /** The busiest, once testpmd and the generator's programs have ended. */
  readonly threads?: readonly GuestThread[]
  readonly throttled?: number
  /** The last lines of the kernel's log. */
  readonly dmesg?: readonly ForeignText[]
  /** What the traffic engine says of itself, such as the end of its journal. */
  readonly engine?: readonly string[]
}

export interface GuestFindings {
  /** CPUs that poll: testpmd's or the generator's workers. */
  readonly workers: readonly number[]
  readonly isolation?: {
    readonly wanted: readonly number[]
    readonly isolated: readonly number[]
    readonly missing: readonly number[]
    readonly rebooted: boolean
    readonly method: string | undefined
    readonly problem: string | undefined
  }
  readonly hugepages1Gi?: number
  readonly nics?: readonly PreparedNic[]
  readonly numa?: NumaPlacement
  readonly words?: GuestWords
  /** Its kernel's last words, from its console or its log. */
  readonly kernelFault?: KernelFault
  /** Why it did not boot to its end, from its console. */
  readonly bootTrouble?: BootTrouble
}

/**
 * Where a boot ends: `no-boot-disk` in the firmware or the boot loader, `no-root` in the initramfs, `emergency-shell` in
 * systemd; after `service-failed` it goes on, without what a VMI needs to be ready.
 */
export type BootTroubleKind = 'no-boot-disk' | 'no-root' | 'emergency-shell' | 'service-failed'

export interface BootTrouble {
  readonly kind: BootTroubleKind
  /** The line that tells of it. */
  readonly sentence: string
  /** With those around it. */
  readonly lines: readonly string[]
}

/**
 * What a kernel complains of: `breakdown`: code that went wrong; `stall`: a CPU that got no further for seconds;
 * `hung-task`: a program that got no further in the kernel; `machine-check`: its hardware; `out-of-memory`: what it
 * killed for want of memory.
 */
export type KernelFaultKind = 'breakdown' | 'stall' | 'hung-task' | 'machine-check' | 'out-of-memory'

/** A kernel that stopped, or killed what ran in it. */
export interface KernelFault {
  readonly kind: KernelFaultKind
  /** A panic is the end; after anything else a part of the kernel goes on. */
  readonly isPanic: boolean
  /** That line, without its time. */
  readonly sentence: string
  /** From the first sign of it on. */
  readonly lines: readonly string[]
}

/** What testpmd said of itself. */
export interface TestpmdFindings {
  readonly plannedMacs: PerPort<string>
  readonly queues: number
  readonly ports?: PerPort<PortInfo>
  readonly streams: readonly ForwardStreamStatistics[]
  /** TSC cycles that its cores spent on each packet. */
  readonly cyclesPerPacket?: number
  readonly clockMHz?: number
}

/** What was thrown where a criterion could not be judged, or failed without being judged. */
export interface Trouble {
  /** Of the criterion that carries it. */
  readonly criterion: string
  /** As in common/errors.ts; undefined for what is no error of the suite's. */
  readonly code: SuiteErrorCode | undefined
  readonly facts: ErrorFacts
  /** For people, without long quotations. */
  readonly sentence: string
  /** The time limit of the whole run ended it. */
  readonly isSpecTimeout: boolean
  /** What testpmd's last words were classified as, where it did not start. */
  readonly testpmd?: { readonly classification: string; readonly lines: readonly string[] }
}

export interface NetworkFindings {
  readonly name: string
  readonly resource: string | undefined
  /** Of its CNI configuration; undefined where that does not say, or can't be read. */
  readonly vlan: number | undefined
  readonly spoofCheck: string | undefined
  readonly trust: string | undefined
  readonly linkState: string | undefined
}

export interface NodeFindings {
  readonly name: string
  readonly unschedulable: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly allocatable: Readonly<Record<string, string>>
  /** As its kubelet names it, e.g. `cri-o://1.32.4` or `containerd://2.0.5`. */
  readonly containerRuntime?: ForeignText
}

/** Whether the SR-IOV operator has brought a node's VFs about. */
export interface VfSync {
  readonly node: string
  readonly status: string
  readonly lastError: string
}

export interface Findings {
  readonly criteria: readonly Criterion[]
  readonly troubles: readonly Trouble[]
  /** Criteria that are an error because of what people asked for, not because something could not be read. */
  readonly invalid: readonly string[]
  readonly links?: Links
  readonly asked?: Asked
  readonly vmis: Partial<Readonly<Record<Role, VmiFindings>>>
  readonly guests: Partial<Readonly<Record<Role, GuestFindings>>>
  readonly nodes?: Readable<readonly NodeFindings[]>
  /** By port; the same for both where they have one network. */
  readonly networks?: Partial<PerPort<Readable<NetworkFindings>>>
  readonly vfSyncs?: Readable<readonly VfSync[]>
  readonly testpmd?: TestpmdFindings
  readonly probe?: ProbeCounts
  readonly traffic?: Traffic
  /** The signal that ended the run. */
  readonly endedBy?: NodeJS.Signals
}
