/** Writes read-only data disks as ISO 9660 images. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LabError } from '../../lab-error.ts'
import type { GuestDataDisk } from '../guest-runtime.ts'
import { runToEnd } from './child-process.ts'

/** Writes an image with the disk's files to `path`. @throws LabError `data-disk` */
export async function writeIsoImage(disk: GuestDataDisk, path: string, signal?: AbortSignal): Promise<void> {
  const folder = `${path}.files`
  await mkdir(folder)
  try {
    for (const [name, content] of Object.entries(disk.files)) {
      if (!/^[^/\0]{1,200}$/.test(name) || name === '.' || name === '..')
        throw new LabError('data-disk', `Disk ${disk.name}: '${name}' is not usable as a file name.`)
      await writeFile(join(folder, name), content)
    }
    // Rock Ridge and Joliet allow file names of any case and length. `-r` gives all files the same owner.
    const label = disk.label === undefined ? [] : ['-V', disk.label]
    const { code, stderr } = await runToEnd(
      'xorriso',
      ['-as', 'mkisofs', '-quiet', '-r', '-J', ...label, '-o', path, folder],
      signal,
    )
    if (code !== 0) throw new LabError('data-disk', `Disk ${disk.name} could not be written: ${stderr}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
