/** Runs guests as QEMU processes on this machine. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from '../../lab-error.ts'
import { type Logger, silentLogger } from '../../../support/common/logger.ts'
import { requirePackages } from '../debian-packages.ts'
import type { GuestRuntime, GuestSpec, RunningGuest } from '../guest-runtime.ts'
import { Workspace } from '../workspace.ts'
import { chooseAccelerator } from './accelerator.ts'
import { ManagedProcess, runToEnd } from './child-process.ts'
import { type Accelerator, type GuestFiles, type NicModel, qemuArguments } from './command-line.ts'
import { writeIsoImage } from './iso-image.ts'
import { QemuGuest } from './qemu-guest.ts'
import { Segments } from './segments.ts'
import { type Cabling, type WireEnd, Wires } from './wires.ts'

export interface QemuRuntimeOptions {
  /** A Linux kernel (bzImage) that is booted once to test /dev/kvm. */
  readonly kernel: string
  /** NIC model of all guests, or a function that chooses one for each. Default `vmxnet3`. */
  readonly nic?: NicModel | ((spec: GuestSpec) => NicModel)
  /** Whether guests have a virtual IOMMU. Default: true. */
  readonly iommu?: boolean
  /**
   * Whether any number of guests can share a network, through a switch. Default: false, a wire joins two guests
   * directly.
   */
  readonly switched?: boolean
  readonly log?: Logger
  readonly signal: AbortSignal
}

/** @throws LabError `missing-packages` if QEMU is not installed */
export async function createQemuRuntime(options: QemuRuntimeOptions): Promise<GuestRuntime> {
  await requirePackages()
  const log = options.log ?? silentLogger
  const accelerator = await chooseAccelerator({ kernel: options.kernel, log, signal: options.signal })
  const { nic = 'vmxnet3', iommu = true, switched = false } = options
  const workspace = await Workspace.create()
  const cabling = switched ? new Segments(workspace.path, log) : new Wires(workspace.path)
  return new QemuRuntime(workspace, { accelerator, nic, iommu, cabling }, log)
}

interface Hardware {
  readonly accelerator: Accelerator
  readonly nic: NicModel | ((spec: GuestSpec) => NicModel)
  readonly iommu: boolean
  readonly cabling: Cabling
}

class QemuRuntime implements GuestRuntime {
  readonly description: string
  readonly execution: Accelerator
  readonly #workspace: Workspace
  readonly #hardware: Hardware
  readonly #log: Logger
  readonly #guests = new Map<string, Promise<QemuGuest>>()
  readonly #disposing = new AbortController()
  #disposed: Promise<void> | undefined

  constructor(workspace: Workspace, hardware: Hardware, log: Logger) {
    this.description = `qemu (${hardware.accelerator})`
    this.execution = hardware.accelerator
    this.#workspace = workspace
    this.#hardware = hardware
    this.#log = log
  }

  async start(spec: GuestSpec, signal: AbortSignal): Promise<RunningGuest> {
    if (this.#disposing.signal.aborted) throw new LabError('runtime-disposed', 'The lab is being taken down.')
    if (this.#guests.has(spec.id)) throw new LabError('guest-exists', `A guest ${spec.id} runs already.`)
    const starting = this.#start(spec, AbortSignal.any([signal, this.#disposing.signal]))
    this.#guests.set(spec.id, starting)
    starting.catch(() => this.#guests.delete(spec.id))
    return starting
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose()
    await this.#disposed
  }

  async #dispose(): Promise<void> {
    this.#disposing.abort(new Error('the lab is being taken down'))
    const starts = await Promise.allSettled(this.#guests.values())
    const guests = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
    await Promise.allSettled(guests.map((guest) => guest[Symbol.asyncDispose]()))
    await this.#workspace[Symbol.asyncDispose]()
  }

  async #start(spec: GuestSpec, signal: AbortSignal): Promise<QemuGuest> {
    if (!/^[\w.-]{1,200}$/.test(spec.id))
      throw new LabError('guest-spec', `'${spec.id}' is not usable as a guest's name.`)
    signal.throwIfAborted()
    const { cabling } = this.#hardware
    let undo: (() => Promise<unknown>)[] = [
      async () => {
        this.#guests.delete(spec.id)
        await cabling.release(spec.id)
      },
    ]
    const cleanUp = async () => {
      const steps = undo.reverse()
      undo = []
      for (const step of steps) await step()
    }
    try {
      // Attach before the first await, so that the guest that was started first listens.
      const between = spec.nics.filter(({ socket }) => socket === undefined)
      const attached = cabling.attach(spec.id, between)
      // Awaited below, when its files are written.
      attached.catch(() => undefined)
      // The name is short, because a socket's path is limited and a VMI's name may be long.
      const folder = await this.#workspace.folder(`g${++this.#count}`)
      undo.push(() => rm(folder, { recursive: true, force: true }))
      const files = await this.#writeFiles(spec, folder, signal)
      const { accelerator, nic, iommu } = this.#hardware
      const nicModel = typeof nic === 'function' ? nic(spec) : nic
      const joined = await attached
      const ends = spec.nics.map((nic): WireEnd | undefined =>
        nic.socket === undefined ? joined[between.indexOf(nic)] : { path: nic.socket, listens: false },
      )
      const args = qemuArguments(spec, files, ends, { accelerator, nicModel, iommu })
      signal.throwIfAborted()
      this.#log.debug(`${spec.id}: qemu-system-x86_64 ${args.join(' ')}`)
      return await this.#boot(spec, files, args, cleanUp, signal)
    } catch (error) {
      await cleanUp()
      throw error
    }
  }

  #count = 0

  async #boot(
    spec: GuestSpec,
    files: GuestFiles,
    args: readonly string[],
    cleanUp: () => Promise<void>,
    signal: AbortSignal,
  ): Promise<QemuGuest> {
    const process = new ManagedProcess('qemu-system-x86_64', args)
    // A QEMU that ends before its guest boots prints the reason on stderr, so do not wait for its sockets then.
    const ended = new AbortController()
    void process.exited.then(() => {
      ended.abort(new Error(process.stderr))
    })
    try {
      const guest = await QemuGuest.boot(
        { spec, process, files, translates: this.#hardware.accelerator === 'tcg', log: this.#log, cleanUp },
        AbortSignal.any([signal, ended.signal]),
      )
      this.#hardware.cabling.listening?.(spec.id)
      return guest
    } catch (error) {
      // The sockets of an ending QEMU close a moment before the process has ended.
      await Promise.race([process.exited, sleep(500)])
      const endedByItself = process.ended
      await process.stop(0)
      if (endedByItself && !signal.aborted)
        throw new LabError('guest-start', `QEMU could not start ${spec.id}: ${process.stderr}`, {
          cause: error,
        })
      throw error
    }
  }

  async #writeFiles(spec: GuestSpec, folder: string, signal: AbortSignal): Promise<GuestFiles> {
    const overlay = join(folder, 'disk.qcow2')
    const dataDisks = spec.dataDisks.map((_, index) => join(folder, `data${index}.iso`))
    const overlaid = runToEnd(
      'qemu-img',
      ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', spec.bootDisk, overlay],
      signal,
    ).then(({ code, stderr }) => {
      if (code !== 0) throw new LabError('boot-disk', `The boot disk of ${spec.id} is not usable: ${stderr}`)
    })
    await Promise.all([
      overlaid,
      ...spec.dataDisks.map((disk, index) => writeIsoImage(disk, dataDisks[index] ?? '', signal)),
    ])
    const socket = (name: string) => join(folder, name)
    return {
      overlay,
      dataDisks,
      console: socket('console'),
      agent: socket('agent'),
      qmp: socket('qmp'),
      debugger: socket('gdb'),
    }
  }
}
