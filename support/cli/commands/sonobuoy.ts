/** `dpdk-checkup sonobuoy`: the container of a Sonobuoy plugin. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describeError } from '../../common/errors.ts'
import type { Verdict } from '../../model/report.ts'
import { type Call, defineCommand } from '../command.ts'
import { EXIT_CODE_OPTION, exitCodes } from '../exit-code-option.ts'
import { PARAMETER_OPTIONS, parameterData, validParameters, withTimeout } from '../parameter-options.ts'
import { DEFAULT_RESULTS, filesOfError, filesOfRun, handOver, type RunFiles } from '../sonobuoy/hand-over.ts'
import { Progress } from '../sonobuoy/progress.ts'

const OPTIONS = { ...PARAMETER_OPTIONS, ...EXIT_CODE_OPTION } as const

export const sonobuoy = defineCommand({
  name: 'sonobuoy',
  summary: 'Run the checkup as the container of a Sonobuoy plugin',
  details: `
It runs the checkup like run does, and gives Sonobuoy's worker one archive with JUnit, report.json, the summary page
and the bundle: in SONOBUOY_RESULTS_DIR (default: ${DEFAULT_RESULTS}), with the file done. During the run it posts its
progress to the port in SONOBUOY_PROGRESS_PORT. If the run ends with an error, the worker gets a JUnit file with the error.
manifests --only sonobuoy prints the plugin's definition.`,
  options: OPTIONS,
  examples: [{ line: 'sonobuoy -n dpdk --network dpdk-network', doc: 'What the plugin’s container runs' }],
  exitCodes: '0 passed, 1 the cluster did not meet a criterion, 2 inconclusive or an error',
  usesCluster: true,
  run: runPlugin,
})

async function runPlugin({ options, session }: Call<typeof OPTIONS>): Promise<number> {
  const { env } = session
  const results = env['SONOBUOY_RESULTS_DIR'] || DEFAULT_RESULTS
  const progress = new Progress(env['SONOBUOY_PROGRESS_PORT'])
  const reports = await mkdtemp(path.join(tmpdir(), 'dpdk-checkup-'))
  let verdict: Verdict = 'error'
  let run: RunFiles
  try {
    const data = withTimeout(parameterData(options))
    validParameters(data)
    const { runHere } = await import('../run-here.ts')
    const onLine = (line: string) => {
      session.print(line)
      if (line.trim() !== '') progress.line(line.trim())
    }
    verdict = (await runHere({ data, output: reports, session, onLine })).verdict
    run = await filesOfRun(reports)
  } catch (error) {
    session.printError(describeError(error))
    run = filesOfError(describeError(error))
  } finally {
    // Its files are read by now.
    await rm(reports, { recursive: true, force: true })
  }
  await progress.end(run.report)
  session.print(`results for Sonobuoy: ${await handOver(run, results)}`)
  return exitCodes(options['exit-code'])(verdict)
}
