/**
 * Where reports are written: into a folder per run, below `reports/` in the working directory or below
 * `DPDK_CHECKUP_REPORTS`. Files with fixed names next to these folders are copies from the latest run. Files that Prow
 * shows go to the top of `$ARTIFACTS` (or `$ARTIFACT_DIR`).
 */
import path from 'node:path'

export type Environment = Readonly<Record<string, string | undefined>>

export const JUNIT_FILE = 'junit_dpdk-checkup.xml'
export const JSON_FILE = 'report.json'
export const METRICS_FILE = 'metrics.prom'
export const SUMMARY_FILE = 'dpdk-checkup-summary.html'
/** Only of a run that gives a certificate. */
export const CERTIFICATE_FILE = 'certificate.html'
export const HTML_FILE = 'mochawesome.html'
/** Only if the run requests pairs of nodes. */
export const NODES_FILE = 'nodes.csv'
export const BUNDLE_FILE = 'bundle.tar.gz'
/** All runs of a campaign. */
export const PACKAGE_FILE = 'campaign.tar.gz'
/** In the package of a campaign: what it is, and the bundles of its runs. */
export const CAMPAIGN_FILE = 'campaign.json'

/** The folder with the reports of the latest run, under fixed names. */
export interface LatestFolder {
  readonly folder: string
  /** Identifies the run that wrote the files: another token in the folder means that a later run has started. */
  readonly token: string
}

/** A CI system's artifacts folder. */
export interface ArtifactsFolder {
  readonly folder: string
  /** Inserted before a file's extension if another run has taken the plain names; empty otherwise. */
  readonly suffix: string
}

export interface ReportFolders {
  /** All reports of this run only. */
  readonly folder: string
  readonly latest?: LatestFolder | undefined
  readonly artifacts?: ArtifactsFolder | undefined
}

/** The parent folder of all runs' folders. */
export function reportsFolder(env: Environment): string {
  return path.resolve(nonEmpty(env['DPDK_CHECKUP_REPORTS']) ?? 'reports')
}

/** A CI system's artifacts folder; undefined if there is none or it is the reports folder. */
export function artifactsFolder(env: Environment): string | undefined {
  const artifacts = nonEmpty(env['ARTIFACTS']) ?? nonEmpty(env['ARTIFACT_DIR'])
  if (artifacts === undefined || path.resolve(artifacts) === reportsFolder(env)) return undefined
  return path.resolve(artifacts)
}

/** Path of a report in the artifacts folder; with a suffix: `junit_dpdk-checkup_2026-11-30T071215Z.xml`. */
export function artifactPath({ folder, suffix }: ArtifactsFolder, file: string): string {
  const dot = file.indexOf('.')
  return path.join(folder, file.slice(0, dot) + suffix + file.slice(dot))
}

/** A time for file names, without colons: `2026-11-30T071215Z`. */
export function stampOf(startedAt: string): string {
  return new Date(startedAt).toISOString().replace(/\.\d+/, '').replaceAll(':', '')
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

/** Name of a run's bundle in the package of a campaign. @param index from 0 */
export function runFile(index: number): string {
  return `runs/${String(index + 1).padStart(2, '0')}.tar.gz`
}

/** Whether a file of a package is the bundle of a run. */
export function isRunFile(name: string): boolean {
  return /^runs\/\d+\.tar\.gz$/.test(name)
}
