/** `show port info all`: what testpmd knows of its ports. */
import type { LinkStatus } from '../../ports.ts'
import { consoleLines, parseCount, unparsable } from '../../guest-output.ts'
import { numberBehind } from './counter-block.ts'

export interface PortInfo {
  /** Lower case, `aa:bb:cc:dd:ee:ff`. */
  readonly mac: string
  readonly link: LinkStatus
  /** The PCI address; testpmd did not print it before DPDK 18.05. */
  readonly device?: string
  /** The poll mode driver, e.g. `net_vmxnet3`. */
  readonly driver?: string
  /** As testpmd words it, e.g. `10 Gbps`, `None`. */
  readonly linkSpeed?: string
  readonly numaSocket?: number
  readonly rxQueues?: number
  readonly maxRxQueues?: number
  readonly txQueues?: number
  readonly maxTxQueues?: number
}

/** By port number. @throws SuiteError `unparsable` */
export function parsePortInfo(raw: string): Map<number, PortInfo> {
  const ports = new Map<number, Map<string, string>>()
  let facts: Map<string, string> | undefined
  for (const line of consoleLines(raw)) {
    const port = numberBehind(line, 'Infos for port')
    if (port !== undefined) {
      if (ports.has(port)) throw unparsable(`port ${port} twice in one answer`, line)
      facts = new Map()
      ports.set(port, facts)
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    if (colon > 0 && facts !== undefined && !facts.has(name)) facts.set(name, line.slice(colon + 1).trim())
  }
  if (ports.size === 0) throw unparsable('no information on any port', raw.trim())
  return new Map([...ports].map(([port, portFacts]) => [port, portInfo(port, portFacts)]))
}

function portInfo(port: number, facts: ReadonlyMap<string, string>): PortInfo {
  const mac = facts.get('MAC address')?.toLowerCase() ?? ''
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(mac)) throw unparsable(`the MAC address of port ${port}`, mac)
  const link = facts.get('Link status')?.toLowerCase()
  if (link !== 'up' && link !== 'down') throw unparsable(`the link status of port ${port}`, link ?? 'missing')
  return {
    mac,
    link,
    ...word('device', facts.get('Device name')),
    ...word('driver', facts.get('Driver name')),
    ...word('linkSpeed', facts.get('Link speed')),
    ...count('numaSocket', facts.get('Connect to socket')),
    ...count('rxQueues', facts.get('Current number of RX queues')),
    ...count('maxRxQueues', facts.get('Max possible RX queues')),
    ...count('txQueues', facts.get('Current number of TX queues')),
    ...count('maxTxQueues', facts.get('Max possible TX queues')),
  }
}

function word<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, string>> {
  return text === undefined || text === '' ? {} : ({ [name]: text } as Record<Name, string>)
}

/** `Connect to socket: -1` means that the device has no NUMA node; it's left out like a missing line. */
function count<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, number>> {
  if (text === undefined || text === '-1') return {}
  return { [name]: parseCount(text, name, text) } as Record<Name, number>
}
