/**
 * `node slow-reports-command.ts < run.json`: what of a run's reports can't be written in one go; says which. It is
 * started before there is anything to write, and loads meanwhile. Where nothing comes, there was nothing to do.
 */
import '../common/node-settings.mjs'
import { text } from 'node:stream/consumers'

// A terminal's Ctrl-C is meant for the run, which ends with reports. Where the run dies, its pipe ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)

const input = text(process.stdin)
const { describeError } = await import('../common/errors.ts')
try {
  const { writeFromInput } = await import('./slow-reports-input.ts')
  const slow = await input
  const answer = slow === '' ? '' : JSON.stringify(await writeFromInput(slow))
  // Somebody waits for the end: no time is taken to let go of all that was loaded.
  process.stdout.write(answer, () => process.exit())
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`)
  process.exitCode = 1
}
