/**
 * `statement.json`: what a run found, as an in-toto Statement for auditors and for signatures. It names the bundle by the
 * digest of its manifest, which has the digests of all files.
 *
 * Sources: in-toto/attestation, spec/v1 (Statement, ResourceDescriptor) and spec/predicates/test-result.md.
 */
import { canonicalJson, digitsOf, sha256 } from '../common/canonical-json.ts'
import type { CampaignPlan, CampaignResult, CampaignRun } from '../model/campaign.ts'
import type { Criterion } from '../model/criterion-result.ts'
import type { Report, Verdict } from '../model/report.ts'
import { ENVIRONMENT_FILE, environmentOf } from './environment.ts'
import { MANIFEST_FILE } from './manifest.ts'

export const STATEMENT_FILE = 'statement.json'
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
export const PREDICATE_TYPE = 'https://in-toto.io/attestation/test-result/v0.1'
/** Field of the predicate with facts that the predicate's type has no field for. Readers ignore unknown fields. */
const RUN_FIELD = 'dpdk-checkup.kubevirt.io/run'
/** The same for a campaign. */
const CAMPAIGN_FIELD = 'dpdk-checkup.kubevirt.io/campaign'

interface Digest {
  readonly sha256: string
}

interface ResourceDescriptor {
  readonly name: string
  readonly digest: Digest
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Statement {
  readonly _type: typeof STATEMENT_TYPE
  readonly subject: readonly ResourceDescriptor[]
  readonly predicateType: typeof PREDICATE_TYPE
  readonly predicate: {
    readonly result: 'PASSED' | 'WARNED' | 'FAILED'
    readonly configuration: readonly ResourceDescriptor[]
    readonly passedTests: readonly string[]
    readonly warnedTests: readonly string[]
    readonly failedTests: readonly string[]
    readonly [RUN_FIELD]?: object
    readonly [CAMPAIGN_FIELD]?: object
  }
}

/** @param manifest content of `manifest.sha256` */
function statementOf(report: Report, manifest: string): Statement {
  const { criteria } = report
  const ids = (of: TestResult) => criteria.filter((each) => resultOf(each) === of).map(({ id }) => id)
  const { suite, verdict, simulated, startedAt, completedAt, cluster } = report
  return {
    _type: STATEMENT_TYPE,
    subject: [
      { name: MANIFEST_FILE, digest: { sha256: sha256(manifest) } },
      { name: ENVIRONMENT_FILE, digest: { sha256: sha256(environmentOf(report).json) } },
    ],
    predicateType: PREDICATE_TYPE,
    predicate: {
      result: runResult(report),
      configuration: configurationOf(report),
      passedTests: ids('passed'),
      warnedTests: ids('warned'),
      failedTests: ids('failed'),
      [RUN_FIELD]: { suite, verdict, simulated, startedAt, completedAt, clusterUid: cluster.uid },
    },
  }
}

/** The statement as the file has it. */
export function statementText(report: Report, manifest: string): string {
  return canonicalJson(statementOf(report, manifest))
}

/**
 * The statement of a campaign: its tests are the sizes of frames. One that passed after a run that did not, or with
 * waivers, is a warning.
 * @param digest of the package's manifest
 */
export function campaignStatement(
  { profile, repetitions }: CampaignPlan,
  runs: readonly CampaignRun[],
  { verdict, simulated, sizes }: CampaignResult,
  digest: string,
): string {
  const results = sizes.map(({ frameSize, passed, unmet }) => {
    const isWarned = unmet > 0 || passed.some((report) => report.verdict === 'passed-with-waivers')
    const result = passed.length < repetitions ? 'failed' : isWarned ? 'warned' : 'passed'
    return { name: `frameSize=${frameSize}`, result }
  })
  const named = (of: TestResult) => results.filter(({ result }) => result === of).map(({ name }) => name)
  const all = runs.flatMap(({ left }) => (left === undefined ? [] : [left]))
  const [first] = all
  const environments = [...new Set(all.map(({ environment }) => environment))]
  const isWarned = simulated || named('warned').length > 0
  const statement: Statement = {
    _type: STATEMENT_TYPE,
    subject: [
      { name: MANIFEST_FILE, digest: { sha256: digitsOf(digest) } },
      ...environments.map((environment) => ({
        name: ENVIRONMENT_FILE,
        digest: { sha256: digitsOf(environment) },
      })),
    ],
    predicateType: PREDICATE_TYPE,
    predicate: {
      result: !isPass(verdict) ? 'FAILED' : isWarned ? 'WARNED' : 'PASSED',
      configuration: [
        ...(first === undefined ? [] : catalogueOf(first.report)),
        described('profile', { profile, repetitions }, { name: profile }),
      ],
      passedTests: named('passed'),
      warnedTests: named('warned'),
      failedTests: named('failed'),
      [CAMPAIGN_FIELD]: {
        verdict,
        simulated,
        clusterUid: first?.report.cluster.uid,
        runs: runs.map(({ frameSize, left }) => ({
          frameSize,
          verdict: left?.report.verdict,
          bundle: left?.bundle,
        })),
      },
    },
  }
  return canonicalJson(statement)
}

function isPass(verdict: Verdict): boolean {
  return verdict === 'passed' || verdict === 'passed-with-waivers'
}

type TestResult = 'passed' | 'warned' | 'failed'

/** A pass of simulated guests says nothing of a cluster, and one with waivers less than a pass: both are warnings. */
function runResult({ verdict, simulated }: Report): 'PASSED' | 'WARNED' | 'FAILED' {
  if (!isPass(verdict)) return 'FAILED'
  return simulated === true || verdict === 'passed-with-waivers' ? 'WARNED' : 'PASSED'
}

function resultOf({ outcome, waived }: Criterion): TestResult {
  if (outcome === 'passed') return 'passed'
  return outcome === 'not-judged' || waived !== undefined ? 'warned' : 'failed'
}

/** What the run was judged by. */
function configurationOf(report: Report): ResourceDescriptor[] {
  const { parameters, profile, waivers } = report
  return [
    ...catalogueOf(report),
    ...(profile === undefined ? [] : [described('profile', profile, { name: profile.name })]),
    described('parameters', parameters),
    ...(waivers === undefined ? [] : [described('waivers', waivers)]),
  ]
}

function catalogueOf({ catalogue }: Report): ResourceDescriptor[] {
  if (catalogue === undefined) return []
  const digest = { sha256: digitsOf(catalogue.digest) }
  return [{ name: 'catalogue', digest, annotations: { version: catalogue.version } }]
}

function described(
  name: string,
  data: unknown,
  annotations?: ResourceDescriptor['annotations'],
): ResourceDescriptor {
  return {
    name,
    digest: { sha256: sha256(canonicalJson(data)) },
    ...(annotations === undefined ? {} : { annotations }),
  }
}
