/**
 * Verifies the package of a campaign offline: it judges every bundle by its counts, and checks that the runs belong to
 * one campaign, and that `campaign.json`, the certificate and the statement agree with the runs.
 */
import type { KeyObject } from 'node:crypto'
import { canonicalJson, digestOf } from '../common/canonical-json.ts'
import { describeError, InvalidInputError } from '../common/errors.ts'
import { suiteIdentity } from '../common/suite-identity.ts'
import {
  type Campaign,
  CAMPAIGN_VERSION,
  campaignOf,
  type CampaignPlan,
  type CampaignResult,
  type CampaignRun,
  campaignSchema,
  campaignText,
  campaignViolations,
  judgeCampaign,
} from '../model/campaign.ts'
import { certificateOf } from '../report/campaign-package.ts'
import { BESIDE, signatureOf } from '../report/check-bundle.ts'
import { type BundleFiles, MANIFEST_FILE, violationsOf } from '../report/manifest.ts'
import { CAMPAIGN_FILE, CERTIFICATE_FILE, runFile } from '../report/report-folders.ts'
import { refusal } from '../report/read-bundle.ts'
import { campaignStatement, STATEMENT_FILE } from '../report/statement.ts'
import { Unpacking } from '../report/unpacking.ts'
import { profileNamed } from '../readiness/profiles.ts'
import { type Verification, verifyBundle } from './verify-bundle.ts'

export interface CampaignVerification {
  readonly campaign: Campaign
  readonly result: CampaignResult
  /** Of the runs that left a bundle, in their order. */
  readonly runs: readonly Verification[]
  readonly statement: Buffer
  /** `sha256:…` of the manifest. */
  readonly digest: string
  readonly signature: Verification['signature']
  /** `other-version`: another version of the suite wrote it, whose page this one cannot compare. */
  readonly certificate: 'none' | 'compared' | 'other-version'
}

/** Whether the files belong to a campaign, not to a single run. */
export function isCampaign(files: BundleFiles): boolean {
  return files.has(CAMPAIGN_FILE)
}

/**
 * @param key of the signature; undefined: it is not checked
 * @throws InvalidInputError with a sentence for each reason to refuse the package
 */
export async function verifyCampaign(files: BundleFiles, key?: KeyObject): Promise<CampaignVerification> {
  const [manifest, json, statement] = [MANIFEST_FILE, CAMPAIGN_FILE, STATEMENT_FILE].map((name) =>
    files.get(name),
  )
  if (manifest === undefined || json === undefined || statement === undefined)
    throw refusal(`the package has not all of ${MANIFEST_FILE}, ${CAMPAIGN_FILE} and ${STATEMENT_FILE}`)
  const changed = violationsOf(manifest.toString(), files, BESIDE)
  if (changed.length > 0) throw refusal(...changed)
  const campaign = parseCampaign(json.toString())
  const { runs, verifications } = await verifiedRuns(campaign, files)
  const plan = planOf(campaign)
  const violations = [...planViolations(plan), ...campaignViolations(plan, runs)]
  if (violations.length > 0) throw refusal(...violations)
  if (json.toString() !== campaignText(campaignOf(plan, runs)))
    throw refusal(`${CAMPAIGN_FILE} is not that of the runs in the package`)
  const result = judgeCampaign(plan, runs)
  const digest = digestOf(manifest)
  if (statement.toString() !== campaignStatement(plan, runs, result, digest))
    throw refusal(`${STATEMENT_FILE} does not belong to these files`)
  return {
    campaign,
    result,
    runs: verifications,
    statement,
    digest,
    signature: signatureOf(files, statement, key),
    certificate: certificateIn(files, plan, runs, result),
  }
}

/** @throws InvalidInputError */
function parseCampaign(text: string): Campaign {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (error) {
    throw refusal(`${CAMPAIGN_FILE} is not JSON: ${describeError(error)}`)
  }
  const { data: campaign, error } = campaignSchema.safeParse(data)
  if (campaign !== undefined) return campaign
  const version = (data as { readonly apiVersion?: unknown } | null)?.apiVersion
  throw refusal(
    typeof version === 'string' && version !== CAMPAIGN_VERSION
      ? `${CAMPAIGN_FILE} has version ${JSON.stringify(version)}, which this suite does not read: take the suite of that version`
      : `${CAMPAIGN_FILE} is not what a suite writes: ${error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ')}`,
  )
}

/** @throws InvalidInputError with the sentences of all bundles that are refused */
async function verifiedRuns(
  { runs }: Campaign,
  files: BundleFiles,
): Promise<{ readonly runs: readonly CampaignRun[]; readonly verifications: readonly Verification[] }> {
  const refused: string[] = []
  const verifications: Verification[] = []
  const found: CampaignRun[] = []
  for (const [index, { frameSize, bundle }] of runs.entries()) {
    const name = runFile(index)
    const archive = files.get(name)
    if (archive === undefined) {
      if (bundle !== undefined) refused.push(`${name} is missing: ${CAMPAIGN_FILE} names it`)
      found.push({ frameSize })
      continue
    }
    try {
      const verified = await verifyBundle(await unpacked(archive))
      const { report, digest, environmentDigest } = verified
      verifications.push(verified)
      const left = { report, bundle: digest, environment: environmentDigest }
      found.push({ frameSize, left })
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      refused.push(...error.violations.map((violation) => `${name}: ${violation}`))
    }
  }
  const names = runs.map((_, index) => runFile(index))
  refused.push(
    ...[...files.keys()]
      .filter((name) => name.startsWith('runs/') && !names.includes(name))
      .map((name) => `${name} is not named by ${CAMPAIGN_FILE}`),
  )
  if (refused.length > 0) throw refusal(...refused)
  return { runs: found, verifications }
}

/** @throws InvalidInputError */
async function unpacked(archive: Buffer): Promise<BundleFiles> {
  const unpacking = new Unpacking()
  try {
    await unpacking.addArchive(archive)
  } catch (error) {
    throw refusal(`it cannot be read: ${describeError(error)}`)
  }
  return unpacking.files
}

function planOf({ profile, frameSizes, repetitions }: Campaign): CampaignPlan {
  return { profile, frameSizes, repetitions }
}

function planViolations({ profile, frameSizes }: CampaignPlan): string[] {
  const sizes = profileNamed(profile)?.sizes.map(({ frameSize }) => frameSize)
  return canonicalJson(sizes) === canonicalJson(frameSizes)
    ? []
    : [`its sizes of frames are not those of profile ${profile}: ${sizes?.join(', ') ?? ''}`]
}

/** @throws InvalidInputError if it does not agree with these runs */
function certificateIn(
  files: BundleFiles,
  plan: CampaignPlan,
  runs: readonly CampaignRun[],
  result: CampaignResult,
): CampaignVerification['certificate'] {
  const page = files.get(CERTIFICATE_FILE)?.toString()
  const expected = certificateOf(plan, runs, result)
  if (page === undefined && expected === undefined) return 'none'
  if (page === undefined) throw refusal(`${CERTIFICATE_FILE} is missing, though the runs give one`)
  if (expected === undefined)
    throw refusal(`there is a ${CERTIFICATE_FILE}, though the runs give none: ${result.whyNot ?? ''}`)
  if (page === expected) return 'compared'
  const own = suiteIdentity()
  const isOwn = runs.some(
    ({ left }) => left?.report.suite.version === own.version && left.report.suite.commit === own.commit,
  )
  if (isOwn) throw refusal(`${CERTIFICATE_FILE} is not that of the runs in the package`)
  return 'other-version'
}
