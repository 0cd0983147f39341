/**
 * The facts of a run's stages, from its report, so that the run's own criteria judge them again. A report does not have
 * all of them: reading one that it lacks throws `NotRecorded`, so each criterion decides by itself what it needs.
 */
import { familyOf } from '../guest/facts/nic-families/families.ts'
import type { IsolationFacts } from '../guest/facts/isolation.ts'
import type { PreparedNic } from '../guest/facts/pci-binding.ts'
import { missingCpus, parseCpuList } from '../model/cpu-list.ts'
import { type NumaPlacement, placementOf } from '../model/numa.ts'
import { PORT_NAMES } from '../model/ports.ts'
import type { Guest } from '../model/machines.ts'
import type { Report } from '../model/report.ts'
import { type PerRole, perRole, type Role } from '../model/role.ts'
import type { Stalls } from '../model/stalls.ts'
import { HOSTNAME_LABEL } from '../model/target-node.ts'
import type { StageFacts } from '../readiness/criteria/stage-facts.ts'
import { dataPlaneOf } from '../readiness/data-plane.ts'
import { type Parameters, shapeOf } from '../readiness/parameters.ts'
import type { Finding } from '../readiness/preflight/check.ts'
import { PREFLIGHT } from '../readiness/preflight/preflight.ts'

/** The parts of each stage's facts that criteria judge. */
export type RecordedFacts = Readonly<Record<keyof StageFacts, object>>

/** Thrown when a fact is read that the report lacks. */
export class NotRecorded extends Error {
  /** Completes "without …". */
  readonly what: string

  constructor(what: string) {
    super(`the report lacks ${what}`)
    this.what = what
  }
}

const OBJECTS = 'the objects of the cluster'

/** @param parameters undefined: it is no readiness run, or one that ended before it read any */
export function recordedFacts(report: Report, parameters: Parameters | undefined): RecordedFacts {
  const { probe, traffic, capacity, latency, soak, nodeMatrix: matrix } = report
  const known = (): Parameters => parameters ?? lacking('the parameters')
  const recorded = <Fact>(fact: Fact | undefined, what: string): Fact =>
    parameters === undefined || fact === undefined ? lacking(what) : fact
  return {
    get claimed() {
      return lacking(OBJECTS)
    },
    get configured() {
      return { parameters: known() }
    },
    get preconditions() {
      return { findings: findingsBy(known()) }
    },
    get provisioned() {
      return { vmis: placed(report, known()), parameters: known() }
    },
    get prepared() {
      const { cpus } = shapeOf(known())
      return { guests: preparedGuests(report, known()), parameters: known(), testbed: { cpus } }
    },
    get linked() {
      known()
      return { links: links(report) }
    },
    get probed() {
      return { probe: recorded(probe, 'a probe'), captured: [] }
    },
    get measured() {
      return { probe, traffic: recorded(traffic, 'the counts of the traffic'), parameters }
    },
    get searched() {
      return { capacity: recorded(capacity, 'a capacity search'), parameters }
    },
    get latencyMeasured() {
      return { latency: recorded(latency, 'latencies'), parameters }
    },
    get paired() {
      return { matrix: recorded(matrix, 'a node matrix') }
    },
    get soaked() {
      return { soak: recorded(soak, 'a long run'), parameters }
    },
  }
}

function lacking(what: string): never {
  throw new NotRecorded(what)
}

/** Checks that need no more than the parameters are made again. */
function findingsBy(parameters: Parameters): { readonly get: (id: string) => Finding } {
  const get = (id: string): Finding =>
    PREFLIGHT.find((check) => check.id === id)?.examineParameters?.(parameters) ?? lacking(OBJECTS)
  return { get }
}

/** A guest has the name of its node since its VMI was ready. */
function placed({ guests }: Report, { targetNodes }: Parameters): PerRole<object> {
  return lazily((role) => {
    const nodeName = guestOf(guests, role)?.nodeName ?? lacking('the nodes of both VMIs')
    const target = targetNodes?.[role]
    return {
      ready: {},
      nodeName,
      get hostname() {
        if (target === undefined || target === nodeName) return undefined
        return lacking(`the label ${HOSTNAME_LABEL} of the nodes`)
      },
    }
  })
}

interface RecordedGuest {
  readonly plan: { readonly role: Role }
  readonly isolation: Pick<IsolationFacts, 'wanted' | 'isolated' | 'missing' | 'rebooted'>
  readonly hugepages1Gi: number
  readonly nics: readonly PreparedNic[]
  readonly numa: NumaPlacement
  readonly stalls: Stalls
}

function preparedGuests({ guests }: Report, parameters: Parameters): PerRole<RecordedGuest> {
  const { isolated: wanted } = shapeOf(parameters).cpus
  return perRole((role) => {
    const guest = guestOf(guests, role)
    return {
      plan: { role },
      get isolation() {
        const isolated = parseCpuList(guest?.isolatedCpus ?? lacking('the guests’ isolated CPUs'))
        const missing = missingCpus(wanted, isolated)
        return { wanted, isolated, missing, rebooted: guest?.rebooted === true }
      },
      get hugepages1Gi() {
        return guest?.hugepages1Gi ?? lacking('the guests’ hugepages')
      },
      get nics() {
        return PORT_NAMES.map((port) => boundNic(guest, port, dataPlaneOf(role, parameters)))
      },
      get numa() {
        const { guest: seen, node } = guest?.numa ?? lacking('the guests’ NUMA nodes')
        return placementOf(seen, node, wanted)
      },
      get stalls() {
        return guest?.stalls ?? lacking('the stalls of the guests’ CPUs')
      },
    }
  })
}

function boundNic(
  guest: Guest | undefined,
  port: PreparedNic['port'],
  dataPlane: ReturnType<typeof dataPlaneOf>,
): PreparedNic {
  const nic = guest?.nics.find((each) => each.port === port)
  // A NIC that was never read looks like one that nothing holds.
  if (nic === undefined || (nic.driver === undefined && nic.device === undefined))
    return lacking('the drivers of the ports')
  const { pciAddress: address, driver, device: ids } = nic
  const wantedDriver = dataPlane === 'dpdk' ? familyOf({ ids: ids ?? '', driver }).dpdkDriver : undefined
  return { port, address, present: ids !== undefined, driver, wantedDriver, messages: [] }
}

function links({ guests }: Report): PerRole<object> {
  const linkOf = (role: Role, port: PreparedNic['port']) =>
    guestOf(guests, role)?.nics.find((nic) => nic.port === port)?.link ?? lacking('the links')
  return perRole((role) => ({
    get east() {
      return linkOf(role, 'east')
    },
    get west() {
      return linkOf(role, 'west')
    },
  }))
}

function guestOf(guests: readonly Guest[], role: Role): Guest | undefined {
  return guests.find((guest) => guest.role === role)
}

/** Reads only the facts that the criterion uses: a criterion of one guest needs no facts of the other guest. */
function lazily<Value>(read: (role: Role) => Value): PerRole<Value> {
  return {
    get 'vm-under-test'() {
      return read('vm-under-test')
    },
    get 'traffic-generator'() {
      return read('traffic-generator')
    },
  }
}
