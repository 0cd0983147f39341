/** What the generator's ports and pktgen's devices counted since the counters were cleared. */
import { SuiteError } from '../../../common/errors.ts'
import { type PerPort, type PortName, PORT_NAMES } from '../../../model/ports.ts'
import type { GeneratorCounters } from '../../traffic-generator.ts'
import type { NicCounters, PktgenStatistics } from './statistics.ts'

/** The kernel cannot reset a NIC's counters, so a reading serves as their zero. */
export class CountersSinceClear {
  #baseline: PerPort<NicCounters> | undefined
  /** The last reading: a counter below it was reset meanwhile, even if it is above the baseline. */
  #latest: PerPort<NicCounters> | undefined

  get isCleared(): boolean {
    return this.#baseline !== undefined
  }

  clear(nic: PerPort<NicCounters>): void {
    this.#baseline = nic
    this.#latest = undefined
  }

  /**
   * @param sending the ports that send
   * @throws SuiteError `counter-went-back`
   */
  read(statistics: PktgenStatistics, sending: readonly PortName[]): GeneratorCounters {
    if (this.#baseline === undefined)
      throw new TypeError('pktgen has no baseline yet: clear comes before counters')
    const { nic } = statistics
    if (this.#latest !== undefined)
      for (const port of PORT_NAMES) since(packetsOf(this.#latest[port]), nic[port])
    this.#latest = nic
    const east = since(this.#baseline.east, nic.east)
    const west = since(this.#baseline.west, nic.west)
    const refused = sum(statistics.devices.map(({ errors }) => errors))
    // Drivers count a packet once the NIC has accepted it: until the end, a difference means packets in flight.
    const soFar = isSending(statistics) ? 0 : sum(statistics.devices.map((device) => device.soFar))
    const sends = { east: sending.includes('east'), west: sending.includes('west') }
    const accepted = sum(sending.map((port) => (port === 'east' ? east : west).tx_packets))
    const notOnTheWire = Math.max(0, soFar - accepted)
    const refusedBy = (nic: NicCounters) => nic.tx_errors + nic.tx_dropped
    return {
      eastTx: east.tx_packets,
      eastRx: east.rx_packets,
      westTx: west.tx_packets,
      westRx: west.rx_packets,
      // A driver that drops a packet of pktgen counts it as dropped too: it is the same packet.
      outputErrors:
        Math.max(notOnTheWire, refusedBy(east) + (sends.west ? refusedBy(west) : 0)) +
        refused +
        (sends.west ? 0 : refusedBy(west)),
      // The kernel also counts frames without a protocol handler as dropped (LLDP, BPDUs). At the east port, to which
      // packets return only from the west port, there are no others.
      inputErrors:
        sum([east, west].map((nic) => nic.rx_errors + nic.rx_missed_errors)) +
        west.rx_dropped +
        (sends.west ? east.rx_dropped : 0),
    }
  }
}

export function isSending({ devices }: PktgenStatistics): boolean {
  return devices.some(({ phase }) => phase === 'sending')
}

/** An earlier reading with its packet counts, but without errors, which some drivers estimate. */
function packetsOf({ tx_packets, rx_packets }: NicCounters): NicCounters {
  const errors = { tx_errors: 0, tx_dropped: 0, rx_errors: 0, rx_dropped: 0, rx_missed_errors: 0 }
  return { tx_packets, rx_packets, ...errors }
}

function since(baseline: NicCounters, now: NicCounters): NicCounters {
  const changes = Object.entries(now).map(([name, count]: [string, number]) => {
    const before = baseline[name as keyof NicCounters]
    if (count >= before) return [name, count - before]
    throw new SuiteError('counter-went-back', `the generator's ${name} went back from ${before} to ${count}`)
  })
  return Object.fromEntries(changes) as NicCounters
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
