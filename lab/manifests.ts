/** The manifests a user applies, with what the README leaves to be filled in. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'

const FOLDER = new URL('../fixtures/manifests/', import.meta.url)
/** The Job's name in its manifest. */
export const JOB = 'dpdk-checkup'

export interface FilledIn {
  /** The checkup's image. */
  readonly image: string
  /** The ConfigMap's name and data. */
  readonly configMap: string
  readonly data: Readonly<Record<string, string>>
}

/** Writes them into a folder, in the order in which they are applied. Returns their paths. */
export async function writeManifests(
  folder: string,
  { image, configMap, data }: FilledIn,
): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const read = (name: string) => readFile(new URL(name, FOLDER), 'utf8')
  const job = (await read('job.yaml')).replaceAll('<checkup-image>', image)
  const parameters = parse(await read('configmap.yaml')) as { metadata: object }
  const filled = { ...parameters, metadata: { ...parameters.metadata, name: configMap }, data }
  const files = {
    'permissions.yaml': await read('permissions.yaml'),
    'configmap.yaml': stringify(filled),
    'job.yaml': job,
  }
  for (const [name, text] of Object.entries(files)) {
    const rest = /<[a-z-]+>/.exec(text)
    if (rest !== null) throw new Error(`${name} has something left to fill in: ${rest[0]}`)
    await writeFile(join(folder, name), text)
  }
  return Object.keys(files).map((name) => join(folder, name))
}
