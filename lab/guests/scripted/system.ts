/** A guest's operating system during one boot: the state on which its commands and files act. */
import { randomUUID } from 'node:crypto'
import type { GuestDataDisk } from '../guest-runtime.ts'
import { cpuList, cpuMask } from './cpu-set.ts'
import type { GuestFiles } from './guest-files.ts'
import { type Mount, mountKernelFiles } from './kernel-files.ts'
import type { Machine } from './machine.ts'
import { Nic } from './nic.ts'
import { Pktgen } from './pktgen.ts'
import { Tracefs } from './tracefs.ts'
import { TrexService } from './trex/trex-service.ts'

export type PowerRequest = 'reboot' | 'power off'

/** Kernel messages with this level or a higher one do not appear on the console; lower levels are more urgent. */
const QUIET = 3

export class GuestSystem {
  readonly machine: Machine
  readonly bootId = randomUUID()
  readonly files: GuestFiles
  readonly nics: readonly Nic[]
  readonly pktgen: Pktgen
  readonly trex: TrexService
  readonly tracefs: Tracefs
  readonly modules = new Set<string>()
  readonly mounts: Mount[] = [
    { source: '/dev/vda1', target: '/', type: 'ext4', options: 'rw,relatime' },
    { source: 'hugetlbfs', target: '/mnt/huge', type: 'hugetlbfs', options: 'rw,relatime,pagesize=1024M' },
  ]
  /** The CPUs that are isolated in this boot. */
  readonly isolated: readonly number[]
  /** Functions that kill programs of the guest from outside, by name of the program. */
  readonly processes = new Map<string, () => void>()
  /** Called with each line typed at a program's prompt. */
  onTyped: (line: string) => void = () => undefined
  consoleLogLevel = QUIET
  hugepagesInUse = 0
  /** Aborts everything that runs in the guest when it goes down. */
  readonly #down = new AbortController()
  readonly #onPower: (request: PowerRequest) => void

  /** @param files the files that the boot finds on the disk */
  constructor(machine: Machine, files: GuestFiles, onPower: (request: PowerRequest) => void) {
    this.machine = machine
    this.files = files
    this.#onPower = onPower
    this.isolated = machine.disk.isolated
    const plugged = machine.faults.portMissing === true ? machine.nics.slice(1) : machine.nics
    this.nics = plugged.map((hardware, index) => new Nic(this, hardware, index))
    this.pktgen = new Pktgen(this)
    this.trex = new TrexService(this)
    mountKernelFiles(this)
    this.tracefs = new Tracefs(this)
  }

  get down(): AbortSignal {
    return this.#down.signal
  }

  get cpus(): readonly number[] {
    const { sockets, cores, threads } = this.machine.spec.cpu
    return [...Array(sockets * cores * threads).keys()]
  }

  get housekeeping(): readonly number[] {
    return this.cpus.filter((cpu) => !this.isolated.includes(cpu))
  }

  get kernelArguments(): string {
    const { kernelArguments, isolation } = this.machine.profile
    const list = cpuList(this.isolated)
    if (list === '') return kernelArguments
    if (isolation === 'tuned') {
      // The arguments that tuned's profile cpu-partitioning adds.
      return (
        `${kernelArguments} skew_tick=1 tsc=reliable rcupdate.rcu_normal_after_boot=1 nohz=on ` +
        `nohz_full=${list} rcu_nocbs=${list} tuned.non_isolcpus=${cpuMask(this.housekeeping)} nosoftlockup`
      )
    }
    return (
      `${kernelArguments} isolcpus=managed_irq,domain,${list} nohz_full=${list} rcu_nocbs=${list} ` +
      `irqaffinity=${cpuList(this.housekeeping)} nosoftlockup`
    )
  }

  get hugepages(): number {
    return this.machine.faults.noHugepages === true ? 0 : 1
  }

  /** The data disks with their device names; /dev/vda is the boot disk. */
  get dataDisks(): readonly { readonly device: string; readonly disk: GuestDataDisk }[] {
    return this.machine.spec.dataDisks.map((disk, index) => ({
      device: `/dev/vd${String.fromCharCode('b'.charCodeAt(0) + index)}`,
      disk,
    }))
  }

  /** @param level the kernel's log level: 0 is an emergency, 6 is information */
  logToConsole(level: number, message: string): void {
    if (level >= this.consoleLogLevel) return
    const stamp = (performance.now() / 1000).toFixed(6).padStart(12)
    this.machine.terminal.writeKernelLine(`[${stamp}] ${message}`)
  }

  /** Requests a shutdown or reboot, by a program in the guest or its agent. Returns at once. */
  requestPower(request: PowerRequest): void {
    this.#onPower(request)
  }

  /** The files that the next boot finds on the disk. */
  filesOnDisk(): Promise<GuestFiles> {
    return this.files.onDisk(this.mounts.map(({ target }) => target).filter((target) => target !== '/'))
  }

  /** Ends everything that runs in the guest. */
  shutDown(): void {
    this.#down.abort(new Error('the guest went down'))
    this.pktgen.unload()
    this.trex.close()
    for (const nic of this.nics) nic.hardware.port.onReceived = undefined
  }
}
