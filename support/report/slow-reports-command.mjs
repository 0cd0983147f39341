/**
 * `node slow-reports-command.mjs < slow-reports.json`: writes the slow reports of a run and prints which files there
 * are. It is started long before there is anything to write, and loads meanwhile. An empty input means that there was
 * nothing to do.
 */
import '../common/node-settings.mjs'
import { text } from 'node:stream/consumers'
import { ignoreSignals } from '../common/signals.ts'

// A terminal's Ctrl-C is meant for the run, which ends with reports. Where the run dies, its pipe ends.
ignoreSignals()

const input = text(process.stdin)
const { describeError } = await import('../common/errors.ts')
try {
  const { completeRun } = await import('./output.ts')
  await Promise.all([import('./html/summary-page.ts'), import('./mochawesome.ts'), import('./bundle.ts')])
  const slowReports = await input
  const answer = slowReports === '' ? '' : JSON.stringify(await completeRun(JSON.parse(slowReports)))
  // The run waits for the end: no time is taken to free all that was loaded.
  process.stdout.write(answer, () => process.exit())
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = 1
}
