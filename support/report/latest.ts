/** The reports of the latest start, under names that never change. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { LatestPlace } from './places.ts'

/** Holds the token of the latest start. */
const TOKEN_FILE = '.latest'

/** Makes a start the latest one. @throws where the folder can't be written to */
export function claimLatest({ folder, token }: LatestPlace): void {
  writeFileSync(path.join(folder, TOKEN_FILE), token)
}

/**
 * Writes a report whole or not at all, and only while no later run has started.
 * @throws where it can't be written
 */
export function writeLatest({ folder, token }: LatestPlace, file: string, text: string): void {
  const part = path.join(folder, `.${file}.${token}`)
  try {
    writeFileSync(part, text)
    // Nothing that could take long comes between these two.
    if (isLatest({ folder, token })) renameSync(part, path.join(folder, file))
  } finally {
    rmSync(part, { force: true })
  }
}

/** For a report that there is none of: what stands there says that the run has not ended. */
export function removeLatest(place: LatestPlace, file: string): void {
  if (isLatest(place)) rmSync(path.join(place.folder, file), { force: true })
}

/** Also where somebody has cleared the folder meanwhile. */
function isLatest({ folder, token }: LatestPlace): boolean {
  try {
    return readFileSync(path.join(folder, TOKEN_FILE), 'utf8') === token
  } catch {
    return true
  }
}
