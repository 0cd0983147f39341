/**
 * The suite's only mocha reporter (mocha uses the last one given). It reports what the suite found, not what mocha
 * counted, writes all reports, and sets the exit code: 0 passed, 1 the cluster failed a criterion, 2 the suite could
 * not judge it.
 */
import path from 'node:path'
import type Mocha from 'mocha'
import { describeError } from '../common/errors.ts'
import { concludeReport } from './conclude.ts'
import { concludeRun, guardRun, refuseRun } from './exit-guard.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { exitCodeOf, isSuccess } from '../model/exit-codes.ts'
import type { Report } from '../model/report.ts'
import { attachments } from './attachments.ts'
import { renderJson } from './json.ts'
import { type OnlyOption, selectOnly } from './only.ts'
import { writeRun } from './output.ts'
import { fetchText, isOwnPod, keptIn, leaveTerminationMessage } from './own-pod.ts'
import { artifactsFolder, type Environment } from './report-folders.ts'
import { usesColor } from './progress-text.ts'
import { cleanReport, isKnownSimulated, publishedReport, recordedFaults, writtenReport } from './publish.ts'
import { runFolders } from './run-folders.ts'
import { refusedOption, type RunOptions } from './refused-options.ts'
import { recordRun, type RunRecord, type Selection } from './run-record.ts'
import { renderSummary } from './summary.ts'
import { terminal } from './terminal.ts'
import type { WriteResult } from './write-result.ts'

export default class CheckupReporter {
  readonly #run: () => RunRecord

  constructor(runner: Mocha.Runner, options: Selection & RunOptions & OnlyOption) {
    const only = selectOnly(runner.suite, options, process.env)
    if (only.kind === 'some') runner.grep(only.grep, false)
    this.#run = recordRun(runner, only.kind === 'some' ? { grep: only.grep } : options)
    runFolders.begin(process.env, new Date())
    guardRun(runner, this.#run)
    const refused = refusedOption(options)
    // Nothing has run yet: the ConfigMap is not claimed, so it can be used again.
    if (refused !== undefined) refuseRun(`mocha's ${refused.option}`, refused.why)
    if (only.kind === 'refused') refuseRun('--only', only.why)
  }

  /** mocha calls this at the end of the run. Its failure count is not this suite's exit code. */
  done(_failures: number, exit: (code: number) => void): void {
    const makeReports = async () => {
      try {
        return await this.#finish(process.env)
      } catch (error) {
        terminal().line(`the reports could not be written: ${describeError(error)}`)
        return EXIT_CODE.error
      }
    }
    void makeReports().then((code) => {
      concludeRun(code, exit)
    })
  }

  async #finish(env: Environment): Promise<number> {
    const conclusion = () =>
      cleanReport(
        concludeReport(publishedReport(), {
          run: this.#run(),
          faults: recordedFaults(),
          endedAt: new Date(),
          isSimulated: isKnownSimulated(),
        }),
      )
    const faultsBefore = recordedFaults().length
    let report = conclusion()
    // Comes first, because writing takes time and the pod may be killed meanwhile.
    leaveTerminationMessage(report, env)
    let { files, problems } = await writtenFiles(report, env)
    // A promise may have been rejected while the files were written.
    if (recordedFaults().length > faultsBefore) {
      report = conclusion()
      leaveTerminationMessage(report, env)
      ;({ files, problems } = await writtenFiles(report, env))
    }
    terminal().close()
    for (const problem of problems) terminal().line(problem)
    const exitCode = writtenExitCode(report, files)
    printSummary(report, { files, exitCode }, env)
    return exitCode
  }
}

/** The exit code of the verdict; the exit code of an error if the reports could not be written, because the verdict may not show this.
 */
function writtenExitCode(report: Report, files: readonly string[]): number {
  const isUnheard = files.length === 0 && isSuccess(report)
  return isUnheard ? EXIT_CODE.error : exitCodeOf(report)
}

/** The files that the suite has written already, if nothing happened since; otherwise writes them. */
async function writtenFiles(report: Report, env: Environment): Promise<WriteResult> {
  const before = writtenReport()
  if (before !== undefined && renderJson(before.report) === renderJson(report)) return before
  return writeRun(report, attachments(), runFolders.of(report, env))
}

/** In a pod, only files that something collects: other files are lost when the pod has ended. */
function reachable(
  files: readonly string[],
  env: Environment,
): { readonly files: readonly string[]; readonly fetch?: string } {
  if (!isOwnPod(env)) return { files }
  const artifacts = artifactsFolder(env)
  return {
    files: files.filter((file) => path.dirname(file) === artifacts),
    fetch: fetchText(keptIn()),
  }
}

function printSummary(
  report: Report,
  { files, exitCode }: { readonly files: readonly string[]; readonly exitCode: number },
  env: Environment,
): void {
  try {
    const colors = usesColor(env, process.stdout)
    const { columns } = process.stdout
    const shown = { colors, columns, exitCode, warningsAreShown: true }
    process.stdout.write(renderSummary(report, { ...shown, ...reachable(files, env) }))
  } catch (error) {
    terminal().line(
      `the summary could not be drawn: ${describeError(error)}; the verdict is ${report.verdict}`,
    )
  }
}
