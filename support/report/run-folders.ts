/** Makes the folders for the reports of this process's run, shared by suite and reporter. */
import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Report, Verdict } from '../model/report.ts'
import { UNFINISHED, unfinishedReport } from './conclude.ts'
import { renderJson } from './json.ts'
import { renderJunit } from './junit.ts'
import { renderMetrics } from './metrics.ts'
import { claimLatest, removeLatest, writeLatest } from './latest.ts'
import {
  artifactPath,
  artifactsFolder,
  type ArtifactsFolder,
  CERTIFICATE_FILE,
  type Environment,
  JSON_FILE,
  JUNIT_FILE,
  type LatestFolder,
  METRICS_FILE,
  type ReportFolders,
  reportsFolder,
  stampOf,
  SUMMARY_FILE,
} from './report-folders.ts'

/** Number of runs' folders that are kept, including this run's. */
export const KEPT_RUNS = 20
const RUN_FOLDER =
  /^\d{4}-\d\d-\d\dT\d{6}Z-(?:passed|passed-with-waivers|failed|inconclusive|error)(?:-\d+)?$/

interface OwnFolder {
  readonly path: string
  readonly stamp: string
  readonly verdict: Verdict
}

export class RunFolders {
  #latest: LatestFolder | undefined
  #own: OwnFolder | undefined
  #artifacts: ArtifactsFolder | undefined

  /**
   * Starts the run. Until it ends, the files of the latest run say that it has not ended: if it is killed, no pass of
   * an earlier run remains where people and CI systems look.
   */
  begin(env: Environment, startedAt: Date): void {
    this.#latest = { folder: reportsFolder(env), token: randomUUID() }
    const report = unfinishedReport(startedAt)
    try {
      mkdirSync(this.#latest.folder, { recursive: true })
      claimLatest(this.#latest)
      writeLatest(this.#latest, JSON_FILE, renderJson(report))
      writeLatest(this.#latest, JUNIT_FILE, renderJunit(report))
      writeLatest(this.#latest, SUMMARY_FILE, UNFINISHED_PAGE)
      writeLatest(this.#latest, METRICS_FILE, renderMetrics(report))
      removeLatest(this.#latest, CERTIFICATE_FILE)
    } catch {
      // Writing the reports will fail too, and that error is reported.
    }
  }

  /**
   * The folders of a run with this start and verdict: `2026-11-30T071215Z-passed`. If the verdict changes, the folder
   * is renamed.
   */
  of({ startedAt, verdict }: Pick<Report, 'startedAt' | 'verdict'>, env: Environment): ReportFolders {
    if (this.#latest === undefined) this.begin(env, new Date(startedAt))
    const stamp = this.#own?.stamp ?? stampOf(startedAt)
    if (this.#own?.verdict !== verdict) {
      const wanted = path.join(reportsFolder(env), `${stamp}-${verdict}`)
      this.#own = { path: runFolder(wanted, this.#own?.path), stamp, verdict }
    }
    this.#artifacts ??= claimArtifacts(artifactsFolder(env), stamp)
    return { folder: this.#own.path, latest: this.#latest, artifacts: this.#artifacts }
  }
}

export const runFolders = new RunFolders()

/** @param before the run's folder so far */
function runFolder(wanted: string, before: string | undefined): string {
  const parent = path.dirname(wanted)
  try {
    mkdirSync(parent, { recursive: true })
    const made = firstFree(wanted, (free) => {
      mkdirSync(free)
      // Renames onto the new empty folder, so that no other run can take its name.
      if (before !== undefined) renameSync(before, free)
    })
    removeOldRuns(parent, path.basename(made))
    return made
  } catch {
    // Writing the reports will fail too, and that error is reported.
    return before ?? wanted
  }
}

/** If another run has the same start and verdict, this run's folder gets a number. */
function firstFree(wanted: string, take: (free: string) => void): string {
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? wanted : `${wanted}-${number}`
    try {
      take(free)
      return free
    } catch (error) {
      if (!isTaken(error)) throw error
    }
  }
}

/** If another run has files in this folder, this run's file names get its start time. */
function claimArtifacts(folder: string | undefined, stamp: string): ArtifactsFolder | undefined {
  if (folder === undefined) return undefined
  try {
    mkdirSync(folder, { recursive: true })
    for (let number = 0; ; number += 1) {
      const suffix = number === 0 ? '' : number === 1 ? `_${stamp}` : `_${stamp}-${number}`
      try {
        closeSync(openSync(artifactPath({ folder, suffix }, JUNIT_FILE), 'wx'))
        return { folder, suffix }
      } catch (error) {
        if (!isTaken(error)) throw error
      }
    }
  } catch {
    // Writing the reports will fail too, and that error is reported.
    return { folder, suffix: '' }
  }
}

/** Removes the oldest folders: their names sort by time. Folders with other names are left alone. */
function removeOldRuns(parent: string, kept: string): void {
  try {
    const others = readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== kept && RUN_FOLDER.test(entry.name))
      .map(({ name }) => name)
      .sort()
    for (const name of others.slice(0, Math.max(0, others.length + 1 - KEPT_RUNS)))
      rmSync(path.join(parent, name), { recursive: true, force: true })
  } catch {
    // An old folder that cannot be removed does not affect this run.
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}

const UNFINISHED_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>DPDK checkup: not ended</title>
<h1>DPDK checkup</h1>
<p>No result: ${UNFINISHED}.</p>
</html>
`
