/** Findings for tests: of a run without problems, except for those that a test adds. */
import { foreign } from '../common/foreign-text.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Traffic } from '../model/traffic.ts'
import type { Ledger, PathCounts } from '../model/ledger.ts'
import type { SuiteErrorCode } from '../common/errors.ts'
import { DEFAULT_ENGINE } from '../dataplane/engines/engines.ts'
import { VMI_NEEDS } from '../model/vmi-needs.ts'
import type { Asked } from './observed.ts'
import type { Findings, GuestFindings, Failure, VmiFindings } from './findings.ts'

export function findings(some: Partial<Findings>): Findings {
  return { criteria: [], failures: [], invalid: [], vmis: {}, guests: {}, ...some }
}

export function asked(some: Partial<Asked> = {}): Asked {
  const usual = { packetsPerSecond: 1, portBandwidthGbps: 10, targetNodes: [], needs: VMI_NEEDS, timeout: 1 }
  return { engine: DEFAULT_ENGINE, ...usual, ...some }
}

export function criterion(id: string, outcome: Criterion['outcome'] = 'failed', message = ''): Criterion {
  return { id, title: `claims ${id}`, outcome, message, evidence: [], duration: 1 }
}

export function vmi(some: Partial<VmiFindings> = {}): VmiFindings {
  return {
    name: 'vmi-under-test-x7k2p',
    phase: foreign('Scheduling'),
    nodeName: '',
    conditions: [],
    events: { found: [] },
    pod: { notReadable: 'no permission to read the pod' },
    ...some,
  }
}

export function unmet(type: string, reason: string, message: string): VmiFindings['conditions'][number] {
  return { type, status: 'False', reason: foreign(reason), message: foreign(message) }
}

export function failure(code: SuiteErrorCode, sentence: string, some: Partial<Failure> = {}): Failure {
  return { criterion: 'traffic.no-loss', code, facts: {}, sentence, isSpecTimeout: false, ...some }
}

export function guest(some: Partial<GuestFindings> = {}): GuestFindings {
  return { workers: [4, 5, 6, 7], ...some }
}

const SENT = 20_000

/** All packets went the whole way, except for the given counts. */
export function counts(some: Partial<PathCounts> = {}): PathCounts {
  return {
    generatorTx: SENT,
    vmRx: SENT,
    vmRxDropped: 0,
    vmTx: SENT,
    vmTxDropped: 0,
    generatorRx: SENT,
    ...some,
  }
}

export const NO_PACKETS: PathCounts = {
  generatorTx: 0,
  vmRx: 0,
  vmRxDropped: 0,
  vmTx: 0,
  vmTxDropped: 0,
  generatorRx: 0,
}

export function traffic(
  eastToWest: Partial<PathCounts> = {},
  some: Partial<Traffic> & { ledger?: Partial<Ledger> } = {},
): Traffic {
  const ledger = {
    eastToWest: counts(eastToWest),
    westToEast: NO_PACKETS,
    generatorOutputErrors: 0,
    generatorInputErrors: 0,
    vmRxErrors: 0,
    vmRxNoMbuf: 0,
  }
  return {
    engine: 'pktgen',
    requestedPacketsPerSecond: 10_000,
    requestedDuration: 2000,
    sentFor: 2000,
    achievedPacketsPerSecond: 10_000,
    frameBytes: 60,
    shortfall: [],
    samples: [],
    ...some,
    ledger: { ...ledger, ...some.ledger },
  }
}
