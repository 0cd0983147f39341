/** Joins the counters of both VMs into one ledger. */
import type { Ledger } from '../model/ledger.ts'
import type { TestpmdCounters } from './testpmd/counters.ts'
import type { GeneratorCounters } from './traffic-generator.ts'

/** Both must count from the same moment; otherwise packets in flight would be counted by only one of them. */
export function ledgerOf(generator: GeneratorCounters, vm: TestpmdCounters): Ledger {
  return {
    eastToWest: {
      generatorTx: generator.eastTx,
      vmRx: vm.east.rxPackets,
      vmRxDropped: vm.east.rxMissed,
      vmTx: vm.west.txPackets,
      vmTxDropped: vm.west.txDropped,
      generatorRx: generator.westRx,
    },
    westToEast: {
      generatorTx: generator.westTx,
      vmRx: vm.west.rxPackets,
      vmRxDropped: vm.west.rxMissed,
      vmTx: vm.east.txPackets,
      vmTxDropped: vm.east.txDropped,
      generatorRx: generator.eastRx,
    },
    generatorOutputErrors: generator.outputErrors,
    generatorInputErrors: generator.inputErrors,
    vmRxErrors: vm.east.rxErrors + vm.west.rxErrors,
    vmRxNoMbuf: vm.east.rxNoMbuf + vm.west.rxNoMbuf,
  }
}
