/**
 * `node slow-reports-command.mjs < slow-reports.json`: writes the slow reports of a run and prints the written files.
 * The process is started early and loads its modules while the run goes on. An empty input means that there is nothing
 * to write.
 */
import '../common/node-settings.mjs'
import { text } from 'node:stream/consumers'
import { ignoreSignals } from '../common/signals.ts'

// Ctrl-C is meant for the run, which then ends with reports. If the run is killed, this process' stdin closes.
ignoreSignals()

const input = text(process.stdin)
const { describeError } = await import('../common/errors.ts')
try {
  const { completeRun } = await import('./output.ts')
  await Promise.all([import('./html/summary-page.ts'), import('./mochawesome.ts'), import('./bundle.ts')])
  const slowReports = await input
  const answer = slowReports === '' ? '' : JSON.stringify(await completeRun(JSON.parse(slowReports)))
  // Exits at once: the run waits for it, and freeing memory would take time.
  process.stdout.write(answer, () => process.exit())
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = 1
}
