/** `dpdk-checkup verify`: checks a bundle, without a cluster and without trusting who made it. */
import { EXIT_CODE } from '../../common/exit-code.ts'
import { oneLine, plural } from '../../common/text.ts'
import { isSuccess } from '../../model/exit-codes.ts'
import { keyId, publicKeyOf } from '../../report/envelope.ts'
import { MANIFEST_FILE } from '../../report/manifest.ts'
import { readBundle } from '../../report/read-bundle.ts'
import type { Verification } from '../../verification/verify-bundle.ts'
import { type Call, defineCommand } from '../command.ts'
import { FORMAT_OPTION, jsonText } from '../format-option.ts'
import { readKey } from '../read-key.ts'
import {
  asRecordedLines,
  campaignFacts,
  campaignLines,
  factLines,
  signatureText,
  verdictText,
} from '../verification-text.ts'

const OPTIONS = {
  key: {
    type: 'text',
    value: 'FILE',
    doc: 'the signer’s public key, Ed25519 in PEM: the bundle must have a signature of this key',
  },
  ...FORMAT_OPTION,
} as const

export const verify = defineCommand({
  name: 'verify',
  summary: 'Check that a bundle is unchanged, and that its packet counts give its verdict',
  details: `
It needs no cluster and no network. It compares each file with its digest, judges the criteria again from the facts and
packet counts in the report, repeats the capacity search with the recorded trials, and derives the verdict again. It
names the criteria that cannot be judged again without the cluster. If a file of the bundle was changed, it refuses the
bundle and prints each reason. Only a signature shows who made the bundle.`,
  arguments: [
    {
      name: 'BUNDLE',
      doc: 'a bundle.tar.gz, the folder it was unpacked to, the folder of a run, or a campaign.tar.gz',
      isRequired: true,
    },
  ],
  options: OPTIONS,
  examples: [
    {
      line: 'verify bundle.tar.gz',
      doc: 'Check that no file was changed and that the verdict follows from the packet counts',
    },
    { line: 'verify bundle.tar.gz --key lab.pub.pem', doc: 'Also require the signature of a lab' },
    { line: 'verify campaign.tar.gz', doc: 'Every run of a campaign, and its certificate' },
  ],
  exitCodes:
    '0 verified, and the run passed (or passed with waivers that it accepts), 1 verified, but the run did not pass, 2 the bundle or the key is not valid',
  run: verifyGiven,
})

async function verifyGiven({ options, args, session }: Call<typeof OPTIONS>): Promise<number> {
  const [given = ''] = args
  const key = options.key === undefined ? undefined : publicKeyOf(await readKey(options.key), options.key)
  const { files } = await readBundle(given)
  const id = key === undefined ? undefined : keyId(key)
  const isJson = options.format === 'json'
  const { isCampaign, verifyCampaign } = await import('../../verification/verify-campaign.ts')
  if (isCampaign(files)) {
    const campaign = await verifyCampaign(files, key)
    session.print(isJson ? jsonText(campaignFacts(campaign, id)) : campaignLines(given, campaign, id))
    return isSuccess(campaign.result) ? EXIT_CODE.ok : EXIT_CODE.failed
  }
  const { verifyBundle } = await import('../../verification/verify-bundle.ts')
  const verified = await verifyBundle(files, key)
  session.print(isJson ? jsonText(factsOf(verified, id)) : textOf(given, verified, files.size, id))
  return isSuccess(verified.report) ? EXIT_CODE.ok : EXIT_CODE.failed
}

function factsOf(
  { report, digest, environmentDigest, signature, judgedAgain, asRecorded, trials }: Verification,
  key?: string,
) {
  const { verdict, simulated = false, startedAt, cluster, suite } = report
  return {
    verdict,
    simulated,
    startedAt,
    suite,
    cluster,
    bundle: digest,
    environment: environmentDigest,
    signature,
    ...(key === undefined ? {} : { key }),
    judgedAgain,
    asRecorded,
    capacityTrials: trials,
  }
}

function textOf(given: string, verified: Verification, files: number, key: string | undefined): string {
  const { report, digest, environmentDigest, judgedAgain, asRecorded, trials } = verified
  const { verdict, simulated, startedAt, cluster, criteria } = report
  const again = `${judgedAgain.length} of ${plural(criteria.length, 'criterion', 'criteria')} judged again`
  return factLines(given, [
    ['run', `${startedAt}, ${oneLine(cluster.namespace)}/${oneLine(cluster.configMap)}`],
    ['verdict', verdictText(verdict, simulated)],
    ['bundle', `${digest} (of ${MANIFEST_FILE})`],
    ['environment', environmentDigest],
    ['files', `${files}, unchanged`],
    ['criteria', trials === 0 ? again : `${again}, ${plural(trials, 'capacity trial')} repeated`],
    ...asRecordedLines(asRecorded),
    ['signature', signatureText(verified, key)],
  ])
}
