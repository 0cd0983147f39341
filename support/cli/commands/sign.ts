/** `dpdk-checkup sign`: signs the statement of a bundle with the user's key. */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createPublicKey } from 'node:crypto'
import { describeError, InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { ENVELOPE_FILE, envelopeOf, keyId, privateKeyOf } from '../../report/envelope.ts'
import type { BundleFiles } from '../../report/manifest.ts'
import { readBundle, refusal } from '../../report/read-bundle.ts'
import { type Call, defineCommand } from '../command.ts'
import { readKey } from '../read-key.ts'

const OPTIONS = {
  'sign-key': {
    type: 'text',
    value: 'FILE',
    doc: 'the private key, Ed25519 in PEM, without a passphrase',
  },
} as const

export const sign = defineCommand({
  name: 'sign',
  summary: 'Sign the statement of a bundle with your key',
  details: `
It verifies the bundle, then writes ${ENVELOPE_FILE} (a DSSE envelope) into the bundle's folder, or next to its archive.
You can sign a failed run too: a signature shows who made the bundle, not that the run passed.`,
  arguments: [
    {
      name: 'BUNDLE',
      doc: 'a bundle.tar.gz, the folder it was unpacked to, the folder of a run, or a campaign.tar.gz',
      isRequired: true,
    },
  ],
  options: OPTIONS,
  examples: [{ line: 'sign bundle.tar.gz --sign-key lab.pem', doc: `Writes ${ENVELOPE_FILE} beside it` }],
  exitCodes: '0 signed, 2 the bundle is not valid, or the key is not valid',
  run: signGiven,
})

async function signGiven({ options, args, session }: Call<typeof OPTIONS>): Promise<number> {
  const [given = ''] = args
  const file = options['sign-key']
  if (file === undefined) throw new InvalidInputError(['--sign-key is missing: it names the private key'])
  const key = privateKeyOf(await readKey(file), file)
  const { files, folder } = await readBundle(given)
  const envelope = path.join(folder, ENVELOPE_FILE)
  if (files.has(ENVELOPE_FILE))
    throw refusal(`the bundle is signed already: remove ${envelope} to sign it again`)
  const { statement } = await statementIn(files)
  try {
    await writeFile(envelope, envelopeOf(statement, key), { flag: 'wx' })
  } catch (error) {
    throw refusal(`${envelope} cannot be written: ${describeError(error)}`)
  }
  session.print(`signed with the key ${keyId(createPublicKey(key))}: ${envelope}`)
  return EXIT_CODE.ok
}

/** @throws InvalidInputError if they are refused */
async function statementIn(files: BundleFiles): Promise<{ readonly statement: Buffer }> {
  const { isCampaign, verifyCampaign } = await import('../../verification/verify-campaign.ts')
  if (isCampaign(files)) return verifyCampaign(files)
  const { verifyBundle } = await import('../../verification/verify-bundle.ts')
  return verifyBundle(files)
}
