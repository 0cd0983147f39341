/**
 * A guest's tracefs, as far as its tracers osnoise and hwlat need it (the kernel's Documentation/trace/osnoise-tracer.rst
 * and hwlat_detector.rst): what they record is there at once, whatever time passes.
 */
import { cpuList, readCpuList } from './cpu-set.ts'
import type { GuestFiles } from './guest-files.ts'
import type { Machine } from './machine.ts'

const FOLDER = '/sys/kernel/tracing'
const OTHER_TRACERS = 'blk function_graph wakeup function nop'
/** Seconds since the boot at which a fault's stall begins. */
const STALLS_AT = 81.2
const FILES: Readonly<Record<string, string>> = {
  tracing_on: '1\n',
  tracing_thresh: '0\n',
  tracing_cpumask: 'ff\n',
  'hwlat_detector/width': '500000\n',
  'hwlat_detector/window': '1000000\n',
  'hwlat_detector/mode': '[round-robin] per-cpu none\n',
  ...Object.fromEntries(
    ['', '/sample_threshold', '/nmi_noise', '/irq_noise', '/softirq_noise', '/thread_noise'].map((event) => [
      `events/osnoise${event}/enable`,
      '0\n',
    ]),
  ),
}

export class Tracefs {
  readonly #machine: Machine
  #tracer = 'nop'
  /** The CPUs that osnoise watches. */
  #cpus: readonly number[] = []

  constructor({ machine, files }: { readonly machine: Machine; readonly files: GuestFiles }) {
    this.#machine = machine
    const tracers = machine.faults.tracers ?? ['hwlat', 'osnoise']
    files.add(`${FOLDER}/available_tracers`, `${[...tracers, OTHER_TRACERS].join(' ')}\n`)
    for (const [name, content] of Object.entries(FILES)) files.add(`${FOLDER}/${name}`, content)
    files.addLive(`${FOLDER}/current_tracer`, {
      read: () => `${this.#tracer}\n`,
      write: (text) => {
        this.#tracer = text.trim()
      },
    })
    files.addLive(`${FOLDER}/osnoise/cpus`, {
      read: () => `${cpuList(this.#cpus)}\n`,
      write: (text) => {
        this.#cpus = readCpuList(text) ?? []
      },
    })
    files.addLive(`${FOLDER}/trace`, { read: () => this.#trace(), write: () => undefined })
  }

  /** While it traces, nothing else happens in the guest that would need time. */
  get isTracing(): boolean {
    return this.#tracer !== 'nop'
  }

  #trace(): string {
    const head = `# tracer: ${this.#tracer}\n#\n`
    if (this.#tracer === 'osnoise') return head + this.#osnoise().join('')
    return head + (this.#tracer === 'hwlat' ? this.#hwlat().join('') : '')
  }

  #osnoise(): string[] {
    const { stall } = this.#machine.faults
    const inside = stall?.by === 'irq' ? 1 : 0
    const periods = this.#cpus.map((cpu) => {
      const microseconds = cpu === stall?.cpu ? stall.microseconds : 0
      const available = (100 - microseconds / 10_000).toFixed(5)
      const [hardware, irqs] = microseconds === 0 ? [0, 3] : [1 - inside, 3 + inside]
      return line(
        cpu,
        82,
        [1_000_000, microseconds, available, microseconds, hardware, 0, irqs, 0, 0].join(' '),
      )
    })
    if (stall === undefined || !this.#cpus.includes(stall.cpu)) return periods
    const start = (at: number) => `start ${at.toFixed(9)} duration`
    const length = stall.microseconds * 1000
    const end = STALLS_AT + stall.microseconds / 1e6
    return [
      ...(inside === 0
        ? []
        : [
            line(
              stall.cpu,
              end,
              `irq_noise: virtio0-req.0:25 ${start(STALLS_AT + 1e-6)} ${length - 2000} ns`,
            ),
          ]),
      line(stall.cpu, end, `sample_threshold: ${start(STALLS_AT)} ${length} ns interferences ${inside}`),
      ...periods,
    ]
  }

  #hwlat(): string[] {
    const { stall } = this.#machine.faults
    if (stall?.by !== 'hardware') return []
    return [
      line(
        stall.cpu,
        STALLS_AT,
        `#1     inner/outer(us):   11/${stall.microseconds}     ts:1764547200.343962693 count:1`,
      ),
    ]
  }
}

function line(cpu: number, at: number, text: string): string {
  const task = `osnoise/${cpu}-${859 + cpu}`
  return `${task.padStart(16)}     [${String(cpu).padStart(3, '0')}] ....  ${at.toFixed(6)}: ${text}\n`
}
