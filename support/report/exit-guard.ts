/**
 * Handles ends of the process that mocha does not report: errors outside of tests and hooks, and a process that exits
 * before the run has ended (a spec file that does not load, `process.exit`, an await that never settles, after which
 * Node.js exits with code 0). A report is written in these cases too, and the exit code is 2.
 * The reporter arms the guard. It is the first of mocha's `require`d files, so it also covers the loading of the
 * others.
 */
import Mocha from 'mocha'
import { describeError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { concludeReport } from './conclude.ts'
import { attachments } from './attachments.ts'
import { writeRunNow } from './output.ts'
import { fetchText, isOwnPod, keptIn, leaveTerminationMessage } from './own-pod.ts'
import { cleanReport, isKnownSimulated, publishedReport, recordedFaults, recordFault } from './publish.ts'
import { OTHER_REPORTER } from './refused-options.ts'
import { runFolders } from './run-folders.ts'
import type { RunRecord } from './run-record.ts'
import { terminal } from './terminal.ts'

const startedAt = new Date()
let currentRun: () => RunRecord = () => ({ startedAt, tests: [], hookFailures: [] })
let concluded: number | undefined
let isGuarded = false

/** Sets the source of the run's record so far; when mocha has finished, the guard handles uncaught exceptions. */
export function guardRun(runner: Mocha.Runner, run: () => RunRecord): void {
  isGuarded = true
  currentRun = run
  runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
    // After the run, mocha's own handlers throw an uncaught exception again, which kills the process with code 7 before
    // the reports are written.
    runner.dispose()
    process.on('uncaughtException', (error) => {
      fault(UNCAUGHT, error)
    })
  })
}

/**
 * Passes the exit code to mocha, once the run has ended and its reports are written. From now on errors can only make
 * the code worse.
 */
export function concludeRun(exitCode: number, exit: (code: number) => void): void {
  concluded = exitCode
  exit(exitCode)
  // Runs after mocha's own listener, which sets the exit code that it got before.
  process.on('exit', () => {
    process.exitCode = concluded
  })
}

const UNCAUGHT = 'uncaught exception'
const UNHANDLED = 'unhandled promise rejection'

function armExitGuard(): void {
  const seen = new WeakSet<Promise<unknown>>()
  process.on('unhandledRejection', (reason, promise) => {
    // mocha emits each rejection a second time.
    if (seen.has(promise)) return
    seen.add(promise)
    fault(UNHANDLED, reason)
  })
  process.on('uncaughtExceptionMonitor', (error, origin) => {
    if (origin === 'uncaughtException') fault(UNCAUGHT, error)
  })
  process.on('exit', (code) => {
    if (concluded === undefined) writeLastReport(code)
  })
}

function fault(during: string, thrown: unknown): void {
  const isNew = recordFault(during, thrown)
  if (concluded === undefined || !isNew) return
  // The reports are written already, so only the log and the exit code can show the error.
  terminal().line(`after the end of the run: ${during}: ${describeError(thrown)}`)
  concluded = EXIT_CODE.error
}

function writeLastReport(code: number): void {
  process.exitCode = EXIT_CODE.error
  recordFault('the process ended before the run', new Error(`exit code ${code}; the log may say why`))
  writeReportNow()
}

/** Ends the process before the run starts, with a report that gives the reason. */
export function refuseRun(what: string, why: string): never {
  recordFault(what, new Error(why))
  concluded = EXIT_CODE.error
  writeReportNow()
  process.exit(EXIT_CODE.error)
}

/** Called before the first spec: mocha has made its reporter by then. */
export function mustBeReported(): void {
  if (!isGuarded) refuseRun(`mocha's ${OTHER_REPORTER.option}`, OTHER_REPORTER.why)
}

function writeReportNow(): void {
  const observed = {
    run: currentRun(),
    faults: recordedFaults(),
    endedAt: new Date(),
    isSimulated: isKnownSimulated(),
  }
  const report = cleanReport(concludeReport(publishedReport(), observed))
  leaveTerminationMessage(report, process.env)
  const { files, problems } = writeRunNow(report, attachments(), runFolders.of(report, process.env))
  terminal().close()
  const fetch = fetchText(keptIn()).split('\n')
  const reportLines = isOwnPod(process.env) ? fetch : files.map((file) => `report: ${file}`)
  for (const text of [...report.failureReasons, ...problems, ...reportLines]) {
    if (text !== '') terminal().line(text)
  }
}

armExitGuard()
