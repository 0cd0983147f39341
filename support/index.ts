/** What programs import from this package: a run, its preflight, its report, and what changed between two reports. */
import { runHere } from './cli/run-here.ts'
import { openSession, type Session } from './cli/session.ts'
import { dataOf, validParameters, withTimeout } from './cli/parameter-options.ts'
import { InvalidInputError, SuiteError } from './common/errors.ts'
import type { Criterion } from './model/criterion-result.ts'
import type { Report, Verdict } from './model/report.ts'
import { dryRun } from './readiness/dry-run.ts'
import { type Change, compareReports } from './report/compare.ts'
import { cleanReport } from './report/publish.ts'
import { readReport as readAnyReport } from './report/read-report.ts'
import { judgeOutcomes } from './model/judge.ts'

export type { Criterion, Outcome } from './model/criterion-result.ts'
export type { Report, Verdict } from './model/report.ts'
export { InvalidInputError, SuiteError }
export type { Change }

export interface CheckupOptions {
  /** Default: CONFIGMAP_NAMESPACE, else the namespace of the kubeconfig's context. */
  readonly namespace?: string
  /** Path. Default: KUBECONFIG, else the pod's own account, else ~/.kube/config. */
  readonly kubeconfig?: string
  /** Context of the kubeconfig. Default: its current one. */
  readonly context?: string
  /**
   * Parameters by their names in docs/parameters.md, without `spec.param.`, and `timeout`:
   * `{ networkAttachmentDefinitionName: 'dpdk-network', testDuration: '1m' }`.
   */
  readonly parameters: Readonly<Record<string, string>>
  /** Aborting it ends the run early: it removes what it created, and reports. */
  readonly signal?: AbortSignal
}

export interface RunOptions extends CheckupOptions {
  /** Folder of the reports, in which the run creates its own. Default: `reports`. */
  readonly output?: string
  /** Gets each line of what the run prints. */
  readonly onLine?: (line: string) => void
}

export interface Preflight {
  readonly verdict: Verdict
  readonly criteria: readonly Criterion[]
  readonly warnings: readonly string[]
  /** The cluster is a lab with simulated guests. */
  readonly simulated: boolean
}

/**
 * Runs the whole checkup from this machine, as `dpdk-checkup run` does. Every verdict resolves, also `failed`.
 * @throws InvalidInputError for parameters; SuiteError, ApiError if the run cannot start or leaves no report
 */
export async function runCheckup(options: RunOptions): Promise<Report> {
  const { output = 'reports', onLine = () => undefined, signal = new AbortController().signal } = options
  const data = withTimeout(dataOf(options.parameters))
  validParameters(data)
  using session = sessionOf(options, onLine)
  const { configMap } = await runHere({
    data,
    output,
    session,
    onLine,
    signals: (listener) => {
      const pass = () => {
        listener('SIGTERM', 1)
      }
      signal.addEventListener('abort', pass, { once: true })
      if (signal.aborted) pass()
    },
  })
  const report = await readReport(output)
  if (report.cluster.configMap !== configMap)
    throw new SuiteError('no-reports', `${output} has the report of another run, which ran meanwhile`)
  return report
}

/**
 * Judges what is known before anything is created, as `dpdk-checkup preflight` does.
 * @throws InvalidInputError; TimeoutError, ApiError if the API server cannot be read
 */
export async function preflight(options: CheckupOptions): Promise<Preflight> {
  const { signal = new AbortController().signal } = options
  using session = sessionOf(options, () => undefined)
  const cluster = await session.connect()
  const namespace = session.namespaceOf(cluster)
  const data = withTimeout(dataOf(options.parameters))
  const found = await dryRun({ cluster, namespace, configMap: undefined, data, signal })
  return { verdict: judgeOutcomes(found.criteria).verdict, ...found }
}

/** The changes from one run to a later run; with a change of the kind `regression`, `dpdk-checkup diff` exits with 1. */
export function diffReports(before: Report, after: Report): readonly Change[] {
  return compareReports(before, after)
}

/** @param file a report.json, or the folder of a run @throws InvalidInputError naming what is wrong with it */
export async function readReport(file: string): Promise<Report> {
  return cleanReport(await readAnyReport(file))
}

function sessionOf(
  { namespace, kubeconfig, context, signal = new AbortController().signal }: CheckupOptions,
  printError: (line: string) => void,
): Session {
  const session = openSession({ namespace, kubeconfig, context, color: 'never' }, process.env, signal)
  return { ...session, printError, [Symbol.dispose]: session[Symbol.dispose] }
}
