/**
 * A campaign: the runs of one certification. A run has one size of frames, so a profile that asks for several sizes
 * needs several runs. All of them count and are shown, also those that did not pass. Pure.
 */
import { z } from 'zod'
import { canonicalJson } from '../common/canonical-json.ts'
import { whyNoCertificate } from './certificate.ts'
import { type ProfileName, profileNameSchema } from './certification.ts'
import { digestSchema } from './quantities.ts'
import { type Report, type Verdict, verdictSchema } from './report.ts'

export const CAMPAIGN_VERSION = 'dpdk-checkup.kubevirt.io/campaign-v1'

/** Passes that each size of frames needs: one run says nothing of how far results spread. */
export const USUAL_REPETITIONS = 3
export const MOST_REPETITIONS = 10
/** Runs of one size that may fail, beyond which it is given up. */
export const MOST_RETRIES = 10

export interface CampaignPlan {
  readonly profile: ProfileName
  /** Those that the profile asks for. */
  readonly frameSizes: readonly string[]
  /** Passes that each size needs. */
  readonly repetitions: number
}

const runSchema = z.strictObject({
  frameSize: z.string(),
  /** Digests of the bundle's manifest and of its environment. Undefined if the run wrote no bundle. */
  bundle: digestSchema.optional(),
  environment: digestSchema.optional(),
  startedAt: z.string().optional(),
  completedAt: z.string().optional(),
  verdict: verdictSchema.optional(),
})
type CampaignRunRecord = z.infer<typeof runSchema>

/** `campaign.json` in the package of a campaign. All but the plan, and runs without a bundle, follows from the bundles. */
export const campaignSchema = z.strictObject({
  apiVersion: z.literal(CAMPAIGN_VERSION),
  kind: z.literal('CheckupCampaign'),
  profile: profileNameSchema,
  frameSizes: z.array(z.string()).min(1),
  repetitions: z.int().min(1).max(MOST_REPETITIONS),
  verdict: verdictSchema,
  /** In the order in which they ran. */
  runs: z.array(runSchema).min(1),
})
export type Campaign = z.infer<typeof campaignSchema>

export interface CampaignRun {
  readonly frameSize: string
  /** What it left; undefined if nothing, e.g. because it was killed. */
  readonly left?:
    | {
        readonly report: Report
        /** `sha256:…` of the bundle's manifest. */
        readonly bundle: string
        /** `sha256:…` of the environment. */
        readonly environment: string
      }
    | undefined
}

export interface SizeResult {
  readonly frameSize: string
  /** Reports of the runs that passed, in their order. */
  readonly passed: readonly Report[]
  /** Number of runs that did not. */
  readonly unmet: number
}

export interface CampaignResult {
  readonly verdict: Verdict
  /** Of any run. */
  readonly simulated: boolean
  /** Whether all runs accept a pass with waivers as success. */
  readonly acceptsWaivers: boolean
  readonly sizes: readonly SizeResult[]
  /** Why the campaign gives no certificate, without a subject; undefined if it gives one. */
  readonly whyNot: string | undefined
}

/**
 * Each size of frames needs as many passes as the plan says. Where one has fewer, its last run that did not pass gives
 * the verdict; `inconclusive` if there is none.
 */
export function judgeCampaign(plan: CampaignPlan, runs: readonly CampaignRun[]): CampaignResult {
  const sizes = plan.frameSizes.map((frameSize): SizeResult => {
    const own = runs.filter((run) => run.frameSize === frameSize)
    const passed = own.flatMap(({ left }) => (left !== undefined && isPass(left.report) ? [left.report] : []))
    return { frameSize, passed, unmet: own.length - passed.length }
  })
  const lacking = sizes.filter(({ passed }) => passed.length < plan.repetitions)
  const all = runs.flatMap(({ left }) => left?.report ?? [])
  const verdict =
    lacking.length > 0
      ? worst(lacking.map(({ frameSize }) => lastUnmet(runs, frameSize)))
      : all.some(({ verdict }) => verdict === 'passed-with-waivers')
        ? 'passed-with-waivers'
        : 'passed'
  const isMet = lacking.length === 0
  return {
    verdict,
    simulated: all.some(({ simulated }) => simulated === true),
    acceptsWaivers: all.every(({ acceptsWaivers }) => acceptsWaivers === true),
    sizes,
    whyNot: isMet ? whyPassesGiveNone(runs) : lackingText(plan, lacking),
  }
}

/** A sentence for each reason why runs do not belong to one campaign; empty if they do. */
export function campaignViolations(plan: CampaignPlan, runs: readonly CampaignRun[]): string[] {
  const found = runs.flatMap(({ frameSize, left }, index) =>
    left === undefined ? [] : [{ frameSize, report: left.report, name: `run ${index + 1}` }],
  )
  const first = found.find(({ report }) => isConfigured(report))?.report
  return found.flatMap(({ frameSize, report, name }, index) => {
    const before = found[index - 1]
    const twin = found.find((other, at) => at < index && isSameRun(other.report, report))
    const violations = [
      ...(plan.frameSizes.includes(frameSize) ? [] : ['has frames that the profile does not ask for']),
      ...(twin === undefined ? [] : [`is the same run as ${twin.name}`]),
      ...(twin === undefined && before !== undefined && report.startedAt < before.report.completedAt
        ? [`began before ${before.name} had ended`]
        : []),
      ...(isConfigured(report) ? ofPlan(plan, frameSize, report) : []),
      ...(isConfigured(report) && first !== undefined ? differences(first, report) : []),
    ]
    return violations.map((violation) => `${name} ${violation}`)
  })
}

function ofPlan(plan: CampaignPlan, frameSize: string, { parameters, profile }: Report): string[] {
  return [
    ...(parameters['frameSize'] === frameSize ? [] : [`has other frames than ${frameSize}`]),
    ...(profile?.name === plan.profile ? [] : [`is not of profile ${plan.profile}`]),
  ]
}

/** A run that ended before it read its parameters says nothing of them. It passes nothing either. */
function isConfigured({ parameters }: Report): boolean {
  return Object.keys(parameters).length > 0
}

export function campaignOf(plan: CampaignPlan, runs: readonly CampaignRun[]): Campaign {
  return {
    apiVersion: CAMPAIGN_VERSION,
    kind: 'CheckupCampaign',
    profile: plan.profile,
    frameSizes: [...plan.frameSizes],
    repetitions: plan.repetitions,
    verdict: judgeCampaign(plan, runs).verdict,
    runs: runs.map(({ frameSize, left }): CampaignRunRecord => {
      if (left === undefined) return { frameSize }
      const { bundle, environment } = left
      const { startedAt, completedAt, verdict } = left.report
      return { frameSize, bundle, environment, startedAt, completedAt, verdict }
    }),
  }
}

/** A campaign as `campaign.json` has it. */
export function campaignText(campaign: Campaign): string {
  return canonicalJson(campaign)
}

function isPass({ verdict }: Report): boolean {
  return verdict === 'passed' || verdict === 'passed-with-waivers'
}

function lastUnmet(runs: readonly CampaignRun[], frameSize: string): Verdict {
  const unmet = runs.findLast(
    ({ frameSize: size, left }) => size === frameSize && (left === undefined || !isPass(left.report)),
  )
  return unmet === undefined ? 'inconclusive' : (unmet.left?.report.verdict ?? 'error')
}

/** What the cluster failed counts more than what was not judged. */
function worst(verdicts: readonly Verdict[]): Verdict {
  const order: readonly Verdict[] = ['failed', 'error', 'inconclusive']
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'inconclusive'
}

function lackingText({ repetitions }: CampaignPlan, lacking: readonly SizeResult[]): string {
  const named = lacking.map(({ frameSize, passed }) => `${passed.length} with frameSize=${frameSize}`)
  return `each size of frames needs ${repetitions} ${repetitions === 1 ? 'pass' : 'passes'}, there are ${named.join(', ')}`
}

function whyPassesGiveNone(runs: readonly CampaignRun[]): string | undefined {
  const passed = runs.flatMap(({ left }, index) =>
    left !== undefined && isPass(left.report) ? [{ ...left, number: index + 1 }] : [],
  )
  for (const { report, number } of passed) {
    const why = whyNoCertificate(report)
    if (why !== undefined) return `run ${number} gives none: ${why}`
  }
  const [first] = passed
  const other = passed.find(({ environment }) => environment !== first?.environment)
  return other === undefined
    ? undefined
    : `the environment of run ${other.number} is not that of run ${first?.number ?? 1}`
}

function isSameRun(one: Report, other: Report): boolean {
  const key = ({ startedAt, cluster: { namespace, configMap } }: Report) =>
    canonicalJson([startedAt, namespace, configMap])
  return key(one) === key(other)
}

/** What differs in each run of a campaign. */
const OF_THE_SIZE = ['frameSize', 'trafficGenPacketsPerSecond']

function differences(first: Report, report: Report): string[] {
  const names = new Set([...Object.keys(first.parameters), ...Object.keys(report.parameters)])
  const changed = [...names].filter(
    (name) => !OF_THE_SIZE.includes(name) && first.parameters[name] !== report.parameters[name],
  )
  return [
    ...(report.cluster.uid === first.cluster.uid ? [] : ['is of another cluster']),
    ...(report.simulated === first.simulated ? [] : ['is simulated, or the others are']),
    ...(report.catalogue?.digest === first.catalogue?.digest ? [] : ['was judged by another catalogue']),
    ...(changed.length === 0 ? [] : [`has other parameters: ${changed.join(', ')}`]),
  ]
}
