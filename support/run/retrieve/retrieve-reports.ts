/** Retrieves a run's reports from the cluster, even if its pod is long gone. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import type { ApiClient } from '../../cluster/api-client.ts'
import { type ConfigMap, ConfigMaps } from '../../cluster/config-map.ts'
import { SuiteError } from '../../common/errors.ts'
import type { Limits } from '../../common/wait.ts'
import { type Verdict, verdictSchema } from '../../model/report.ts'
import type { BundleFiles } from '../../report/manifest.ts'
import { JSON_FILE, stampOf, SUMMARY_FILE } from '../../report/report-folders.ts'
import { parseReport } from '../../report/read-report.ts'
import { REPORT_KEYS, type ReportState, reportConfigMapName } from '../report-config-map.ts'
import { explainAbsence, NoReportsError } from './absence.ts'
import { unpack } from './unpack.ts'
import { writeFiles, writeRedacted } from './write-files.ts'
import { REPORT_CONFIG_MAP_KEY, START_KEY } from '../../model/status-keys.ts'

export interface CheckupRef {
  readonly namespace: string
  /** Name of the checkup's ConfigMap. */
  readonly configMap: string
}

export interface RetrieveOptions {
  /** Without names of nodes, addresses and the API server's host. */
  readonly redact?: boolean
}

export interface Retrieved {
  /** The new folder that contains only them. */
  readonly folder: string
  /** Relative to it, sorted. */
  readonly files: readonly string[]
  readonly startedAt: string
  readonly verdict: Verdict
  /** Whether the run had ended when it wrote them. */
  readonly state: ReportState
  /** Names of files that did not fit. */
  readonly leftOut: readonly string[]
}

/**
 * Writes the reports into a new folder in `folder`, named after the run:
 * `2026-11-30T071215Z-passed-dpdk-checkup-config`. Writes all of them or none.
 * @throws NoReportsError with the reason if there are none; SuiteError if they are malformed; ApiError
 */
export async function retrieveReports(
  client: ApiClient,
  checkup: CheckupRef,
  folder: string,
  limits: Limits,
  { redact = false }: RetrieveOptions = {},
): Promise<Retrieved> {
  const { data, binaryData, metadata } = await findKept(new ConfigMaps(client), checkup, limits)
  const what = `ConfigMap ${checkup.namespace}/${metadata.name}`
  const facts = factsOf(data ?? {}, what)
  const files = await unpack(binaryData ?? {}, what)
  const name = `${stampOf(facts.startedAt)}-${facts.verdict}-${checkup.configMap}`
  await mkdir(folder, { recursive: true })
  const part = await mkdtemp(path.join(folder, '.part-'))
  try {
    const written = redact ? await writeRedacted(files, part) : await writeFiles(await withPage(files), part)
    const made = await moveTo(part, path.join(folder, redact ? `${name}-redacted` : name))
    return { ...facts, folder: made, files: written.toSorted() }
  } finally {
    await rm(part, { recursive: true, force: true })
  }
}

/** The ConfigMap that the status names; otherwise the ConfigMap with the default name, for a run that was killed before it
 * wrote its status.
 */
async function findKept(
  configMaps: ConfigMaps,
  { namespace, configMap }: CheckupRef,
  limits: Limits,
): Promise<ConfigMap> {
  const where = `${namespace}/${configMap}`
  const checkup = await configMaps.find(namespace, configMap, limits)
  if (checkup === undefined)
    throw new NoReportsError(
      'no-configmap',
      `there is no ConfigMap ${where}; the reports of a run go with it`,
    )
  const data = checkup.data ?? {}
  const named = data[REPORT_CONFIG_MAP_KEY] ?? ''
  const name = named === '' ? reportConfigMapName(configMap) : named
  const kept = await configMaps.find(namespace, name, limits)
  // Reports of another run with a ConfigMap of this name do not count.
  const isOfRun =
    kept?.data?.[REPORT_KEYS.startedAt] === data[START_KEY] &&
    kept?.metadata.ownerReferences?.some(({ uid }) => uid === checkup.metadata.uid) === true
  if (kept === undefined || !isOfRun) throw explainAbsence(data, where)
  return kept
}

const factsSchema = z.object({
  [REPORT_KEYS.startedAt]: z.iso.datetime({ offset: true }),
  [REPORT_KEYS.verdict]: verdictSchema,
  [REPORT_KEYS.state]: z.enum(['before-teardown', 'final']),
  [REPORT_KEYS.leftOut]: z.string(),
})

function factsOf(data: Readonly<Record<string, string>>, what: string): Omit<Retrieved, 'folder' | 'files'> {
  const { data: facts, error } = factsSchema.safeParse(data)
  if (facts === undefined)
    throw new SuiteError(
      'unexpected-answer',
      `${what} does not say which run it is of: ${z.prettifyError(error)}`,
    )
  const { startTimestamp: startedAt, verdict, state, leftOut } = facts
  return { startedAt, verdict, state, leftOut: leftOut.split('\n').filter((name) => name !== '') }
}

/** An interrupted run had no time to render its page. */
async function withPage(files: BundleFiles): Promise<BundleFiles> {
  const json = files.get(JSON_FILE)
  if (json === undefined || files.has(SUMMARY_FILE)) return files
  try {
    const report = parseReport(json.toString(), JSON_FILE)
    const { renderSummaryPage } = await import('../../report/html/summary-page.ts')
    return new Map([...files, [SUMMARY_FILE, Buffer.from(renderSummaryPage(report))]])
  } catch {
    // Written by a newer suite: its reports are retrieved as they are.
    return files
  }
}

/** Moves to a free name, so that earlier retrieved reports stay. */
async function moveTo(part: string, wanted: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? wanted : `${wanted}-${number}`
    if (existsSync(free)) continue
    try {
      await rename(part, free)
      return free
    } catch (error) {
      // Another process took the name meanwhile.
      if (!existsSync(free)) throw error
    }
  }
}
