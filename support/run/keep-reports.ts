/** Stores a run's reports in a ConfigMap next to the checkup's, so that they outlive its pod. */
import { describeError, isSuiteError } from '../common/errors.ts'
import type { Report } from '../model/report.ts'
import { attachments } from '../report/attachments.ts'
import type { Archive } from '../report/archive.ts'
import { archiveAtOnce, writeRunAndArchive } from '../report/output.ts'
import { recordKeptReports } from '../report/own-pod.ts'
import { cleanReport, type WrittenReport } from '../report/publish.ts'
import { runFolders } from '../report/run-folders.ts'
import { ReportConfigMap, type ReportState } from './report-config-map.ts'
import type { Run } from './run.ts'

const BEFORE_TEARDOWN =
  'these reports were written before the testbed was removed: what could not be removed is not in them'

export class ReportKeeper {
  readonly #run: Run
  readonly #configMap: ReportConfigMap | undefined
  #name: string | undefined
  #written: WrittenReport | undefined
  #isFinal = false

  constructor(run: Run) {
    this.#run = run
    const { claimed, journal, id } = run
    if (claimed === undefined) return
    const { cluster, environment } = claimed
    const startedAt = journal.startedAt.toISOString()
    this.#configMap = new ReportConfigMap(
      cluster.configMaps,
      environment,
      environment.pod?.uid ?? id,
      startedAt,
    )
  }

  /** Name of that ConfigMap, once it exists. */
  get name(): string | undefined {
    return this.#name
  }

  /** The reports written on this machine meanwhile. */
  get written(): WrittenReport | undefined {
    return this.#written
  }

  /** Whether these are the final reports. */
  get isFinal(): boolean {
    return this.#isFinal
  }

  /** Stores the reports before the testbed is removed, for a run that may be killed at any moment. Never throws. */
  async keepAtOnce(): Promise<void> {
    const { journal } = this.#run
    const found = journal.toReport()
    const report = cleanReport({ ...found, warnings: [...found.warnings, BEFORE_TEARDOWN] })
    await this.#keep(report, 'before-teardown', () => archiveAtOnce(report, attachments()))
  }

  /** Writes all reports and stores them. Never throws: a failure is a warning. */
  async keep(): Promise<void> {
    if (this.#configMap === undefined) return
    const { journal } = this.#run
    const report = cleanReport(journal.toReport())
    const archive = await this.#keep(report, 'final', () => this.#pack(report))
    if (archive === undefined) return
    this.#isFinal = true
    const { leftOut } = archive
    if (leftOut.length > 0) journal.warn(`ConfigMap ${this.#name ?? ''} is without ${leftOut.join(', ')}`)
  }

  async #pack(report: Report): Promise<Archive> {
    const attached = attachments()
    try {
      const folders = runFolders.of(report, process.env)
      const { written, archive } = await writeRunAndArchive(report, attached, folders, this.#run.keepLimits)
      this.#written = { report, ...written }
      return archive
    } catch {
      // The reporter writes them again, and reports the error.
      return archiveAtOnce(report, attached)
    }
  }

  async #keep(
    report: Report,
    state: ReportState,
    pack: () => Promise<Archive>,
  ): Promise<Archive | undefined> {
    const { journal, claimed } = this.#run
    if (this.#configMap === undefined || claimed === undefined) return undefined
    try {
      const archive = await pack()
      this.#name = await this.#configMap.write(
        { archive, verdict: report.verdict, state },
        this.#run.keepLimits,
      )
      recordKeptReports({ namespace: claimed.environment.namespace, configMap: this.#name })
      return archive
    } catch (error) {
      // The reason for the missing claim was reported before.
      const isKnown = !claimed.isCertain && isSuiteError(error, 'not-claimed')
      if (!isKnown) journal.warn(`the reports could not be kept in a ConfigMap: ${describeError(error)}`)
      return undefined
    }
  }
}
