/** The facts of a run in which every unconditional criterion is met, and changes to them that leave some unmet. */
import type { PathCounts } from '../../model/ledger.ts'
import { perRole, type Role } from '../../model/role.ts'
import type { Traffic } from '../../model/traffic.ts'
import { PREFLIGHT } from '../preflight/preflight.ts'
import { numa, preparedWith, stalls } from './prepared.fixture.ts'

export const SENT = 1000

function path(counts: Partial<PathCounts> = {}): PathCounts {
  return { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0, ...counts }
}

interface Changes extends Partial<Omit<Traffic, 'ledger'>> {
  readonly there?: Partial<PathCounts>
  readonly back?: Partial<PathCounts>
  readonly errors?: Partial<Omit<Traffic['ledger'], 'eastToWest' | 'westToEast'>>
}

export function traffic({ there, back, errors, ...changes }: Changes = {}): { traffic: Traffic } {
  const all = { generatorTx: SENT, vmRx: SENT, vmTx: SENT, generatorRx: SENT }
  const none = { generatorOutputErrors: 0, generatorInputErrors: 0, vmRxErrors: 0, vmRxNoMbuf: 0 }
  return {
    traffic: {
      engine: 'pktgen',
      requestedPacketsPerSecond: 1000,
      requestedDuration: 1000,
      sentFor: 1000,
      achievedPacketsPerSecond: 1000,
      frameBytes: 60,
      shortfall: [],
      ledger: { eastToWest: path({ ...all, ...there }), westToEast: path(back), ...none, ...errors },
      samples: [],
      ...changes,
    },
  }
}

const isolation = { wanted: [2, 3], isolated: [2, 3], missing: [], rebooted: true }
export const nic = {
  port: 'east',
  address: '0000:06:00.0',
  present: true,
  driver: 'vfio-pci',
  wantedDriver: 'vfio-pci' as string | undefined,
  messages: [],
}
export const guest = {
  plan: { role: 'vm-under-test' },
  isolation,
  hugepages1Gi: 1,
  nics: [nic],
  numa,
  stalls,
}
const ofBoth = <T>(it: T) => perRole(() => it)
export const up = { east: 'up', west: 'up' }
export const vmi = { ready: {}, nodeName: 'a' }
export const finding = { outcome: 'passed', problems: [] as string[], evidence: [], warnings: [] }
const probe = {
  eastToWest: path({ generatorTx: 200, vmRx: 200, vmTx: 200, generatorRx: 200 }),
  westToEast: path(),
}

/** The facts of each stage that the criteria use. */
export const MET = {
  claimed: { environment: { namespace: 'ns', configMap: 'config' } },
  configured: { parameters: { asUsed: {} } },
  preconditions: { findings: new Map(PREFLIGHT.map(({ id }) => [id, finding])) },
  provisioned: {
    vmis: ofBoth<object>(vmi),
    parameters: { targetNodes: ofBoth('a') as object | undefined },
  },
  prepared: preparedWith(ofBoth<object>(guest)),
  linked: { links: ofBoth(up) },
  probed: { probe: probe as object | undefined },
  measured: traffic(),
}
export type Facts = typeof MET

export const vmisWith = (role: Role, changed: object) => ({
  ...MET.provisioned,
  vmis: { ...MET.provisioned.vmis, [role]: changed },
})
export const guestsWith = (role: Role, changed: object) =>
  preparedWith({ ...MET.prepared.guests, [role]: changed })

export const notReady = (outcome: 'failed' | 'error') => ({ notReady: 'why', outcome })
export const notIsolated = { ...guest, isolation: { ...isolation, missing: [3] } }
export const unbound = { ...guest, nics: [nic, { ...nic, port: 'west', driver: 'iavf' }] }
export const dead = (counts: Partial<PathCounts>) => ({
  probe: { ...probe, eastToWest: path({ generatorTx: 200, ...counts }) },
})
export const short = { sentFor: 2000, achievedPacketsPerSecond: 500 }
