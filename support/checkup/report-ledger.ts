/** Counters of both VMs as the report has them. */
import { ledgerOf } from '../dataplane/ledger.ts'
import type { TestpmdCounters } from '../dataplane/testpmd/counters.ts'
import type { GeneratorCounters } from '../dataplane/traffic-generator.ts'
import type { Ledger } from '../report/model.ts'

export function reportLedger(generator: GeneratorCounters, vm: TestpmdCounters): Ledger {
  const { eastToWest: there, westToEast: back } = ledgerOf(generator, vm)
  return {
    eastToWest: {
      generatorTx: there.generatorEastTx,
      vmRx: there.vmEastRx,
      vmRxDropped: there.vmEastRxDropped,
      vmTx: there.vmWestTx,
      vmTxDropped: there.vmWestTxDropped,
      generatorRx: there.generatorWestRx,
    },
    westToEast: {
      generatorTx: back.generatorWestTx,
      vmRx: back.vmWestRx,
      vmRxDropped: back.vmWestRxDropped,
      vmTx: back.vmEastTx,
      vmTxDropped: back.vmEastTxDropped,
      generatorRx: back.generatorEastRx,
    },
    generatorOutputErrors: generator.outputErrors,
    generatorInputErrors: generator.inputErrors,
    vmRxErrors: vm.east.rxErrors + vm.west.rxErrors,
    vmRxNoMbuf: vm.east.rxNoMbuf + vm.west.rxNoMbuf,
  }
}
