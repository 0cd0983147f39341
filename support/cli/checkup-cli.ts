/** The entry point of `npx dpdk-checkup`. */
import { plainText } from '../common/text.ts'
import { ApiClient } from '../cluster/api-client.ts'
import { loadCredentials } from '../cluster/credentials.ts'
import { abortOnSignals } from '../common/signals.ts'
import { describeError, InvalidInputError } from '../common/errors.ts'
import { HELP, parseCommand } from './checkup-arguments.ts'
import { waitForJob } from './wait.ts'

const interrupted = abortOnSignals(' (the Job goes on)')

try {
  const parsed = parseCommand(process.argv.slice(2))
  if (parsed === 'help') process.stdout.write(HELP)
  else {
    const config = loadCredentials(process.env)
    const context = config.getContextObject(config.getCurrentContext())
    process.exitCode = await waitForJob({
      client: new ApiClient(config),
      namespace: parsed.namespace ?? context?.namespace ?? 'default',
      job: parsed.job,
      timeout: parsed.timeout,
      signal: interrupted,
      print: (line) => {
        console.log(line)
      },
    })
  }
} catch (error) {
  const text = error instanceof InvalidInputError ? error.violations.join('\n') : describeError(error)
  console.error(plainText(text))
  process.exitCode = 2
}
