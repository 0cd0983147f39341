/** The manifests that a user applies, with the README's placeholders filled in. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { commandLine } from '../support/common/shell-quote.ts'

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

/** The path of each written manifest. */
export type Manifests = Readonly<
  Record<'permissions' | 'preflight-permissions' | 'configmap' | 'job', string>
>

/** Writes the manifests into a folder. @throws Error if a placeholder is left */
export async function writeManifests(
  folder: string,
  { image, configMap, data }: FilledIn,
): Promise<Manifests> {
  await mkdir(folder, { recursive: true })
  const read = (name: string) => readFile(new URL(name, FOLDER), 'utf8')
  const job = (await read('job.yaml')).replaceAll('<checkup-image>', image)
  const parameters = parse(await read('configmap.yaml')) as { metadata: object }
  const filled = { ...parameters, metadata: { ...parameters.metadata, name: configMap }, data }
  const texts = {
    permissions: await read('permissions.yaml'),
    'preflight-permissions': await read('preflight-permissions.yaml'),
    configmap: stringify(filled),
    job,
  }
  const write = async (name: keyof Manifests) => {
    const path = join(folder, `${name}.yaml`)
    const rest = /<[a-z-]+>/.exec(texts[name])
    if (rest !== null) throw new Error(`${name}.yaml has something left to fill in: ${rest[0]}`)
    await writeFile(path, texts[name])
    return path
  }
  return {
    permissions: await write('permissions'),
    'preflight-permissions': await write('preflight-permissions'),
    configmap: await write('configmap'),
    job: await write('job'),
  }
}

/** The README's kubectl commands that start a checkup on a cluster, in order; comments mark the optional ones. */
export function applyCommands(manifests: Manifests, namespace: string): string[] {
  const apply = (name: keyof Manifests) => commandLine('kubectl', 'apply', '-f', manifests[name])
  const role = 'dpdk-checkup-preflight'
  return [
    apply('permissions'),
    '# Optional: permissions for a full preflight.',
    apply('preflight-permissions'),
    commandLine(
      'kubectl',
      'create',
      'clusterrolebinding',
      role,
      `--clusterrole=${role}`,
      `--serviceaccount=${namespace}:dpdk-checkup-sa`,
    ),
    '# The checkup itself.',
    apply('configmap'),
    apply('job'),
  ]
}
