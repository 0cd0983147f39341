/** Bundles of whole runs, as a run writes them, for tests. */
import { measureCapacity, type MeasuredTrial, type TrialFigures } from '../capacity/measurement.ts'
import { PROFILES } from '../capacity/effort.ts'
import type { Capacity, CapacityTrial } from '../model/capacity.ts'
import type { Guest } from '../model/machines.ts'
import type { Report } from '../model/report.ts'
import { packBundle } from '../report/bundle.ts'
import { currentReference } from '../report/catalogue.ts'
import { type ExampleName, exampleReport } from '../report/example.fixture.ts'
import { renderJson } from '../report/json.ts'
import { renderJunit } from '../report/junit.ts'
import { claimWith, READINESS_CRITERIA } from '../readiness/criteria/criteria.ts'
import { parametersOf, rejudge } from './rejudge.ts'

const PARAMETERS = {
  networkAttachmentDefinitionName: 'sriov-network',
  trafficGenEngine: 'pktgen',
  trafficGenPacketsPerSecond: '10k',
  testDuration: '10s',
}

/** The report of a run that judged every criterion. */
export function verifiableReport(name: Exclude<ExampleName, 'error'>, changes: Partial<Report> = {}): Report {
  const example = exampleReport(name)
  const report = {
    ...example,
    guests: example.guests.map(withFacts),
    catalogue: currentReference(),
    parameters: PARAMETERS,
    ...changes,
  }
  const { essential, optional } = claimWith(parametersOf(report))
  const criteria = READINESS_CRITERIA.filter(({ id }) => [...essential, ...optional].includes(id)).map(
    ({ id, title }) => ({ id, title, outcome: 'passed' as const, message: '', evidence: [], duration: 1 }),
  )
  // Twice: figures are observed of failures, which the first time finds.
  const failed = [...rejudge({ ...report, criteria }).criteria]
  return { ...report, criteria: [...rejudge({ ...report, criteria: failed }).criteria] }
}

/** A guest that is as it should be. pktgen sends by the NIC's own driver. */
function withFacts(guest: Guest): Guest {
  const driver = guest.role === 'vm-under-test' ? 'vfio-pci' : 'iavf'
  const nodes = [{ id: 0, cpus: [0, 1, 2, 3, 4, 5, 6, 7], hugepagesMiB: 1024 }]
  return {
    ...guest,
    isolatedCpus: '2-7',
    rebooted: false,
    hugepages1Gi: 1,
    numa: { guest: { nodes, ports: { east: 0, west: 0 } } },
    stalls: { tracer: 'osnoise', cpus: '4-7', watchedFor: 3000, thresholdMicroseconds: 5 },
    nics: guest.nics.map((nic) => ({ ...nic, driver, device: '8086:154c', link: 'up' })),
  }
}

/**
 * The capacity of a path that loses packets above a load, as a search finds it.
 * @param sends the highest rate of the generator, by the number of the trial from 1; default: any
 */
export async function searchedCapacity(
  carries: number,
  effort: Capacity['effort'] = 'standard',
  sends: (trial: number) => number = () => Infinity,
): Promise<Capacity> {
  const [min, lineRate] = [1488, 14_880_952]
  const profile = PROFILES.find(({ name }) => name === effort) ?? PROFILES[0]
  if (profile === undefined) throw new Error('there are no efforts')
  let number = 0
  const found = await measureCapacity(
    profile,
    { min, max: lineRate, remaining: () => Infinity },
    ({ load, duration }) => {
      const achieved = Math.min(load, sends((number += 1)))
      const sent = Math.round((achieved * duration) / 1000)
      const returned = Math.min(sent, Math.round((carries * duration) / 1000))
      return Promise.resolve({ paths: [{ sent, returned }], achieved, fellShort: achieved < load })
    },
  )
  return {
    effort,
    min,
    lineRate,
    budget: profile.budget,
    searches: [
      {
        max: found.max,
        isMaxOfGenerator: found.isMaxOfGenerator,
        endedBy: found.endedBy,
        took: 60_000,
        results: found.results.map(({ goal, lower, upper, conditionalThroughput, isRegular }) => ({
          goal: goal.name,
          lossRatio: goal.lossRatio,
          lower,
          upper,
          throughput: conditionalThroughput === undefined ? undefined : Math.round(conditionalThroughput),
          isRegular,
        })),
        trials: found.trials.map(trialOf),
      },
    ],
  }
}

function trialOf({ request, trial, lossRatio, invalid }: MeasuredTrial<TrialFigures>): CapacityTrial {
  const { sent = 0, returned = 0 } = trial.paths[0] ?? {}
  const none = { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }
  const errors = { generatorOutputErrors: 0, generatorInputErrors: 0, vmRxErrors: 0, vmRxNoMbuf: 0 }
  const eastToWest = {
    ...none,
    generatorTx: sent,
    vmRx: returned,
    vmRxDropped: sent - returned,
    vmTx: returned,
    generatorRx: returned,
  }
  const ledger = { eastToWest, westToEast: none, ...errors }
  return {
    load: request.load,
    duration: Math.round(request.duration),
    sentFor: Math.round(request.duration),
    took: Math.round(request.duration) + 120,
    lossRatio,
    ...(invalid === undefined ? {} : { invalid }),
    ledger,
  }
}

/** The bundle of a report, with a console in it. */
export function bundleOf(report: Report): Promise<Buffer> {
  const reports = [
    { name: 'report.json', content: Buffer.from(renderJson(report)) },
    { name: 'junit_dpdk-checkup.xml', content: Buffer.from(renderJunit(report)) },
  ]
  return packBundle(report, reports, [{ name: 'consoles/vm-under-test.log', text: 'login: root\n' }])
}
