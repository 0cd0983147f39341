/** Runs simulated guests in this process: they boot in milliseconds and have faults as configured. */

import { LabError } from '../../lab-error.ts'
import { type Logger, silentLogger } from '../../../support/common/logger.ts'
import type { GuestRuntime, GuestSpec, RunningGuest } from '../guest-runtime.ts'
import { Fabric } from './fabric.ts'
import type { Ceiling, PortFaults } from './port-faults.ts'
import type { GuestFaults, LinkFaults, ScriptedFaults, WayFault } from './faults.ts'
import { natureOf } from './hostility.ts'
import type { Machine } from './machine.ts'
import { NIC_MODELS, type NicName } from './nic-models.ts'
import { type GuestProfile, PROFILES } from './profiles.ts'
import { ScriptedGuest } from './scripted-guest.ts'
import { Terminal } from './terminal.ts'

/** Names of the scripted guests' boot disks, one per role. There are no such files. */
export const SCRIPTED_DISKS = {
  vmUnderTest: 'scripted:vm-under-test',
  trafficGenerator: 'scripted:traffic-generator',
} as const

export interface ScriptedRuntimeOptions {
  /** Default `lab`. */
  readonly profile?: GuestProfile['name']
  /** NIC model of both guests. Default `vmxnet3`. */
  readonly nic?: NicName
  /** Milliseconds from power-on to the login prompt. Default 100. */
  readonly bootTime?: number
  readonly faults?: ScriptedFaults
  /** Zones of the nodes, by their names. */
  readonly zones?: ReadonlyMap<string, string>
  readonly log?: Logger
}

const BOOT_TIME_MS = 100

export function createScriptedRuntime(options: ScriptedRuntimeOptions = {}): GuestRuntime {
  return new ScriptedRuntime(options)
}

class ScriptedRuntime implements GuestRuntime {
  readonly description: string
  readonly execution = 'simulated'
  readonly #options: ScriptedRuntimeOptions
  readonly #profile: GuestProfile
  readonly #fabric: Fabric
  readonly #guests = new Map<string, ScriptedGuest>()
  #disposed = false

  constructor(options: ScriptedRuntimeOptions) {
    this.#options = options
    const { profile = 'lab', nic = 'vmxnet3', faults: { ways = [] } = {}, zones = new Map() } = options
    this.#fabric = new Fabric(undefined, (from, to) => lostBetween(ways, zones, from, to))
    this.#profile = { ...PROFILES[profile], nic: NIC_MODELS[nic] }
    this.description = `scripted (simulated guests, profile ${profile}${nic === 'vmxnet3' ? '' : `, NICs ${nic}`})`
  }

  start(spec: GuestSpec, signal: AbortSignal): Promise<RunningGuest> {
    signal.throwIfAborted()
    if (this.#disposed) throw new LabError('runtime-disposed', 'The lab is being taken down.')
    if (this.#guests.has(spec.id)) throw new LabError('guest-exists', `A guest ${spec.id} runs already.`)
    const machine = this.#plug(spec)
    const guest = new ScriptedGuest({
      machine,
      bootTime: this.#options.bootTime ?? BOOT_TIME_MS,
      log: this.#options.log ?? silentLogger,
      cleanUp: () => {
        this.#guests.delete(spec.id)
        for (const { port } of machine.nics) this.#fabric.detach(port)
      },
    })
    this.#guests.set(spec.id, guest)
    return Promise.resolve(guest)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    await Promise.all([...this.#guests.values()].map((guest) => guest[Symbol.asyncDispose]()))
  }

  #plug(spec: GuestSpec): Machine {
    const { links = {}, vmUnderTest = {}, trafficGenerator = {} } = this.#options.faults ?? {}
    const isGenerator = spec.bootDisk === SCRIPTED_DISKS.trafficGenerator
    const faults: GuestFaults = isGenerator ? trafficGenerator : vmUnderTest
    const { profile, distort } = natureOf(faults.hostile)
    const terminal = new Terminal()
    if (distort !== undefined) terminal.distort = distort
    return {
      spec,
      profile: profile?.(this.#profile) ?? this.#profile,
      faults,
      links,
      fabric: this.#fabric,
      nics: spec.nics.map((asked, index) => {
        const nic = { ...asked, mac: index === 0 ? (faults.otherMac ?? asked.mac) : asked.mac }
        return {
          nic,
          port: this.#fabric.attach(nic.wire, nic.mac, portFaults(links, nic.name, isGenerator), spec.node),
        }
      }),
      terminal,
      disk: { passwordHash: undefined, isolated: [] },
    }
  }
}

/** The part of the packets that is lost between two nodes. Guests of one node do not use its port. */
function lostBetween(
  ways: readonly WayFault[],
  zones: ReadonlyMap<string, string>,
  from: string,
  to: string,
): number {
  if (from === to) return 0
  const ends = [from, to]
  const arrive = ways.filter((way) => {
    if ('everywhere' in way) return true
    if ('node' in way) return ends.includes(way.node)
    if ('between' in way) return way.between.every((end) => ends.includes(end))
    return zones.get(from) !== zones.get(to) && ends.some((end) => zones.get(end) === way.zone)
  })
  return 1 - arrive.reduce((part, { lost }) => part * (1 - lost), 1)
}

/**
 * The faults of a port. Traffic goes from the generator's east port through the VM to its west port, and back if both
 * directions are requested.
 */
function portFaults(links: LinkFaults, name: string, isGenerator: boolean): PortFaults {
  const side = name.endsWith('west') ? 'west' : 'east'
  const common: PortFaults = {
    down: links.down?.includes(side) === true,
    flapping: links.flapping?.link === side ? links.flapping : undefined,
  }
  if (isGenerator) {
    return side === 'east'
      ? {
          ...common,
          lostBehind: links.lostToVm,
          txErrors: links.generatorTxErrors,
          crossed: links.crossed,
          strayed: links.strayed,
          ceiling: ceilingAt(links, 'to-vm'),
        }
      : {
          ...common,
          rxErrors: links.generatorRxErrors,
          crossed: links.crossed,
          strayed: links.strayed,
          lostBehind: links.lostToVmFromWest,
        }
  }
  return side === 'east'
    ? {
        ...common,
        rxMissed: links.vmRxMissed,
        rxMissedByMistake: links.vmRxMissedByMistake,
        rxNoMbuf: links.vmRxNoMbuf,
        foreign: links.foreign?.east,
        replaced: links.replacedToVm,
        cut: links.framesCut,
        lostBehind: links.lostToGeneratorFromEast,
        ceiling: ceilingAt(links, 'vm-receive'),
      }
    : {
        ...common,
        txDropped: links.vmTxDropped,
        ceiling: ceilingAt(links, 'vm-transmit') ?? ceilingAt(links, 'back'),
        lostBehind: links.lostToGenerator,
        foreign: links.foreign?.west,
      }
}

const LOSES = {
  'to-vm': 'lostBehind',
  'vm-receive': 'rxMissed',
  'vm-transmit': 'txDropped',
  back: 'lostBehind',
} as const satisfies Record<NonNullable<LinkFaults['ceiling']>['at'], Ceiling['loses']>

function ceilingAt({ ceiling }: LinkFaults, at: keyof typeof LOSES): Ceiling | undefined {
  return ceiling?.at === at ? { ...ceiling, loses: LOSES[at] } : undefined
}
