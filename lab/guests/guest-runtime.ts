/**
 * The interface between the lab's KubeVirt and the runtimes of its guests. KubeVirt decides when a guest runs, with
 * which devices, and what its VMI's status says; a runtime boots the guest and provides its hardware.
 */
import type { Readable, Writable } from 'node:stream'

/** A NIC of a guest. NICs that name the same wire are connected; it has two ends, unless the runtime has switches. */
export interface GuestNic {
  /** Name of the interface in the VMI, e.g. `nic-east`. */
  readonly name: string
  /** Six octets, lower case, with colons. */
  readonly mac: string
  /** The NIC's PCI address in the guest, e.g. `0000:06:00.0`. */
  readonly pciAddress: string
  /** Name of the wire, e.g. `default/dpdk-network/nic-east`. */
  readonly wire: string
  /** A unix socket on this machine to connect to instead of another guest, e.g. a switch's port. */
  readonly socket?: string
}

/** A read-only disk with files: a cloud-init NoCloud seed (label `cidata`) or a ConfigMap. */
export interface GuestDataDisk {
  readonly name: string
  /** ISO 9660 volume label. */
  readonly label?: string
  /** Serial number that the guest sees; it finds a ConfigMap's disk by it. */
  readonly serial?: string
  readonly files: Readonly<Record<string, string>>
}

export interface GuestSpec {
  /** Unique among running guests; usable as a file name. */
  readonly id: string
  /** Path of the boot disk (qcow2). It is never written: each guest writes into its own overlay. */
  readonly bootDisk: string
  readonly cpu: {
    readonly sockets: number
    readonly cores: number
    readonly threads: number
    /** Sockets that hotplug could reach, including the present ones. Default: no hotplug. */
    readonly maxSockets?: number
  }
  readonly memoryMiB: number
  readonly nics: readonly GuestNic[]
  /** In the order in which the guest sees them, after the boot disk. */
  readonly dataDisks: readonly GuestDataDisk[]
  /** The node that it runs on, if it is a VMI's. */
  readonly node?: string
}

/** How a guest ended. `shutdown`: it powered itself off. `stopped`: the lab ended it. `crashed`: its process died. */
export type GuestExit =
  { readonly how: 'shutdown' | 'stopped' } | { readonly how: 'crashed'; readonly reason: string }

/** An interface as the guest agent reports it. */
export interface AgentInterface {
  readonly name: string
  readonly mac?: string
  readonly ipAddresses: readonly string[]
}

/** The qemu-guest-agent inside a guest, while it is connected. */
export interface GuestAgent {
  info(): Promise<{ readonly version: string }>
  interfaces(): Promise<readonly AgentInterface[]>
  /** Runs a program in the guest (guest-exec), like KubeVirt's exec probes. */
  exec(
    path: string,
    args: readonly string[],
    timeout: number,
  ): Promise<{ readonly exitCode: number; readonly output: string }>
  /** Like `exec`, with standard input and separate outputs. Absent in simulated guests. */
  run?(path: string, args: readonly string[], options: GuestCommandOptions): Promise<GuestCommandResult>
  /** Opens a file of the guest for reading from its start. Absent in simulated guests. */
  openFile?(path: string): Promise<GuestFile>
}

export interface GuestCommandOptions {
  /** Milliseconds. */
  readonly timeout: number
  /** The whole standard input. */
  readonly input?: Buffer
  /** Aborts the wait; the program continues. */
  readonly signal?: AbortSignal
}

export interface GuestCommandResult {
  /** As in a shell: 128 plus the signal's number if a signal ended the program. */
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** A file that the guest agent holds open. */
export interface GuestFile {
  /** Data since the last read, at most 256 KiB; empty if there is none yet. */
  read(): Promise<Buffer>
  close(): Promise<void>
}

/** How a guest shared this machine's CPUs with other programs, in milliseconds since its start. */
export interface HostTime {
  /** Sum over all its threads of the time that they ran. */
  readonly ran: number
  /** Time that a thread was runnable but had no CPU, of the thread that waited longest. */
  readonly waited: number
}

/** Time of the threads that are the guest's CPUs, together, in milliseconds since its start. */
export interface GuestCpuTime {
  /** They ran on one of this machine's CPUs. */
  readonly ran: number
  /** They were runnable but had no CPU. */
  readonly waited: number
}

export interface RunningGuest extends AsyncDisposable {
  /**
   * The serial console in both directions, one stream for the guest's whole life, including reboots. As on a real
   * serial line, output is lost while no client reads it; `tail` is the last part of the output.
   */
  readonly console: { readonly output: Readable; readonly input: Writable; readonly tail?: string }
  /** Undefined while the agent does not answer. After a reconnect it is another object. */
  readonly agent: GuestAgent | undefined
  /** Calls the listener at once with the present state, then with every change. */
  onAgentChange(listener: (connected: boolean) => void): void
  /** Requests a reboot: through the agent if connected, otherwise through the ACPI power button. */
  softReboot(): Promise<void>
  /** Presses the ACPI power button, which shuts the guest down; absent if not supported. */
  powerDown?(): Promise<void>
  /** Resolves to undefined if this machine does not report it. Absent in simulated guests. */
  hostTime?(): Promise<HostTime | undefined>
  /**
   * A counter of the guest's visible activity: its disk operations and its agent's answers. Absent in simulated
   * guests. Rejects, or never settles, if the guest's QEMU has failed.
   */
  activity?(): Promise<number>
  /** Resolves to undefined if this machine does not report it. */
  cpuTime?(): Promise<GuestCpuTime | undefined>
  /** Resolves when the guest is gone, for whatever reason. */
  readonly exited: Promise<GuestExit>
  /** Ends the guest at once and removes everything that it left on the host. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>
}

/** How guests' code runs: under KVM, translated by QEMU (TCG), or simulated. */
export type GuestExecution = 'kvm' | 'tcg' | 'simulated'

export interface GuestRuntime extends AsyncDisposable {
  /** `qemu (kvm)`, `qemu (tcg)`, or a name that contains "simulated". */
  readonly description: string
  /** How the guests' code runs. */
  readonly execution: GuestExecution
  /** Starts a guest; resolves when it boots. */
  start(spec: GuestSpec, signal: AbortSignal): Promise<RunningGuest>
  /** Ends every guest that still runs and removes the runtime's own files. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>
}
