/** Unpacks the reports from a ConfigMap. Its content is not trusted: anyone with write permission can change it. */
import { describeError, SuiteError } from '../../common/errors.ts'
import { ENVELOPE_FILE } from '../../report/envelope.ts'
import { type BundleFiles, MANIFEST_FILE, violationsOf } from '../../report/manifest.ts'
import { BUNDLE_FILE } from '../../report/report-folders.ts'
import { STATEMENT_FILE } from '../../report/statement.ts'
import { Unpacking } from '../../report/unpacking.ts'

/**
 * The bundle's files, further reports that are not in the bundle, and the bundle itself.
 * @param files the ConfigMap's files by name, in base64
 * @throws SuiteError `unexpected-answer` if an entry leads out of the folder, is too large, is not a file, or does not
 * match its digest
 */
export async function unpack(files: Readonly<Record<string, string>>, what: string): Promise<BundleFiles> {
  try {
    const unpacking = new Unpacking()
    const bundle = files[BUNDLE_FILE]
    if (bundle !== undefined) {
      const packed = Buffer.from(bundle, 'base64')
      await unpacking.addArchive(packed)
      mustBeIntact(unpacking.files)
      unpacking.addFile(BUNDLE_FILE, packed)
    }
    for (const [name, text] of Object.entries(files))
      if (name !== BUNDLE_FILE) unpacking.addSingle(name, Buffer.from(text, 'base64'))
    return unpacking.files
  } catch (error) {
    throw new SuiteError('unexpected-answer', `${what} cannot be unpacked: ${describeError(error)}`, {
      cause: error,
    })
  }
}

/** A bundle of an older suite has no manifest of this name. */
function mustBeIntact(files: BundleFiles): void {
  const manifest = files.get(MANIFEST_FILE)?.toString()
  if (manifest === undefined) return
  const [violation] = violationsOf(manifest, files, [STATEMENT_FILE, ENVELOPE_FILE])
  if (violation !== undefined) throw new Error(violation)
}
