/**
 * What CNI plugins do for a container, decided here and done in the node (`node.sh`): VFs get their MAC addresses and
 * the place of their container at the switch, taps are made in its network namespace.
 */
import { isIP } from 'node:net'
import { z } from 'zod'
import type { PodNetwork } from '../workloads/container-runtime.ts'
import type { VfSettings } from './embedded-switch.ts'

/** A line that `node.sh` reads; its words have no blanks. */
type Line = readonly string[]

export interface VfAttachment {
  /** `0000:01:00.0` */
  readonly address: string
  readonly settings: VfSettings
}

export interface Attachments {
  readonly vfs: readonly VfAttachment[]
  /** For the node, in the order of the networks. */
  readonly lines: readonly Line[]
}

export interface Vf {
  readonly address: string
  /** What the card has by itself. */
  readonly mac: string
}

const onOff = z.enum(['on', 'off']).optional()
const pluginSchema = z.looseObject({
  type: z.string(),
  capabilities: z.looseObject({ mac: z.boolean().optional() }).optional(),
})
const sriovSchema = pluginSchema.extend({ spoofchk: onOff, trust: onOff })
const id = z.number().int().min(0).optional()
const tapSchema = pluginSchema.extend({
  multiQueue: z.boolean().optional(),
  owner: id,
  group: id,
  mac: z.string().optional(),
  ipam: z
    .looseObject({
      type: z.string().optional(),
      addresses: z.array(z.looseObject({ address: z.string() })).optional(),
    })
    .optional(),
})

/**
 * @param networks in the order of the pod's annotation
 * @param vfs those the device plugin gave the container, by the name of their resource, in their order
 * @throws Error in a sentence that names the network
 */
export function attachmentsOf(
  networks: readonly PodNetwork[],
  vfs: Readonly<Record<string, readonly Vf[]>>,
): Attachments {
  const left = new Map(Object.entries(vfs).map(([resource, list]) => [resource, [...list]]))
  const all = networks.map((network) => {
    try {
      if (!/^[A-Za-z0-9][\w.-]{0,14}$/.test(network.interfaceName))
        throw new Error(`${network.interfaceName} is no name of an interface`)
      return network.resourceName === undefined
        ? { lines: [tapLine(network)] }
        : vfOf(network, left.get(network.resourceName)?.shift())
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
      throw new Error(`error adding pod to network ${network.namespace}/${network.name}: ${why}`, {
        cause: error,
      })
    }
  })
  return {
    vfs: all.flatMap((each) => ('vf' in each ? [each.vf] : [])),
    lines: all.flatMap(({ lines }) => lines),
  }
}

function vfOf(network: PodNetwork, vf: Vf | undefined): { vf: VfAttachment; lines: Line[] } {
  const resource = network.resourceName ?? ''
  if (vf === undefined) throw new Error(`the container has no device of ${resource} (left)`)
  const config = sriovSchema.parse(pluginsOf(network)[0])
  if (config.type !== 'sriov') throw new Error(`the lab's nodes have no plugin ${config.type} for devices`)
  // Multus hands a MAC address on to a plugin that says it takes one.
  const mac = config.capabilities?.mac === true ? macOf(network.mac) : undefined
  return {
    vf: {
      address: vf.address,
      settings: {
        mac: mac ?? vf.mac,
        // The default of the kernel's drivers.
        spoofCheck: config.spoofchk !== 'off',
        trust: config.trust === 'on',
      },
    },
    // The one before may have had another.
    lines: [['vf', vf.address, mac ?? vf.mac]],
  }
}

function tapLine(network: PodNetwork): Line {
  const plugins = pluginsOf(network)
  const config = tapSchema.parse(plugins[0])
  if (config.type !== 'tap') throw new Error(`the lab's nodes have no plugin ${config.type}`)
  const unknown = plugins.slice(1).find(({ type }) => type !== 'tuning')
  if (unknown !== undefined) throw new Error(`the lab's nodes have no plugin ${unknown.type}`)
  const takesMac = plugins.some(({ capabilities }) => capabilities?.mac === true)
  const { ipam } = config
  if (ipam !== undefined && ipam.type !== 'static')
    throw new Error(`the lab's nodes have no IPAM of type ${ipam.type ?? 'none'}, only static`)
  const addresses = network.ips ?? (ipam?.addresses ?? []).map(({ address }) => address)
  for (const address of addresses) {
    const [ip = '', length = ''] = address.split('/')
    if (isIP(ip) === 0 || !/^\d{1,3}$/.test(length)) throw new Error(`${address} is no address with a prefix`)
  }
  return [
    ...[
      'tap',
      network.interfaceName,
      (takesMac ? macOf(network.mac) : undefined) ?? macOf(config.mac) ?? '-',
    ],
    config.multiQueue === true ? 'multi_queue' : '-',
    ...[config.owner, config.group].map((owner) => (owner === undefined ? '-' : String(owner))),
    ...addresses,
  ]
}

function pluginsOf({ config }: PodNetwork) {
  const list = Array.isArray(config['plugins']) ? config['plugins'] : [config]
  const plugins = z.array(pluginSchema).parse(list)
  if (plugins.length === 0) throw new Error('its configuration has no plugin')
  return plugins
}

function macOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new Error(`${text} is not a MAC address`)
  return text.toLowerCase()
}
