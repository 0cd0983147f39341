/**
 * The requirements on a testpmd pod. Each function returns a sentence with a remedy for each violation, empty if there
 * is none.
 */
import { grouped, plural } from '../common/text.ts'
import { writeCpuList } from '../model/cpu-list.ts'
import { ALL_CAPABILITIES, type CapabilitySets, type Privileges } from './privileges-block.ts'
import type { RootlessParameters, Variant } from './parameters.ts'
import type { PingResult } from './ping.ts'
import { cpusOfLcores, type Startup } from './startup-log.ts'
import type { StatisticsBlock } from './statistics-log.ts'

/** The user and groups that the manifests request. */
const NEEDED_CAPABILITIES: ReadonlySet<string> = new Set(['cap_ipc_lock', 'cap_sys_resource'])
const IDENTITIES = {
  default: { uid: 1001, gid: 2001 },
  root: { uid: 0, gid: 0 },
  privileged: { uid: 0, gid: 0 },
} as const
const FS_GROUP = 2002

export function userViolations({ uid, gid, groups }: Privileges, variant: Variant): string[] {
  const wanted = IDENTITIES[variant]
  return [
    ...(uid === wanted.uid ? [] : [`the container runs as uid ${uid} instead of ${wanted.uid}`]),
    ...(gid === wanted.gid ? [] : [`the container runs with gid ${gid} instead of ${wanted.gid}`]),
    ...(groups.includes(FS_GROUP) ? [] : [`the container is not in the fsGroup ${FS_GROUP}`]),
  ]
}

/**
 * A process that is not root has its capabilities only in the bounding and inheritable sets: Kubernetes does not
 * support ambient ones. So those two sets must contain them, and no set may contain more.
 */
export function capabilityViolations(sets: CapabilitySets, variant: Variant): string[] {
  if (variant === 'privileged') {
    const missing = without(ALL_CAPABILITIES, sets.effective)
    // A kernel older than this list lacks the newest ones; a container without sys_admin is not privileged.
    return missing.has('cap_sys_admin') ? [`the privileged container lacks ${names(missing)}`] : []
  }
  const violations: string[] = []
  for (const [name, set] of Object.entries(sets)) {
    const extra = without(set as ReadonlySet<string>, NEEDED_CAPABILITIES)
    if (extra.size > 0) violations.push(`the ${name} set contains more than is needed: ${names(extra)}`)
  }
  const unbound = without(NEEDED_CAPABILITIES, sets.bounding)
  if (unbound.size > 0) {
    violations.push(
      `${names(unbound)} missing from the bounding set; remedy: add it to the capabilities of the container, and allow it in the SCC`,
    )
  }
  const held = variant === 'root' ? sets.effective : sets.inheritable
  const lacking = without(without(NEEDED_CAPABILITIES, held), unbound)
  if (lacking.size > 0) {
    violations.push(
      variant === 'root'
        ? `${names(lacking)} missing from the effective set of root`
        : `${names(lacking)} missing from the inheritable set; remedy: add_inheritable_capabilities for CRI-O (npm run deploy:machineconfig)`,
    )
  }
  return violations
}

export function noNewPrivsViolations({ noNewPrivs }: Privileges, variant: Variant): string[] {
  if (variant === 'privileged') return []
  return noNewPrivs ? [] : ['the container could gain privileges: no-new-privs is not set']
}

/** The limit does not apply to root with ipc_lock. @param needed bytes of hugepages, all of which VFIO locks */
export function memlockViolations({ memlock, capabilities }: Privileges, needed: number): string[] {
  if (capabilities.effective.has('cap_ipc_lock')) return []
  if (memlock === undefined) return ['the log does not say how much memory may be locked']
  if (memlock === 'unlimited' || memlock >= needed) return []
  return [
    `the container may lock ${memlock} bytes of memory, its hugepages have ${needed}; remedy: memlock=-1:-1 for CRI-O (npm run deploy:machineconfig)`,
  ]
}

const DEVICES: readonly (readonly [string, RegExp, string])[] = [
  ['/dev/vhost-net', /^\/dev\/vhost-net$/, 'set needVhostNet: true in the SriovNetworkNodePolicy'],
  [
    'the VFIO group of the VF',
    /^\/dev\/vfio\/\d+$/,
    'deviceType: vfio-pci in the SriovNetworkNodePolicy, and the SELinux boolean container_use_devices',
  ],
  ['/mnt/huge', /^\/mnt\/huge$/, 'a hugepages volume, and an fsGroup'],
]

export function accessViolations({ access }: Privileges): string[] {
  return DEVICES.flatMap(([what, pattern, remedy]) => {
    const found = [...access].filter(([path]) => pattern.test(path)).map(([, result]) => result)
    if (found.includes('usable')) return []
    const why = found.includes('denied') ? 'cannot be used by this user' : 'is absent'
    return [`${what} ${why}; remedy: ${remedy}`]
  })
}

export function ealViolations({ vfio, iovaMode, errors }: Startup): string[] {
  const said = errors.length === 0 ? '' : `; it says: ${errors.slice(0, 3).join('; ')}`
  return [
    ...(vfio ? [] : [`EAL came up without VFIO${said}`]),
    ...(iovaMode === 'VA' ? [] : [`EAL's IOVA mode is ${iovaMode ?? 'unknown'} instead of VA${said}`]),
  ]
}

/** testpmd's port 0 is the VF, port 1 the tap. */
export function macViolations({ ports, tapMac }: Startup, parameters: RootlessParameters): string[] {
  const [vf, tap] = [ports.get(0), ports.get(1)]
  if (vf === undefined || tap === undefined)
    return [`testpmd configured ${ports.size} port(s) instead of the VF and the tap`]
  const asked = parameters.TAP_MAC.toLowerCase()
  const wanted = (parameters.MAC_DPDK_OVERRIDE || parameters.TAP_MAC).toLowerCase()
  return [
    ...(vf.mac === asked
      ? []
      : [
          `the VF has the MAC address ${vf.mac}, the pod requested ${asked}; remedy: capabilities.mac in the SriovNetwork`,
        ]),
    ...(tap.mac === wanted ? [] : [`the tap has the MAC address ${tap.mac} instead of ${wanted}`]),
    ...(tapMac === undefined || tapMac === wanted
      ? []
      : [`DPDK was told to give the tap the MAC address ${tapMac} instead of ${wanted}`]),
  ]
}

export function linkViolations({ ports }: Startup): string[] {
  return [...ports]
    .filter(([, { link }]) => link !== 'up')
    .map(([port]) => `the link of port ${port} is down`)
}

export function lcoreViolations(lcores: string | undefined, cpus: readonly number[] | undefined): string[] {
  if (lcores === undefined) return ['the log does not say which lcores testpmd has']
  if (cpus === undefined) return ['the log does not say which CPUs the container has']
  const outside = [...cpusOfLcores(lcores).values()].filter((cpu) => !cpus.includes(cpu))
  return outside.length === 0
    ? []
    : [`lcores run on CPUs ${writeCpuList(outside)}, outside of the container's ${writeCpuList(cpus)}`]
}

export interface PingFacts {
  readonly ping: PingResult
  readonly startup: Startup
  /** Counters since before the first packet; the VF is port 0, the tap port 1. */
  readonly counters: StatisticsBlock
}

/**
 * Pings to one address are one flow, and the kernel assigns a flow to a queue of the tap by a hash that differs from
 * boot to boot. If testpmd does not poll some queue, answered pings are luck: other addresses may get no answer
 * (measured: 9 of 20 addresses did).
 */
export function pingViolations({ ping, startup, counters }: PingFacts, asked: number): string[] {
  const answered = `${ping.received} of ${ping.transmitted} pings were answered`
  const mismatch = queueMismatch(startup)
  if (ping.transmitted === asked && ping.received === asked)
    return mismatch === undefined ? [] : [`${answered}, other addresses may get none: ${mismatch}`]
  const why = mismatch ?? mbufViolations(counters) ?? noTrace(counters)
  return [why === undefined ? answered : `${answered}: ${why}`]
}

/** The kernel spreads flows over all queues of a tap, polled or not. */
export function queueMismatch({ tapQueues, ports }: Startup): string | undefined {
  const polled = ports.get(1)?.rxQueues
  if (tapQueues === undefined || polled === undefined || tapQueues <= polled) return undefined
  return (
    `queue mismatch: the tap has ${tapQueues} queues and testpmd polls ${polled} of them, so what the kernel ` +
    `puts into the others is never forwarded; remedy: set TESTPMD_QUEUES to the value of TAP_QUEUES`
  )
}

function mbufViolations({ ports }: StatisticsBlock): string | undefined {
  const starved = [...ports].filter(([, { rxNoMbuf }]) => rxNoMbuf > 0)
  if (starved.length === 0) return undefined
  const where = starved.map(([port, { rxNoMbuf }]) => `${rxNoMbuf} times at port ${port}`).join(', ')
  return `mbufs are exhausted (${where}); remedy: a higher TESTPMD_MBUFS`
}

function noTrace({ ports }: StatisticsBlock): string | undefined {
  const [vf, tap] = [ports.get(0), ports.get(1)]
  if (vf === undefined || tap === undefined) return undefined
  if (tap.rxPackets === 0) return 'nothing reached testpmd from the tap: is vhost-net connected to it?'
  if (vf.txPackets === 0) return 'packets from the tap did not leave through the VF'
  if (vf.rxPackets === 0)
    return 'packets left through the VF and none came back: does the gateway exist, and is the VF in its VLAN, without spoof checks?'
  return 'packets came back through the VF; do they carry the MAC address of the tap?'
}

/**
 * Compares both ports' counters with the pings: every packet that entered one port left through the other, and there
 * are at least as many packets as pings.
 */
export function counterViolations({ ports }: StatisticsBlock, pings: PingResult): string[] {
  const [vf, tap] = [ports.get(0), ports.get(1)]
  if (vf === undefined || tap === undefined) return ['testpmd printed no counters of two ports']
  const least = (what: string, count: number, wanted: number) =>
    count >= wanted ? [] : [`${what}: ${plural(count, 'packet')}, but ${plural(wanted, 'ping')}`]
  return [
    ...least('received from the tap', tap.rxPackets, pings.transmitted),
    ...least('sent through the VF', vf.txPackets, pings.transmitted),
    ...least('received through the VF', vf.rxPackets, pings.received),
    ...least('sent to the tap', tap.txPackets, pings.received),
    ...dropViolations({ ports, forward: undefined }),
  ]
}

/** Nothing is dropped between the two ports. */
export function dropViolations({ ports }: StatisticsBlock): string[] {
  return [...ports].flatMap(([port, { rxMissed, rxErrors, rxNoMbuf, txErrors }]) => [
    ...(rxMissed > 0
      ? [`port ${port} missed ${plural(rxMissed, 'packet')}: no lcore fetched them in time`]
      : []),
    ...(rxErrors > 0 ? [`port ${port} received ${plural(rxErrors, 'damaged packet')}`] : []),
    ...(rxNoMbuf > 0
      ? [`port ${port} had no mbuf ${plural(rxNoMbuf, 'time')}; remedy: a higher TESTPMD_MBUFS`]
      : []),
    ...(txErrors > 0 ? [`port ${port} could not send ${plural(txErrors, 'packet')}`] : []),
  ])
}

/** The forwarder's VFs may be in either order, because the device plugin assigns them. */
export function forwarderMacViolations({ ports }: Startup, parameters: RootlessParameters): string[] {
  const asked = [parameters.EAST_MAC, parameters.WEST_MAC].map((mac) => mac.toLowerCase())
  const found = [...ports.values()].map(({ mac }) => mac)
  if (asked.every((mac) => found.includes(mac))) return []
  return [
    `its VFs have the MAC addresses ${found.join(' and ')}, the pod requested ${asked.join(' and ')}; ` +
      `remedy: capabilities.mac in the SriovNetwork`,
  ]
}

export interface ForwardingFacts {
  readonly mode: string | undefined
  /** Violations of the port-forwarder's MAC addresses. */
  readonly macViolations: readonly string[]
  /** Since before the first packet. */
  readonly source: StatisticsBlock
  readonly forwarder: StatisticsBlock
}

export function modeViolations(mode: string | undefined): string[] {
  if (mode === undefined) return ['testpmd does not forward']
  return mode === 'rxonly'
    ? ['testpmd is in mode rxonly, which forwards nothing; remedy: set FORWARD_MODE=mac']
    : []
}

/**
 * Checks both directions together, because it is unknown which ports face each other; but every packet that enters one
 * VF of the port-forwarder must leave through the other.
 */
export function ledgerViolations({ mode, macViolations, source, forwarder }: ForwardingFacts): string[] {
  const total = ({ ports }: StatisticsBlock, counter: 'rxPackets' | 'txPackets') =>
    [...ports.values()].reduce((sum, port) => sum + port[counter], 0)
  const [sent, entered] = [total(source, 'txPackets'), total(forwarder, 'rxPackets')]
  const [left, returned] = [total(forwarder, 'txPackets'), total(source, 'rxPackets')]
  const stayed = [...forwarder.ports].reduce((sum, [port, { rxPackets }]) => {
    const through = forwarder.ports.get(port === 0 ? 1 : 0)?.txPackets ?? 0
    return sum + Math.max(0, rxPackets - through)
  }, 0)
  const lost = (count: number, from: number, where: string) =>
    count <= 0
      ? []
      : [`${grouped(count)} of ${plural(from, 'packet')} ${count === 1 ? 'was' : 'were'} lost ${where}`]
  const through = lost(stayed, entered, 'between the two VFs of the port-forwarder')
  const expected = Math.min(sent, left)
  const missed = lost(sent - entered, sent, 'between the source and the port-forwarder')
  return [
    ...(missed.length > 0 ? [...missed, ...macViolations] : []),
    ...(through.length > 0
      ? [...through, ...modeViolations(mode)]
      : lost(expected - returned, expected, 'between the port-forwarder and the source')),
  ]
}

function without(set: ReadonlySet<string>, taken: ReadonlySet<string>): Set<string> {
  return new Set([...set].filter((each) => !taken.has(each)))
}

function names(set: ReadonlySet<string>): string {
  return [...set].join(', ')
}
