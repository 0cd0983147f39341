/** Configures kernel pktgen: one device `<interface>@<n>` for each sending thread. */
import { packetsAsked, type TrafficRequest } from '../../../model/shortfall.ts'
import { quote } from '../../../common/shell-quote.ts'
import { areOfOneSize, FCS_BYTES, type Frames } from '../../../model/frame.ts'
import { assertMacAddress, type PerPort, type PortName } from '../../../model/ports.ts'

export const PKTGEN = '/proc/net/pktgen'

/** Checks whether a thread has removed its devices, 0.05 s apart: half a minute of the guest's time. */
const REMOVAL_TURNS = 600

/** Packets per second of one thread, roughly; a higher rate is spread over several threads. */
const RATE_OF_A_THREAD = 1_000_000

/** pktgen reads at most ten digits of a number. */
const MOST_PACKETS = 9_999_999_999

export interface SendingThread {
  /** The port whose interface it sends from. */
  readonly port: PortName
  /** The CPU whose `kpktgend_<cpu>` sends. */
  readonly cpu: number
  /** TX queue of the interface. */
  readonly queue: number
  /** The device's file below `/proc/net/pktgen`. */
  readonly device: string
  readonly packets: number
  readonly packetsPerSecond: number
  /** Its UDP flows: the first destination port and their number; no other thread sends to these ports. */
  readonly firstPort: number
  readonly flows: number
}

const FIRST_PORT = 1026

/** A port that sends. */
export interface SendingPort {
  readonly port: PortName
  /** The name of its interface. */
  readonly name: string
  /** CPUs that may send from it, best first. */
  readonly cpus: readonly number[]
  /** TX queues of the interface. */
  readonly queues: number
  /** Total number of UDP flows; each thread sends its share, so there are no more threads than flows. */
  readonly flows: number
}

/**
 * The CPUs of each port that sends: half of them for each if both do. A single CPU sends from both.
 * @param cpus best first
 */
export function shareCpus(ports: readonly PortName[], cpus: readonly number[]): PerPort<readonly number[]> {
  const mine = (port: PortName) => {
    const share = cpus.filter((_, index) => index % ports.length === ports.indexOf(port))
    return share.length > 0 ? share : cpus
  }
  return { east: mine('east'), west: mine('west') }
}

/**
 * Spreads a port's packets over as few threads as can send them.
 * @param atLeast number of existing threads: at least as many are used again, unless a thread would have no packet to
 * send
 */
export function planThreads(
  request: TrafficRequest,
  { port, name, cpus, queues, flows }: SendingPort,
  atLeast = 1,
): SendingThread[] {
  const packets = packetsAsked(request)
  const wanted = Math.max(atLeast, Math.ceil(request.packetsPerSecond / RATE_OF_A_THREAD))
  const used = cpus.slice(0, Math.max(1, Math.min(wanted, queues, flows, packets)))
  const shareOf = (all: number, index: number) =>
    Math.floor(all / used.length) + (index < all % used.length ? 1 : 0)
  let udpPort = FIRST_PORT
  return used.map((cpu, index) => {
    const firstPort = udpPort
    const mine = shareOf(flows, index)
    udpPort += mine
    return {
      port,
      cpu,
      queue: index,
      device: `${name}@${index}`,
      packets: shareOf(packets, index),
      // pktgen converts the rate to nanoseconds between packets and rounds down, so it is never too slow.
      packetsPerSecond: Math.ceil(request.packetsPerSecond / used.length),
      firstPort,
      flows: mine,
    }
  })
}

/** The command line that changes the rate and the number of packets of configured threads. */
export function newRateCommand(threads: readonly SendingThread[]): string {
  const lines = threads.flatMap(({ device, packets, packetsPerSecond }) => {
    mustBeSendable(packets)
    return [`count ${packets}`, `ratep ${packetsPerSecond}`].map(
      (parameter) => `echo ${quote(parameter)} > ${quote(`${PKTGEN}/${device}`)}`,
    )
  })
  return lines.join(' && ')
}

/** The command line that makes configured threads send to other MAC addresses. */
export function newTargetCommand(threads: readonly SendingThread[], targetMacs: PerPort<string>): string {
  return threads
    .map(({ device, port }) => {
      const parameter = `dst_mac ${assertMacAddress(targetMacs[port])}`
      return `echo ${quote(parameter)} > ${quote(`${PKTGEN}/${device}`)}`
    })
    .join(' && ')
}

function mustBeSendable(packets: number): void {
  // pktgen takes a count of 0 as no limit.
  if (packets < 1 || packets > MOST_PACKETS) throw new TypeError(`pktgen cannot send ${packets} packets`)
}

/**
 * The command line that removes all devices of a thread. The thread removes them asynchronously: on a busy CPU later
 * than the 125 ms for which the kernel makes the writer wait. Until then adding the same device fails (EBUSY), and
 * another new device would be removed as well.
 */
export function removeDevicesCommand(cpu: number): string {
  const control = `${PKTGEN}/kpktgend_${cpu}`
  return [
    `(has_device() { grep -qE '^(Running|Stopped): .*@' ${control}; };`,
    `{ ! has_device || { echo rem_device_all > ${control} &&`,
    `for turn in $(seq ${REMOVAL_TURNS}); do has_device || break; sleep 0.05; done; }; })`,
  ].join(' ')
}

const IPS: PerPort<string> = { east: '16.0.0.1', west: '10.0.0.1' }

/**
 * The command line that sets up a thread's device. With `clone_skb 0` pktgen builds a new frame for each packet: virtual NICs
 * cannot send one buffer twice at a time, and the UDP ports must vary. Without flag UDPDST_RND pktgen cycles through
 * the ports from udp_dst_min up to, but not including, udp_dst_max (mod_cur_headers in net/core/pktgen.c).
 */
export function setUpCommand(thread: SendingThread, targetMac: string, frames: Frames): string {
  const { port, cpu, device, packets, packetsPerSecond, queue, firstPort, flows } = thread
  mustBeSendable(packets)
  const parameters = [
    `count ${packets}`,
    ...sizes(frames),
    'clone_skb 0',
    `ratep ${packetsPerSecond}`,
    `queue_map_min ${queue}`,
    `queue_map_max ${queue}`,
    `dst_mac ${assertMacAddress(targetMac)}`,
    `src_min ${IPS[port]}`,
    `src_max ${IPS[port]}`,
    `dst ${IPS[port === 'east' ? 'west' : 'east']}`,
    'udp_src_min 1025',
    'udp_src_max 1025',
    `udp_dst_min ${firstPort}`,
    `udp_dst_max ${firstPort + flows}`,
  ]
  const file = quote(`${PKTGEN}/${device}`)
  const control = `${PKTGEN}/kpktgend_${cpu}`
  return [
    `(echo ${quote(`add_device ${device}`)} > ${control} &&`,
    `for parameter in ${parameters.map(quote).join(' ')}; do`,
    `echo "$parameter" > ${file} || { echo "refused: $parameter"; exit 1; }; done)`,
  ].join(' ')
}

/** The parameter that kernels know since 5.15; it needs `clone_skb 0`. */
export const IMIX_PARAMETER = 'imix_weights'

/** With several sizes, pktgen chooses each at random with its weight, in whole percent (net/core/pktgen.c). */
function sizes(frames: Frames): string[] {
  const bytes = frames.map((size) => size.bytes - FCS_BYTES)
  if (areOfOneSize(frames)) return [`pkt_size ${bytes.join()}`]
  const weights = frames.map(({ weight }, index) => `${bytes[index] ?? 0},${weight}`)
  return [`${IMIX_PARAMETER} ${weights.join(' ')}`]
}
