/**
 * The package of a campaign: the bundles of all its runs, `campaign.json`, the certificate if there is one, and a
 * statement of the result. Digests, statement and signature are as in the bundle of one run.
 */
import { digestOf } from '../common/canonical-json.ts'
import {
  campaignOf,
  campaignText,
  type CampaignPlan,
  type CampaignResult,
  type CampaignRun,
  judgeCampaign,
} from '../model/campaign.ts'
import { packTar } from './bundle.ts'
import { renderCampaignCertificate } from './html/campaign-certificate.ts'
import { type BundleFiles, MANIFEST_FILE, manifestOf } from './manifest.ts'
import { CAMPAIGN_FILE, CERTIFICATE_FILE, runFile, stampOf } from './report-folders.ts'
import { STATEMENT_FILE, campaignStatement } from './statement.ts'

/** A run, with the archive that it wrote. */
export interface PackedRun extends CampaignRun {
  readonly archive?: Buffer | undefined
}

/** The files of a campaign, as the package has them. */
export function campaignFiles(plan: CampaignPlan, runs: readonly PackedRun[]): BundleFiles {
  const result = judgeCampaign(plan, runs)
  const certificate = certificateOf(plan, runs, result)
  const listed = new Map([
    [CAMPAIGN_FILE, Buffer.from(campaignText(campaignOf(plan, runs)))] as const,
    ...(certificate === undefined ? [] : [[CERTIFICATE_FILE, Buffer.from(certificate)] as const]),
    ...runs.flatMap(({ archive }, index) =>
      archive === undefined ? [] : [[runFile(index), archive] as const],
    ),
  ])
  const manifest = manifestOf(listed)
  return new Map([
    ...listed,
    [MANIFEST_FILE, Buffer.from(manifest)] as const,
    [STATEMENT_FILE, Buffer.from(campaignStatement(plan, runs, result, digestOf(manifest)))] as const,
  ])
}

/** The certificate; undefined if the campaign gives none. */
export function certificateOf(
  plan: CampaignPlan,
  runs: readonly CampaignRun[],
  result: CampaignResult,
): string | undefined {
  return result.whyNot === undefined ? renderCampaignCertificate(plan, runs, result) : undefined
}

/** The package: a tar archive, compressed by gzip. @param startedAt of the campaign; names the folder in it */
export function packCampaign(files: BundleFiles, startedAt: Date): Promise<Buffer> {
  const folder = `dpdk-campaign-${stampOf(startedAt.toISOString())}`
  return packTar(
    [...files].map(([name, content]) => [`${folder}/${name}`, content] as const),
    startedAt,
  )
}
