/** `show port info all`: testpmd's information on its ports. */
import type { LinkStatus } from '../../../model/ports.ts'
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
  /** As the driver reports it, e.g. `9.20 0x8000d95e 1.3353.0`; absent if it reports none. */
  readonly firmware?: string
  /** testpmd's text, e.g. `10 Gbps`, `None`. */
  readonly linkSpeed?: string
  /** The fields that it can hash for RSS, in testpmd's notation, e.g. `ipv4-udp`; empty if none. */
  readonly rssTypes?: readonly string[]
  readonly numaSocket?: number
  readonly rxQueues?: number
  readonly maxRxQueues?: number
  readonly txQueues?: number
  readonly maxTxQueues?: number
}

/** By port number. @throws SuiteError `unparsable` */
export function parsePortInfo(raw: string): Map<number, PortInfo> {
  const ports = new Map<number, PortFacts>()
  let facts: PortFacts | undefined
  for (const line of consoleLines(raw)) {
    const port = numberBehind(line, 'Infos for port')
    if (port === undefined) {
      facts?.read(line)
      continue
    }
    if (ports.has(port)) throw unparsable(`port ${port} twice in one answer`, line)
    facts = new PortFacts()
    ports.set(port, facts)
  }
  if (ports.size === 0) throw unparsable('no information on any port', raw.trim())
  return new Map([...ports].map(([port, portFacts]) => [port, portInfo(port, portFacts)]))
}

/** The lines of one port: most are `name: value`. */
class PortFacts {
  readonly #facts = new Map<string, string>()
  #rssTypes: string[] | undefined
  #isInRssTypes = false

  get rssTypes(): readonly string[] | undefined {
    return this.#rssTypes
  }

  get(name: string): string | undefined {
    return this.#facts.get(name)
  }

  read(line: string): void {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    if (colon > 0 && !this.#facts.has(name)) this.#facts.set(name, line.slice(colon + 1).trim())
    if (line === 'No RSS offload flow type is supported.') this.#rssTypes = []
    else if (line === 'Supported RSS offload flow types:') this.#isInRssTypes = true
    else if (name === 'Minimum size of RX buffer') this.#isInRssTypes = false
    else if (this.#isInRssTypes) this.#readRssTypes(line)
  }

  /** One per line in DPDK 20.11; from 21.11 on several per line. There are at most 64. */
  #readRssTypes(line: string): void {
    const types = line.split(/\s+/).filter((type) => /^[a-z][a-z0-9-]{1,30}$/.test(type))
    if (types.length > 0) this.#rssTypes = [...(this.#rssTypes ?? []), ...types].slice(0, 64)
  }
}

function portInfo(port: number, facts: PortFacts): PortInfo {
  const mac = facts.get('MAC address')?.toLowerCase() ?? ''
  if (!/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/.test(mac)) throw unparsable(`the MAC address of port ${port}`, mac)
  const link = facts.get('Link status')?.toLowerCase()
  if (link !== 'up' && link !== 'down') throw unparsable(`the link status of port ${port}`, link ?? 'missing')
  return {
    mac,
    link,
    ...textOf('device', facts.get('Device name')),
    ...textOf('driver', facts.get('Driver name')),
    ...textOf('firmware', firmwareIn(facts.get('Firmware-version'))),
    ...textOf('linkSpeed', facts.get('Link speed')),
    ...(facts.rssTypes === undefined ? {} : { rssTypes: facts.rssTypes }),
    ...count('numaSocket', facts.get('Connect to socket')),
    ...count('rxQueues', facts.get('Current number of RX queues')),
    ...count('maxRxQueues', facts.get('Max possible RX queues')),
    ...count('txQueues', facts.get('Current number of TX queues')),
    ...count('maxTxQueues', facts.get('Max possible TX queues')),
  }
}

/** What testpmd prints for a driver without `rte_eth_dev_fw_version_get` (app/test-pmd/config.c). */
function firmwareIn(text: string | undefined): string | undefined {
  return text === 'not available' ? undefined : text
}

function textOf<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, string>> {
  return text === undefined || text === '' ? {} : ({ [name]: text } as Record<Name, string>)
}

/** A device without a NUMA node has socket -1, possibly printed unsigned; it counts as a missing line. */
function count<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, number>> {
  if (text === undefined || text === '-1' || text === '4294967295') return {}
  return { [name]: parseCount(text, name, text) } as Record<Name, number>
}
