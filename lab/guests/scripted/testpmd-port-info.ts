/** `show port info all` of testpmd 22.11: port_infos_display in app/test-pmd/config.c. */

export interface PortFacts {
  readonly mac: string
  readonly device: string
  readonly driver: string
  readonly isUp: boolean
  readonly queues: number
  readonly nature: PortNature
}

/** Limits for the number of descriptors of a queue. */
interface Descriptors {
  readonly most: number
  readonly least: number
}

/** A port's constant properties, as its driver reports them. */
export interface PortNature {
  readonly firmware: string
  readonly speed: string
  readonly autoneg: 'On' | 'Off'
  readonly macs: number
  /** Bytes; undefined if the driver reports no hash key. */
  readonly hashKey?: number
  /** Size of the redirection table for a number of RX queues. */
  readonly redirectionTable: (queues: number) => number
  /** The packet types that RSS can hash; empty without RSS. */
  readonly rssTypes: readonly string[]
  readonly minRxBuffer: number
  readonly maxRxLength: number
  readonly maxLro: number
  /** Undefined if the driver reports none. */
  readonly vmdqPools?: number
  readonly rxQueues: number
  readonly rxDescriptors: Descriptors
  readonly txQueues: number
  readonly txDescriptors: Descriptors
  /** The most segments per packet, and per packet that the NIC segments. */
  readonly segments: readonly [number, number]
  readonly capabilities: string
  readonly errorHandling: 'none' | 'passive' | 'proactive'
}

/** TESTPMD_RSS_TYPES_CHAR_NUM_PER_LINE. */
const RSS_TYPES_WIDTH = 64

export function portInfo(ports: readonly PortFacts[]): string {
  return ports
    .map(({ mac, device, driver, isUp, queues, nature }, port) =>
      [
        '',
        `********************* Infos for port ${port}  *********************`,
        `MAC address: ${mac.toUpperCase()}`,
        `Device name: ${device}`,
        `Driver name: ${driver}`,
        `Firmware-version: ${nature.firmware}`,
        'Devargs: ',
        'Connect to socket: 0',
        'memory allocation on the socket: 0',
        `Link status: ${isUp ? 'up' : 'down'}`,
        `Link speed: ${isUp ? nature.speed : 'None'}`,
        `Link duplex: ${isUp ? 'full' : 'half'}-duplex`,
        `Autoneg status: ${nature.autoneg}`,
        'MTU: 1500',
        'Promiscuous mode: enabled',
        'Allmulticast mode: disabled',
        `Maximum number of MAC addresses: ${nature.macs}`,
        'Maximum number of MAC addresses of hash filtering: 0',
        'VLAN offload: ',
        '  strip off, filter off, extend off, qinq strip off',
        ...(nature.hashKey === undefined ? [] : [`Hash key size in bytes: ${nature.hashKey}`]),
        `Redirection table size: ${nature.redirectionTable(queues)}`,
        ...rssLines(nature.rssTypes),
        `Minimum size of RX buffer: ${nature.minRxBuffer}`,
        `Maximum configurable length of RX packet: ${nature.maxRxLength}`,
        `Maximum configurable size of LRO aggregated packet: ${nature.maxLro}`,
        ...(nature.vmdqPools === undefined ? [] : [`Maximum number of VMDq pools: ${nature.vmdqPools}`]),
        `Current number of RX queues: ${queues}`,
        `Max possible RX queues: ${nature.rxQueues}`,
        ...descriptorLines('RX', nature.rxDescriptors),
        `Current number of TX queues: ${queues}`,
        `Max possible TX queues: ${nature.txQueues}`,
        ...descriptorLines('TX', nature.txDescriptors),
        `Max segment number per packet: ${nature.segments[0]}`,
        `Max segment number per MTU/TSO: ${nature.segments[1]}`,
        `Device capabilities: ${nature.capabilities}`,
        `Device error handling mode: ${nature.errorHandling}`,
        '',
      ].join('\n'),
    )
    .join('')
}

function descriptorLines(direction: 'RX' | 'TX', { most, least }: Descriptors): string[] {
  return [
    `Max possible number of ${direction}Ds per queue: ${most}`,
    `Min possible number of ${direction}Ds per queue: ${least}`,
    `${direction}Ds number alignment: 1`,
  ]
}

function rssLines(types: readonly string[]): string[] {
  if (types.length === 0) return ['No RSS offload flow type is supported.']
  const lines = ['']
  for (const type of types) {
    const column = `  ${type}`
    const last = lines.length - 1
    const line = lines[last] ?? ''
    if (line.length + column.length >= RSS_TYPES_WIDTH) lines.push(column)
    else lines[last] = `${line}${column}`
  }
  return ['Supported RSS offload flow types:', ...lines]
}
