/** A capacity search on a path that carries 7.3 million packets per second. */
import type { Capacity, CapacityTrial } from '../model/capacity.ts'

const CARRIES = 7_300_000
const LINE_RATE = 14_880_952
const NONE = { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }

function trial(load: number, changes: Partial<CapacityTrial> = {}): CapacityTrial {
  const carried = Math.min(load, CARRIES)
  return {
    load,
    duration: 1000,
    sentFor: 1000,
    took: 1120,
    lossRatio: (load - carried) / load,
    ledger: {
      eastToWest: {
        generatorTx: load,
        vmRx: carried,
        vmRxDropped: load - carried,
        vmTx: carried,
        vmTxDropped: 0,
        generatorRx: carried,
      },
      westToEast: NONE,
      generatorOutputErrors: 0,
      generatorInputErrors: 0,
      vmRxErrors: 0,
      vmRxNoMbuf: 0,
    },
    ...changes,
  }
}

/**
 * The report of a search with two goals; the loads are those of MLRsearch's reference implementation on such a path.
 */
export function exampleCapacity(): Capacity {
  return {
    effort: 'standard',
    min: 1488,
    lineRate: LINE_RATE,
    budget: 300_000,
    searches: [
      {
        max: LINE_RATE,
        isMaxOfGenerator: false,
        endedBy: 'found',
        took: 62_000,
        results: [
          {
            goal: 'NDR',
            lossRatio: 0,
            lower: 7_266_600,
            upper: 7_303_116,
            throughput: 7_266_600,
            isRegular: true,
          },
          {
            goal: 'PDR',
            lossRatio: 0.001,
            lower: 7_303_116,
            upper: 7_339_815,
            throughput: 7_300_000,
            isRegular: true,
          },
        ],
        trials: [LINE_RATE, 7_190_671, 7_487_163, 7_337_420, 7_266_600, 7_303_116, 7_266_600, 7_303_116].map(
          (load, index) => trial(load, index === 2 ? { invalid: 'generator-short' } : {}),
        ),
      },
    ],
    limiter: {
      kind: 'vm-receive',
      sentence:
        'the VM under test did not fetch 3,116 of 7,303,116 packets from its east port in time (imissed): the lcore on CPU 4 had no time to spare',
      load: 7_303_116,
      headroom: 'none: less than 1 % of the polls of CPUs 4, 5 found no packet',
    },
    required: {
      packetsPerSecond: 5_000_000,
      lossRatio: 0.001,
      outcome: 'carried',
      trials: [trial(5_000_000)],
    },
  }
}
