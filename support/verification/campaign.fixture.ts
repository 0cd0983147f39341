/** Campaigns of profile telco, whose bundles verify. */
import { digestOf } from '../common/canonical-json.ts'
import { suiteIdentity } from '../common/suite-identity.ts'
import type { CampaignPlan } from '../model/campaign.ts'
import { areOfOneSize, FCS_BYTES, framesOf, meanBytes } from '../model/frame.ts'
import type { Report } from '../model/report.ts'
import { judgedMatrix } from '../nodes/matrix.fixture.ts'
import { type PackedRun } from '../report/campaign-package.ts'
import { environmentOf } from '../report/environment.ts'
import { MANIFEST_FILE } from '../report/manifest.ts'
import { Unpacking } from '../report/unpacking.ts'
import { PARAMETERS } from '../readiness/parameters.ts'
import { CERTIFICATION_PROFILES, profileValues } from '../readiness/profiles.ts'
import { bundleOf, verifiableReport } from './verifiable.fixture.ts'

const [, TELCO] = CERTIFICATION_PROFILES as [unknown, (typeof CERTIFICATION_PROFILES)[number]]
const CLUSTER = '0c0c3a5e-6f0f-4a6e-9d1a-2f4f9a4b7f10'
const HOUR = 3_600_000
const FIRST = Date.parse('2026-03-04T05:06:07.000Z')
const NONE = { generatorTx: 0, vmRx: 0, vmRxDropped: 0, vmTx: 0, vmTxDropped: 0, generatorRx: 0 }
/** All sizes of the profile, once. */
export const ONCE: CampaignPlan = {
  profile: 'telco',
  frameSizes: TELCO.sizes.map(({ frameSize }) => frameSize),
  repetitions: 1,
}

/** @param index of the run, which starts so many hours later @param lost packets that the VM drops on transmit */
export function telcoReport(
  frameSize: string,
  index: number,
  { lost = 0, ...changes }: Partial<Report> & { readonly lost?: number } = {},
): Report {
  const values = profileValues(TELCO, frameSize)
  const rate = Number(values['trafficGenPacketsPerSecond']?.replace('m', '000000').replace('k', '000'))
  const sent = rate * 300
  const path = (count: number, dropped = 0) => ({
    ...NONE,
    generatorTx: count,
    vmRx: count,
    vmTx: count - dropped,
    vmTxDropped: dropped,
    generatorRx: count - dropped,
  })
  const errors = { generatorOutputErrors: 0, generatorInputErrors: 0, vmRxErrors: 0, vmRxNoMbuf: 0 }
  const ledger = { eastToWest: path(sent, lost), westToEast: path(sent), ...errors }
  const base = verifiableReport('passed')
  const frames = PARAMETERS.frameSize.parse(frameSize) ?? framesOf(64)
  const bytes = Math.round((meanBytes(frames) - FCS_BYTES) * sent)
  return verifiableReport(lost > 0 ? 'lossy' : 'passed', {
    suite: suiteIdentity(),
    profile: { name: 'telco', deviations: [] },
    parameters: {
      networkAttachmentDefinitionName: 'sriov-network',
      trafficGenEngine: 'pktgen',
      profile: 'telco',
      ...values,
    },
    cluster: { ...base.cluster, uid: CLUSTER, configMap: `dpdk-checkup-config-${index}` },
    startedAt: new Date(FIRST + index * HOUR).toISOString(),
    completedAt: new Date(FIRST + index * HOUR + HOUR / 2).toISOString(),
    probe: { eastToWest: path(1000), westToEast: path(1000) },
    traffic: {
      ...(base.traffic as NonNullable<Report['traffic']>),
      requestedPacketsPerSecond: rate,
      requestedDuration: 300_000,
      sentFor: 300_000,
      achievedPacketsPerSecond: rate,
      directions: 2,
      frameBytes: Math.round(meanBytes(frames)) - FCS_BYTES,
      ...(areOfOneSize(frames) ? {} : { frames: [...frames] }),
      ledger,
      samples: [{ ...ledger, at: 300_000 }],
      vmBytes: { eastRx: bytes, westTx: bytes, westRx: bytes, eastTx: bytes },
    },
    soak: {
      by: 'asked',
      fellShort: false,
      load: rate,
      duration: 600_000,
      sentFor: 600_000,
      took: 600_200,
      lossRatio: 0,
      directions: 2,
      ledger: { eastToWest: path(2 * sent), westToEast: path(2 * sent), ...errors },
    },
    nodeMatrix: judgedMatrix({ nodes: 3, pairs: 'ring' }),
    ...changes,
  })
}

/** The run of a report, with its bundle. */
export async function runOf(frameSize: string, report: Report): Promise<PackedRun> {
  const archive = await bundleOf(report)
  const unpacking = new Unpacking()
  await unpacking.addArchive(archive)
  const bundle = digestOf(unpacking.files.get(MANIFEST_FILE) ?? '')
  return { frameSize, left: { report, bundle, environment: environmentOf(report).digest }, archive }
}

/** A run that left nothing. */
export function lostRun(frameSize: string): PackedRun {
  return { frameSize }
}
