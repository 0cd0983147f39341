/**
 * Acts as the CNI plugins of a container: decides here, and lets `node.sh` change the node. VFs get their MAC
 * addresses and the settings of their port at the switch; taps are created in the container's network namespace.
 */
import { isIP } from 'node:net'
import { z } from 'zod'
import type { PodNetwork } from '../workloads/container-runtime.ts'
import type { VfSettings } from './embedded-switch.ts'

/** A line of input for `node.sh`; its fields contain no blanks. */
type Line = readonly string[]

export interface VfAttachment {
  /** PCI address, e.g. `0000:01:00.0`. */
  readonly address: string
  readonly settings: VfSettings
}

export interface Attachments {
  readonly vfs: readonly VfAttachment[]
  /** Input lines for `node.sh`, in the order of the networks. */
  readonly lines: readonly Line[]
}

export interface Vf {
  readonly address: string
  /** The NIC's own MAC address. */
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
 * @param vfs the VFs that the device plugin assigned, in order, by resource name
 * @throws Error naming the network
 */
export function attachmentsOf(
  networks: readonly PodNetwork[],
  vfs: Readonly<Record<string, readonly Vf[]>>,
): Attachments {
  const left = new Map(Object.entries(vfs).map(([resource, list]) => [resource, [...list]]))
  const all = networks.map((network) => {
    try {
      if (!/^[A-Za-z0-9][\w.-]{0,14}$/.test(network.interfaceName))
        throw new Error(`${network.interfaceName} is not a valid interface name`)
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
  // Multus passes a MAC address only to a plugin with the capability `mac`.
  const mac = config.capabilities?.mac === true ? macOf(network.mac) : undefined
  return {
    vf: {
      address: vf.address,
      settings: {
        mac: mac ?? vf.mac,
        // On, unless the configuration turns it off: the default of the kernel's drivers.
        spoofCheck: config.spoofchk !== 'off',
        trust: config.trust === 'on',
      },
    },
    // Always set the address: the VF's last pod may have set another one.
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
    if (isIP(ip) === 0 || !/^\d{1,3}$/.test(length))
      throw new Error(`${address} is not an address with a prefix`)
  }
  return [
    'tap',
    network.interfaceName,
    (takesMac ? macOf(network.mac) : undefined) ?? macOf(config.mac) ?? '-',
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
