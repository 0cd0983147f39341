/** All facts about a run in which a criterion was not met: the only input of causes. */
import type { Role } from '../model/role.ts'
import type { PreparedNic } from '../guest/facts/pci-binding.ts'
import type { ErrorFacts, SuiteErrorCode } from '../common/errors.ts'
import type { ForeignText } from '../common/foreign-text.ts'
import type { Disruption } from '../cluster/disruption.ts'
import type { Readable } from '../cluster/inventory.ts'
import type { PerPort } from '../model/ports.ts'
import type { LatencyReading } from '../dataplane/traffic-generator.ts'
import type { ForwardStreamStatistics } from '../dataplane/testpmd/parsers/forward-statistics.ts'
import type { PortInfo } from '../dataplane/testpmd/parsers/port-info.ts'
import type { BootFailureKind } from '../guest/console/boot-signs.ts'
import type { CpuActivity } from '../guest/facts/cpu-activity.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Traffic } from '../model/traffic.ts'
import type { Latency } from '../model/latency.ts'
import type { NodeMatrix } from '../model/node-matrix.ts'
import type { NumaPlacement } from '../model/numa.ts'
import type { Stalls } from '../model/stalls.ts'
import type { ProbeCounts } from '../model/ledger.ts'
import type { Links } from '../model/links.ts'
import type { Asked, ObservedLimit } from './observed.ts'

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
  /** Why the kubelet refused or ended it, e.g. `TopologyAffinityError`; empty if it did not. */
  readonly reason: ForeignText
  readonly message: ForeignText
  readonly qosClass: string
  readonly runtimeClassName: string | undefined
  /** Its requests, by resource name. */
  readonly requests: Readonly<Record<string, string>>
  /** Those for CRI-O. */
  readonly annotations: Readonly<Record<string, string>>
  /** How its container compute ended; undefined while it runs, or if unknown. */
  readonly ended?: { readonly exitCode: number | undefined; readonly reason: ForeignText }
}

export interface VmiFindings {
  readonly name: string
  readonly phase: ForeignText
  readonly nodeName: string
  /** Whether it is gone or being deleted. */
  readonly isDeleted?: boolean
  readonly conditions: readonly Condition[]
  readonly events: Readable<readonly ClusterEvent[]>
  readonly pod: Readable<LauncherPod>
  /** A disruption of its node or its pod, if there are signs of one. */
  readonly disruption?: Disruption
  /** The last lines of its launcher's log; undefined if there is no pod. */
  readonly log?: Readable<readonly ForeignText[]>
}

/** A port of a guest, from its PCI bus. */
export interface PciPort {
  readonly port: 'east' | 'west'
  /** Hexadecimal, e.g. `8086:154c`. */
  readonly ids: string
  /** Whether a hypervisor emulates it: its PCI link values are not real. */
  readonly isEmulated: boolean
  /** From sysfs, e.g. `8.0 GT/s PCIe` and `4`; undefined if unknown. */
  readonly speed: ForeignText | undefined
  readonly width: number | undefined
  readonly maxSpeed: ForeignText | undefined
  readonly maxWidth: number | undefined
  /** Link changes since the kernel's driver holds the port; undefined with vfio. */
  readonly carrierChanges: number | undefined
}

/** A thread of a guest that has used CPU time, from /proc/<pid>/task/<tid>/stat (proc_pid_stat(5)). */
export interface GuestThread {
  readonly tid: number
  /** Its name, at most 15 bytes; not trusted. */
  readonly name: ForeignText
  /** The CPU on which it ran last. */
  readonly cpu: number
  /** CPU seconds since its start, in user mode and in the kernel. */
  readonly seconds: number
  /** Whether it is running or runnable. */
  readonly isRunnable: boolean
}

/** Facts read from a guest after the failure. Any of them may be missing: guests and commands can fail. */
export interface GuestEvidence {
  readonly kernelArguments?: ForeignText
  readonly tuned?: string
  readonly hugepages?: readonly { readonly sizeKiB: number; readonly total: number; readonly free: number }[]
  readonly pci?: readonly PciPort[]
  readonly activity?: CpuActivity
  /** The busiest threads, after testpmd and the generator's programs have ended. */
  readonly threads?: readonly GuestThread[]
  readonly throttled?: number
  /** The last lines of the kernel's log. */
  readonly dmesg?: readonly ForeignText[]
  /** Output of the traffic engine, such as the end of its journal. */
  readonly engine?: readonly string[]
}

export interface GuestFindings {
  /** Polling CPUs: testpmd's or the generator's workers. */
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
  readonly stalls?: Stalls
  readonly evidence?: GuestEvidence
  /** A crash of its kernel, from its console or its log. */
  readonly kernelFault?: KernelFault
  /** Why it did not boot to its end, from its console. */
  readonly bootFailure?: BootFailure
}

export interface BootFailure {
  readonly kind: BootFailureKind
  /** The line that shows the failure. */
  readonly sentence: string
  /** The line and those around it. */
  readonly lines: readonly string[]
}

/**
 * Kinds of kernel messages. `breakdown`: an error in kernel code; `stall`: a CPU made no progress for seconds;
 * `hung-task`: a program made no progress in the kernel; `machine-check`: a hardware error; `out-of-memory`: the kernel
 * killed a program to free memory.
 */
export type KernelFaultKind = 'breakdown' | 'stall' | 'hung-task' | 'machine-check' | 'out-of-memory'

/** A crash of a kernel, or a program that it killed. */
export interface KernelFault {
  readonly kind: KernelFaultKind
  /** Whether the kernel panicked. After any other message it continues to run, at least partly. */
  readonly isPanic: boolean
  /** The kernel's line, without its time. */
  readonly sentence: string
  /** The kernel's lines from the first sign on. */
  readonly lines: readonly string[]
}

/** testpmd's own statistics. */
export interface TestpmdFindings {
  readonly plannedMacs: PerPort<string>
  readonly queues: number
  /** Descriptors of each RX queue, if fewer than the suite requests by default. */
  readonly rxDescriptors?: number
  readonly ports?: PerPort<PortInfo>
  readonly streams: readonly ForwardStreamStatistics[]
  /** TSC cycles that its cores spent per packet. */
  readonly cyclesPerPacket?: number
  readonly clockMHz?: number
}

/** An error that made a criterion fail, or prevented its judgement. */
export interface Failure {
  /** Id of the criterion that reports it. */
  readonly criterion: string
  /** From common/errors.ts; undefined for errors that are not the suite's. */
  readonly code: SuiteErrorCode | undefined
  readonly facts: ErrorFacts
  /** A sentence without long quotations. */
  readonly sentence: string
  /** The time limit of the whole run ended it. */
  readonly isSpecTimeout: boolean
  /** The class of testpmd's start failure. */
  readonly testpmd?: { readonly classification: string; readonly lines: readonly string[] }
}

export interface NetworkFindings {
  readonly name: string
  readonly resource: string | undefined
  /** From its CNI configuration; undefined if not set or not readable. */
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
  /** From the kubelet, e.g. `cri-o://1.32.4` or `containerd://2.0.5`. */
  readonly containerRuntime?: ForeignText
}

/** The SR-IOV operator's sync status of a node. */
export interface VfSync {
  readonly node: string
  readonly status: string
  readonly lastError: string
}

export interface Findings {
  readonly criteria: readonly Criterion[]
  readonly failures: readonly Failure[]
  /** Criteria that are an error because of invalid parameters, not because something could not be read. */
  readonly invalid: readonly string[]
  readonly links?: Links
  readonly asked?: Asked
  readonly vmis: Partial<Readonly<Record<Role, VmiFindings>>>
  readonly guests: Partial<Readonly<Record<Role, GuestFindings>>>
  readonly nodes?: Readable<readonly NodeFindings[]>
  /** By port; the same for both if they have one network. */
  readonly networks?: Partial<PerPort<Readable<NetworkFindings>>>
  readonly vfSyncs?: Readable<readonly VfSync[]>
  readonly testpmd?: TestpmdFindings
  readonly probe?: ProbeCounts
  /** The probe's packets one by one, by the port that sent them. */
  readonly captured?: readonly LatencyReading[]
  readonly latency?: Latency
  readonly matrix?: NodeMatrix
  readonly traffic?: Traffic
  readonly limits?: readonly ObservedLimit[]
  /** The signal that ended the run. */
  readonly endedBy?: NodeJS.Signals
}
