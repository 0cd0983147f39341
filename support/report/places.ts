/**
 * Where reports are written: into a folder of the run's own below `reports/` in the working directory, or below the
 * folder that `DPDK_CHECKUP_REPORTS` names. What people and CI systems look for by a fixed name is there as well, of the
 * latest start. What Prow shows goes to the top of `$ARTIFACTS` (or `$ARTIFACT_DIR`).
 */
import path from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

export const JUNIT_FILE = 'junit_dpdk-checkup.xml'
export const JSON_FILE = 'report.json'
export const SUMMARY_FILE = 'dpdk-checkup-summary.html'
export const HTML_FILE = 'mochawesome.html'
export const BUNDLE_FILE = 'bundle.tar.gz'

/** Where the reports of the latest start are, under names that never change. */
export interface LatestPlace {
  readonly folder: string
  /** What the start has left there; another start's in its place makes that the latest. */
  readonly token: string
}

/** Where a CI system collects files. */
export interface ArtifactsPlace {
  readonly folder: string
  /** Between a file's name and its ending, where another run has the plain names; empty otherwise. */
  readonly suffix: string
}

export interface Places {
  /** All reports of a run, and of no other one. */
  readonly folder: string
  readonly latest?: LatestPlace | undefined
  readonly artifacts?: ArtifactsPlace | undefined
}

/** The folder of folders of reports. */
export function reportsFolder(env: Environment): string {
  return path.resolve(nonEmpty(env['DPDK_CHECKUP_REPORTS']) ?? 'reports')
}

/** Where a CI system collects files, as far as that is another folder. */
export function artifactsFolder(env: Environment): string | undefined {
  const artifacts = nonEmpty(env['ARTIFACTS']) ?? nonEmpty(env['ARTIFACT_DIR'])
  if (artifacts === undefined || path.resolve(artifacts) === reportsFolder(env)) return undefined
  return path.resolve(artifacts)
}

/** A report's path among the artifacts: `junit_dpdk-checkup_2026-11-30T071215Z.xml` where there is a suffix. */
export function artifactPath({ folder, suffix }: ArtifactsPlace, file: string): string {
  const dot = file.indexOf('.')
  return path.join(folder, file.slice(0, dot) + suffix + file.slice(dot))
}

/** A moment as part of a file's name, which may hold no colon: `2026-11-30T071215Z`. */
export function stampOf(startedAt: string): string {
  return new Date(startedAt).toISOString().replace(/\.\d+/, '').replaceAll(':', '')
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
