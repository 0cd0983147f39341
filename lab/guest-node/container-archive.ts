/** All files that a node needs for a container, as one archive (tar). */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'
import type { ContainerPlan } from '../workloads/container-runtime.ts'

/** @param files texts by their path in the archive. Volumes with files are added as `volumes/INDEX`. */
export async function containerArchive(
  plan: ContainerPlan,
  files: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const archive = pack()
  for (const [name, text] of Object.entries(files)) archive.entry({ name }, text)
  for (const [index, { kind, source, target }] of plan.mounts.entries()) {
    if (kind === 'image') throw new Error(`the image's folder ${target} is not in the node's image`)
    if (kind !== 'files') continue
    const volume = `volumes/${index}`
    archive.entry({ name: volume, type: 'directory', mode: 0o755 })
    const entries = await readdir(source, { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name)
      const name = `${volume}/${relative(source, path)}`
      if (entry.isDirectory()) archive.entry({ name, type: 'directory', mode: 0o755 })
      else archive.entry({ name, mode: 0o644 }, await readFile(path))
    }
  }
  archive.finalize()
  return buffer(archive)
}
