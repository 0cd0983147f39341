/**
 * Simulates the kernel's packet generator: the files in /proc/net/pktgen that a guest's shell reads and writes, in
 * the format of the recordings (fixtures/transcripts/pktgen).
 */
import type { Flow } from './flow.ts'
import type { GuestFiles } from './guest-files.ts'
import type { Machine } from './machine.ts'
import type { Nic } from './nic.ts'

const FOLDER = '/proc/net/pktgen'
/** Milliseconds of a removal by a thread on a busy CPU: longer than the kernel lets the writer wait (125 ms). */
const REMOVAL_MS = 200
const VERSION = 'Packet Generator for packet performance testing. Version: 2.75'

interface Device {
  readonly name: string
  readonly nic: Nic
  readonly thread: number
  readonly parameters: Map<string, string>
  flow: Flow | undefined
  result: string
}

/** The parts of a guest that pktgen needs. */
export interface PktgenHost {
  readonly machine: Machine
  readonly files: GuestFiles
  readonly modules: Set<string>
  readonly cpus: readonly number[]
  readonly nics: readonly Nic[]
}

export class Pktgen {
  readonly #host: PktgenHost
  #devices: Device[] = []

  constructor(host: PktgenHost) {
    this.#host = host
  }

  /** Called by `modprobe pktgen`. */
  load(): void {
    const { files, cpus, modules } = this.#host
    if (modules.has('pktgen')) return
    modules.add('pktgen')
    files.addLive(`${FOLDER}/pgctrl`, {
      read: () => `${VERSION}\nRunning: \nStopped: \nResult: NA\n`,
      write: (text) => {
        this.#control(text.trim())
      },
    })
    for (const cpu of cpus) {
      let result = 'NA'
      files.addLive(`${FOLDER}/kpktgend_${cpu}`, {
        read: () => this.#threadFile(cpu, result),
        write: (text) => {
          result = this.#thread(cpu, text.trim())
        },
      })
    }
  }

  /** The devices of an interface that send, or have sent, since the last `start`. */
  senders(interfaceName: string): readonly { readonly flow: Flow; readonly packetsPerSecond: number }[] {
    return this.#devices.flatMap(({ nic, flow }) =>
      flow === undefined || nic.interfaceName !== interfaceName
        ? []
        : [{ flow, packetsPerSecond: flow.perSecond }],
    )
  }

  unload(): void {
    for (const { flow } of this.#devices) flow?.stop()
    this.#devices = []
  }

  get #knowsMix(): boolean {
    const [major = 0, minor = 0] = this.#host.machine.profile.kernel[0].split('.').map(Number)
    return major > KNOWS_MIX[0] || (major === KNOWS_MIX[0] && minor >= KNOWS_MIX[1])
  }

  #control(command: string): void {
    if (command === 'start') this.#start()
    else if (command === 'stop') for (const { flow } of this.#devices) flow?.stop()
    else throw new Error('EINVAL: Invalid argument')
  }

  #start(): void {
    const { fabric, links, faults } = this.#host.machine
    for (const device of this.#devices) {
      const number = (name: string) => Number(device.parameters.get(name) ?? 0)
      const to = device.parameters.get('dst_mac')
      if (to === undefined || !device.nic.isUp) {
        device.result = 'Error: No device or device is down'
        continue
      }
      const most = (links.generatorMaxRate ?? Infinity) / this.#devices.length
      const rate = Math.min(number('ratep'), most) / (faults.slowClock ?? 1)
      const packets = links.generatorSendsNothing === true ? 0 : number('count')
      device.flow = fabric.send(device.nic.hardware.port, to, rate, packets, meanSize(device) - SHORTEST)
    }
  }

  #thread(cpu: number, command: string): string {
    const [verb = '', name = ''] = command.split(' ')
    const { files } = this.#host
    if (verb === 'rem_device_all') {
      setTimeout(() => {
        this.#removeDevices(cpu)
      }, REMOVAL_MS).unref()
      return 'OK: rem_device_all'
    }
    const nic = this.#host.nics.find(({ interfaceName }) => interfaceName === name.split('@')[0])
    if (verb !== 'add_device' || nic?.driver !== this.#host.machine.profile.nic.kernelDriver)
      throw new Error('EINVAL: Invalid argument')
    if (this.#devices.some((device) => device.name === name))
      throw new Error('EBUSY: Device or resource busy')
    const device: Device = { name, nic, thread: cpu, parameters: new Map(), flow: undefined, result: 'Idle' }
    this.#devices.push(device)
    files.addLive(`${FOLDER}/${name}`, {
      read: () => deviceFile(device, this.#host.machine.faults.slowClock ?? 1),
      write: (text) => {
        setParameter(device, text.trim(), this.#knowsMix)
      },
    })
    return `OK: add_device=${name}`
  }

  /** Like pktgen's thread, removes all devices that it has at that time. */
  #removeDevices(cpu: number): void {
    for (const device of this.#devices.filter(({ thread }) => thread === cpu)) {
      device.flow?.stop()
      void this.#host.files.remove(`${FOLDER}/${device.name}`)
    }
    this.#devices = this.#devices.filter(({ thread }) => thread !== cpu)
  }

  #threadFile(cpu: number, result: string): string {
    const mine = this.#devices.filter(({ thread }) => thread === cpu)
    const isRunning = ({ flow }: Device) => flow !== undefined && (flow.read(), flow.endedAt === undefined)
    const names = (devices: readonly Device[]) => devices.map(({ name }) => `${name} `).join('')
    const [running, stopped] = [mine.filter(isRunning), mine.filter((device) => !isRunning(device))]
    return `Running: ${names(running)}\nStopped: ${names(stopped)}\nResult: ${result}\n`
  }
}

/** Bytes of the shortest frame, without the FCS. */
const SHORTEST = 60

/** The mean frame size in bytes. `imix_weights` are rounded down to whole percent; the last size gets the remainder. */
function meanSize({ parameters }: Device): number {
  const mix = parameters.get('imix_weights')
  if (mix === undefined) return Number(parameters.get('pkt_size') ?? SHORTEST)
  const entries = mix
    .split(' ')
    .map((entry) => entry.split(',').map(Number) as [size: number, weight: number])
  const weights = entries.reduce((sum, [, weight]) => sum + weight, 0)
  const percents = entries.map(([, weight]) => Math.floor((weight * 100) / weights))
  percents[percents.length - 1] = 100 - percents.slice(0, -1).reduce((sum, percent) => sum + percent, 0)
  return entries.reduce((sum, [size], index) => sum + (size * (percents[index] ?? 0)) / 100, 0)
}

/** The parameters that the suite and users set; the real pktgen has some dozens. */
const PARAMETERS =
  /^(?:count|pkt_size|clone_skb|ratep|queue_map_min|queue_map_max|dst_mac|src_min|src_max|dst|dst_min|udp_(?:src|dst)_(?:min|max)) \S+$/
/** Known to kernels since 5.15. Sizes are without the FCS. */
const MIX = /^imix_weights \d+,\d+(?: \d+,\d+)*$/
const KNOWS_MIX = [5, 15] as const

function setParameter(device: Device, line: string, knowsMix: boolean): void {
  if (!PARAMETERS.test(line) && !(knowsMix && MIX.test(line))) {
    device.result = `No such parameter "${line.split(' ')[0] ?? ''}"`
    throw new Error('EINVAL: Invalid argument')
  }
  const [name = '', ...values] = line.split(' ')
  const value = values.join(' ')
  device.parameters.set(name, value)
  device.result = `OK: ${name}=${value}`
}

/** @param slowClock how many times slower than real time the guest's clock runs */
function deviceFile({ name, nic, parameters, flow, result }: Device, slowClock: number): string {
  const value = (parameter: string, otherwise = '') => parameters.get(parameter) ?? otherwise
  const size = value('pkt_size', '0')
  const rate = Number(value('ratep', '0'))
  const sent = flow?.read() ?? 0
  const microseconds = (at = 0) => Math.round((at * 1000) / slowClock)
  const started = microseconds(flow?.startedAt)
  const stopped = microseconds(flow?.endedAt)
  const elapsed = Math.max(0, stopped - started)
  // The simulated thread is idle for 90 % of its time.
  const idle = Math.floor(elapsed * 0.9)
  return [
    `Params: count ${value('count', '1000')}  min_pkt_size: ${size}  max_pkt_size: ${size}`,
    `     frags: 0  delay: ${rate > 0 ? Math.floor(1e9 / rate) : 0}  clone_skb: ${value('clone_skb', '0')}  ifname: ${name}`,
    '     flows: 0 flowlen: 0',
    `     queue_map_min: ${value('queue_map_min', '0')}  queue_map_max: ${value('queue_map_max', '0')}`,
    `     dst_min: ${value('dst')}  dst_max: `,
    `     src_min: ${value('src_min')}  src_max: ${value('src_max')}`,
    `     src_mac: ${nic.hardware.nic.mac} dst_mac: ${value('dst_mac', '00:00:00:00:00:00')}`,
    `     udp_src_min: ${value('udp_src_min', '9')}  udp_src_max: ${value('udp_src_max', '9')}  udp_dst_min: ${value('udp_dst_min', '9')}  udp_dst_max: ${value('udp_dst_max', '9')}`,
    '     src_mac_count: 0  dst_mac_count: 0',
    '     Flags: ',
    'Current:',
    `     pkts-sofar: ${sent}  errors: 0`,
    `     started: ${started}us  stopped: ${stopped}us idle: ${idle}us`,
    `     seq_num: ${sent + 1}  cur_dst_mac_offset: 0  cur_src_mac_offset: 0`,
    `     cur_saddr: ${value('src_min')}  cur_daddr: ${value('dst')}`,
    `     cur_udp_dst: ${value('udp_dst_min', '9')}  cur_udp_src: ${value('udp_src_min', '9')}`,
    '     cur_queue_map: 0',
    '     flows: 0',
    ...resultLines(flow, result, { sent, elapsed, idle, size }),
    '',
  ].join('\n')
}

function resultLines(
  flow: Flow | undefined,
  result: string,
  run: { sent: number; elapsed: number; idle: number; size: string },
): string[] {
  if (flow === undefined) return [`Result: ${result}`]
  if (flow.endedAt === undefined) return ['Result: Starting']
  const { sent, elapsed, idle, size } = run
  const pps = elapsed > 0 ? Math.floor((sent * 1e6) / elapsed) : 0
  const bps = pps * 8 * Number(size)
  return [
    `Result: OK: ${elapsed}(c${elapsed - idle}+d${idle}) usec, ${sent} (${size}byte,0frags)`,
    `  ${pps}pps ${Math.floor(bps / 1e6)}Mb/sec (${bps}bps) errors: 0`,
  ]
}
