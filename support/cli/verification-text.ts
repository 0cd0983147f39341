/** What `dpdk-checkup verify` says of a campaign, and the form of what it says. */
import { oneLine, plural } from '../common/text.ts'
import { MANIFEST_FILE } from '../report/manifest.ts'
import type { Verification } from '../verification/verify-bundle.ts'
import type { CampaignVerification } from '../verification/verify-campaign.ts'

/** `verified: FILE`, and a line for each fact. */
export function factLines(given: string, facts: readonly (readonly [string, string])[]): string {
  return [`verified: ${given}`, ...facts.map(([name, value]) => `  ${name.padEnd(12)} ${value}`)].join('\n')
}

export function verdictText(verdict: string, simulated: boolean | undefined): string {
  return `${verdict}${simulated === true ? ' (simulated cluster: no real packet was sent)' : ''}`
}

/** The criteria that were not judged again: a line for each fact that the report lacks. */
export function asRecordedLines(
  asRecorded: Verification['asRecorded'],
): (readonly [name: string, value: string])[] {
  return [...Map.groupBy(asRecorded, ({ without }) => without)].map(
    ([without, criteria]) =>
      [
        'as recorded',
        `${criteria.length}, because the report lacks ${without}: ${criteria.map(({ id }) => id).join(', ')}`,
      ] as const,
  )
}

/** @param key id of the key that was given */
export function signatureText(
  { signature }: Pick<CampaignVerification, 'signature'>,
  key: string | undefined,
): string {
  if (signature === 'checked') return `by the key ${key ?? ''}`
  return signature === 'none' ? 'none' : 'not checked: give the signer’s public key with --key'
}

export function campaignLines(
  given: string,
  verified: CampaignVerification,
  key: string | undefined,
): string {
  const { campaign, result, runs, digest } = verified
  const { profile, repetitions, frameSizes } = campaign
  const unmet = result.sizes.reduce((sum, size) => sum + size.unmet, 0)
  return factLines(given, [
    [
      'campaign',
      `profile ${profile}, frameSize ${frameSizes.join(', ')}, ${plural(repetitions, 'pass', 'passes')} each`,
    ],
    ['cluster', oneLine(runs[0]?.report.cluster.uid ?? 'unknown')],
    ['verdict', verdictText(result.verdict, result.simulated)],
    ...campaign.runs.map(
      ({ frameSize, startedAt, verdict, bundle }, index) =>
        [
          `run ${index + 1}`,
          bundle === undefined
            ? `frameSize=${oneLine(frameSize)}: the run wrote no bundle`
            : `${startedAt ?? ''}, frameSize=${frameSize}: ${verdict ?? ''}, ${bundle}`,
        ] as const,
    ),
    [
      'runs',
      `${campaign.runs.length}, of which ${unmet} did not pass; ${plural(runs.length, 'bundle')} verified`,
    ],
    ['criteria', judgedText(runs)],
    ['certificate', certificateText(verified)],
    ['package', `${digest} (of ${MANIFEST_FILE})`],
    ['signature', signatureText(verified, key)],
  ])
}

/** Of all runs together. */
function judgedText(runs: CampaignVerification['runs']): string {
  const again = runs.reduce((sum, { judgedAgain }) => sum + judgedAgain.length, 0)
  const rest = runs.reduce((sum, { asRecorded }) => sum + asRecorded.length, 0)
  return `${again} of ${again + rest} judged again; verify the bundle of a run to see which criteria`
}

function certificateText({ certificate, result }: CampaignVerification): string {
  if (certificate === 'compared') return 'agrees with its runs'
  if (certificate === 'none') return `none: ${result.whyNot ?? ''}`
  return 'not compared: another version of the suite wrote it'
}

/** The same for programs. */
export function campaignFacts(verified: CampaignVerification, key: string | undefined) {
  const { campaign, result, digest, signature, certificate } = verified
  const { verdict, simulated, whyNot } = result
  return {
    verdict,
    simulated,
    profile: campaign.profile,
    repetitions: campaign.repetitions,
    runs: campaign.runs,
    package: digest,
    certificate,
    ...(whyNot === undefined ? {} : { noCertificate: whyNot }),
    signature,
    ...(key === undefined ? {} : { key }),
  }
}
