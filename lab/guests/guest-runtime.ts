/**
 * The seam between the lab's KubeVirt and whatever runs its guests. KubeVirt decides that a guest runs,
 * with which devices, and what its VMI's status says; a runtime boots it and is its hardware.
 */
import type { Readable, Writable } from 'node:stream'

/** A network card of a guest. Guests whose cards name the same wire are connected, two on a wire. */
export interface GuestNic {
  /** Name of the interface in the VMI, e.g. `nic-east`. */
  readonly name: string
  /** Six octets, lower case, with colons. */
  readonly mac: string
  /** Where the guest sees the card, e.g. `0000:06:00.0`. */
  readonly pciAddress: string
  /** Identity of the wire, e.g. `default/dpdk-network/nic-east`. */
  readonly wire: string
  /** A unix socket of this machine that takes the other guest's place on the wire, e.g. a switch's port. */
  readonly socket?: string
}

/** A read-only disk with files: a cloud-init NoCloud seed (label `cidata`) or a ConfigMap. */
export interface GuestDataDisk {
  readonly name: string
  /** ISO 9660 volume label. */
  readonly label?: string
  /** Serial number the guest sees; how it finds a ConfigMap's disk. */
  readonly serial?: string
  readonly files: Readonly<Record<string, string>>
}

export interface GuestSpec {
  /** Unique while the guest lives, safe as a file name. */
  readonly id: string
  /** Path of the boot disk (qcow2). Never written to: a guest writes into an overlay of its own. */
  readonly bootDisk: string
  readonly cpu: {
    readonly sockets: number
    readonly cores: number
    readonly threads: number
    /** Sockets that could be plugged in while it runs, those that are there included; none more without. */
    readonly maxSockets?: number
  }
  readonly memoryMiB: number
  readonly nics: readonly GuestNic[]
  /** In the order the guest sees them, after the boot disk. */
  readonly dataDisks: readonly GuestDataDisk[]
}

/** How a guest's life ended. `shutdown`: it powered itself off. `crashed`: its process died by itself. */
export type GuestExit =
  { readonly how: 'shutdown' | 'stopped' } | { readonly how: 'crashed'; readonly reason: string }

/** What the guest agent says of an interface. */
export interface AgentInterface {
  readonly name: string
  readonly mac?: string
  readonly ipAddresses: readonly string[]
}

/** The qemu-guest-agent inside a guest, while it is connected. */
export interface GuestAgent {
  info(): Promise<{ readonly version: string }>
  interfaces(): Promise<readonly AgentInterface[]>
  /** Runs a program in the guest (guest-exec), as KubeVirt's exec probes do. */
  exec(
    path: string,
    args: readonly string[],
    timeout: number,
  ): Promise<{ readonly exitCode: number; readonly output: string }>
  /** The same with something to read for the program, and what it printed as it is. Not in simulated guests. */
  run?(path: string, args: readonly string[], options: GuestCommandOptions): Promise<GuestCommandResult>
  /** Opens a file of the guest to be read from its beginning. Not in simulated guests. */
  openFile?(path: string): Promise<GuestFile>
}

export interface GuestCommandOptions {
  /** Milliseconds. */
  readonly timeout: number
  /** All of its standard input. */
  readonly input?: Buffer
  /** Ends the wait, not the program. */
  readonly signal?: AbortSignal
}

export interface GuestCommandResult {
  /** As a shell tells it: 128 and the signal's number where a signal ended it. */
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** A file that the guest agent holds open. */
export interface GuestFile {
  /** What has come since the last time, 256 KiB at most; empty where there is no more yet. */
  read(): Promise<Buffer>
  close(): Promise<void>
}

/** Milliseconds since a guest's start: how it shared this machine's CPUs with others. */
export interface HostTime {
  /** For which its threads ran, together. */
  readonly ran: number
  /** For which the one that waited longest could have run and had no CPU. */
  readonly waited: number
}

/** Milliseconds since a guest's start, of the threads that are its CPUs, together. */
export interface GuestCpuTime {
  /** For which they ran on one of this machine's CPUs. */
  readonly ran: number
  /** For which they could have run and had none. */
  readonly waited: number
}

export interface RunningGuest extends AsyncDisposable {
  /**
   * The serial console, both ways. One stream for the guest's whole life, reboots included; output that
   * comes while nobody reads it is gone, as on a real serial line, but for the last of it (`tail`).
   */
  readonly console: { readonly output: Readable; readonly input: Writable; readonly tail?: string }
  /** The agent while it answers, else undefined. A lost agent comes back as another object. */
  readonly agent: GuestAgent | undefined
  /** Calls back at once with the present state, then whenever the agent connects or goes away. */
  onAgentChange(listener: (connected: boolean) => void): void
  /** Asks the guest to reboot: by its agent where that is connected, else by the ACPI power button. */
  softReboot(): Promise<void>
  /** Presses the ACPI power button, so that the guest shuts down; absent if not supported. */
  powerDown?(): Promise<void>
  /** Resolves to undefined where this machine does not tell. Not of simulated guests. */
  hostTime?(): Promise<HostTime | undefined>
  /**
   * A count that grows with what the guest does that is seen from outside: operations of its disks and answers of its
   * agent. Not of simulated guests. Rejects, or stays without an answer, where what runs the guest has failed.
   */
  activity?(): Promise<number>
  /** Resolves to undefined where this machine does not tell. Not of simulated guests. */
  cpuTime?(): Promise<GuestCpuTime | undefined>
  /** Resolves when the guest is gone, however it went. */
  readonly exited: Promise<GuestExit>
  /** Ends the guest at once and removes all it left on the host. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What runs the guests' code: KVM, QEMU's translation of it (TCG), or nothing, because they are simulated. */
export type GuestExecution = 'kvm' | 'tcg' | 'simulated'

export interface GuestRuntime extends AsyncDisposable {
  /** `qemu (kvm)`, `qemu (tcg)`, or a name with the word "simulated" in it. */
  readonly description: string
  /** What runs the guests' code. */
  readonly execution: GuestExecution
  /** Starts a guest; it is booting when this resolves. */
  start(spec: GuestSpec, signal: AbortSignal): Promise<RunningGuest>
  /** Ends every guest still running and removes the runtime's own files. Idempotent. */
  [Symbol.asyncDispose](): Promise<void>
}
