/** The reports of the latest run, under fixed names. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { LatestFolder } from './report-folders.ts'

/** Contains the token of the latest run. */
const TOKEN_FILE = '.latest'

/** Makes a run the latest one. @throws if the folder is not writable */
export function claimLatest({ folder, token }: LatestFolder): void {
  writeFileSync(path.join(folder, TOKEN_FILE), token)
}

/** Writes a report atomically, but only if no later run has started. @throws if it cannot be written */
export function writeLatest({ folder, token }: LatestFolder, file: string, text: string): void {
  const part = path.join(folder, `.${file}.${token}`)
  try {
    writeFileSync(part, text)
    // No slow operation between check and rename, so that hardly any later run can start in between.
    if (isLatest({ folder, token })) renameSync(part, path.join(folder, file))
  } finally {
    rmSync(part, { force: true })
  }
}

/** Removes a report that could not be written: the existing file says that the run has not ended. */
export function removeLatest(latest: LatestFolder, file: string): void {
  if (isLatest(latest)) rmSync(path.join(latest.folder, file), { force: true })
}

/** Also true if the token file was deleted meanwhile. */
function isLatest({ folder, token }: LatestFolder): boolean {
  try {
    return readFileSync(path.join(folder, TOKEN_FILE), 'utf8') === token
  } catch {
    return true
  }
}
