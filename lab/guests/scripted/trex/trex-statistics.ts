/** Statistics, as trex-console requests and prints them. */
import type { Request } from './trex-conversation.ts'
import { Float, globalTable, portTable } from './trex-output.ts'
import type { TrexPortCounters, TrexServer } from './trex-server.ts'

export interface StatisticsView {
  readonly requests: readonly Request[]
  readonly results: readonly object[]
  readonly table: string
}

const FRAME_BYTES = 64
const FRAME_BITS = FRAME_BYTES * 8

export function globalStatistics({ ports, load, queueFull, settings }: TrexServer): StatisticsView {
  const rates = ports.map((port) => port.rates)
  const counters = ports.map((port) => port.counters)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const [tx, rx] = [sum(rates.map((rate) => rate.tx)), sum(rates.map((rate) => rate.rx))]
  const sent = sum(counters.map(({ opackets }) => opackets))
  const received = sum(counters.map(({ ipackets }) => ipackets))
  const result = {
    m_active_flows: new Float(0),
    m_active_sockets: 0,
    m_bw_per_core: new Float(0),
    m_cpu_util: new Float(load),
    m_cpu_util_raw: new Float(load),
    m_platform_factor: new Float(1),
    m_rx_bps: new Float(rx * FRAME_BITS),
    m_rx_cpu_util: new Float(0),
    m_rx_drop_bps: new Float(0),
    m_rx_pps: new Float(rx),
    m_total_alloc_error: 0,
    m_total_queue_drop: queueFull,
    m_total_queue_full: queueFull,
    m_total_rx_bytes: sum(counters.map(({ ibytes }) => ibytes)),
    m_total_rx_pkts: received,
    m_total_tx_bytes: sum(counters.map(({ obytes }) => obytes)),
    m_total_tx_pkts: sent,
    m_tx_bps: new Float(tx * FRAME_BITS),
    m_tx_pps: new Float(tx),
  }
  return {
    requests: [{ method: 'get_global_stats', params: {} }],
    results: [result],
    table: globalTable({ threads: settings.threads, load, tx, rx, queueFull }),
  }
}

/** @param baseline the console's; its tables count from there, the server's JSON from the server's start */
export function portStatistics(
  server: TrexServer,
  numbers: readonly number[],
  baseline: readonly TrexPortCounters[],
): StatisticsView {
  const ports = numbers.flatMap((number) => {
    const port = server.ports[number]
    if (port === undefined) return []
    const load = port.isSending ? server.load : 0
    return [{ number, port, load, counters: port.counters, rates: port.rates }]
  })
  return {
    requests: ports.map(({ number }) => ({ method: 'get_port_stats', params: { port_id: number } })),
    results: ports.map(({ counters, rates, load }) => ({
      ibytes: counters.ibytes,
      ierrors: counters.ierrors,
      ipackets: counters.ipackets,
      m_cpu_util: new Float(load),
      m_total_rx_bps: new Float(rates.rx * FRAME_BITS),
      m_total_rx_pps: new Float(rates.rx),
      m_total_tx_bps: new Float(rates.tx * FRAME_BITS),
      m_total_tx_pps: new Float(rates.tx),
      obytes: counters.obytes,
      oerrors: counters.oerrors,
      opackets: counters.opackets,
    })),
    table: portTable(
      ports.map(({ number, port, load, rates, counters }) => ({
        number,
        owner: port.owner === undefined ? undefined : 'root',
        hasLink: port.hasLink,
        isSending: port.isSending,
        gbps: server.settings.portBandwidthGbps,
        load,
        ...rates,
        counters: since(baseline[number], counters),
      })),
    ),
  }
}

function since(base: TrexPortCounters | undefined, now: TrexPortCounters): TrexPortCounters {
  if (base === undefined) return now
  return {
    opackets: now.opackets - base.opackets,
    ipackets: now.ipackets - base.ipackets,
    oerrors: now.oerrors - base.oerrors,
    ierrors: now.ierrors - base.ierrors,
    obytes: now.obytes - base.obytes,
    ibytes: now.ibytes - base.ibytes,
  }
}
