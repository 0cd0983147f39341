/** The summary that `npm run images` prints at its end. */
import Table from 'cli-table3'
import type { BuiltImage } from './build.ts'

export function describeImages(images: readonly BuiltImage[]): string {
  const table = new Table({
    head: ['image', 'unpacked', 'archive', 'digest'],
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  })
  for (const { image, size, archiveSize, digest } of images) {
    const archive = archiveSize === undefined ? 'pushed' : `${(archiveSize / 1e6).toFixed(0)} MB`
    table.push([image, size, archive, digest])
  }
  const places = images.map(({ place, contents }) => `${place}\n  what is in it: ${contents}`)
  return `${table.toString()}\n${places.join('\n')}\n`
}
