/** The entry point of `npx dpdk-checkup`. */
import { runCommand, say } from '../common/cli.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { connectCluster } from '../run/connect.ts'
import { HELP, parseCommand } from './checkup-arguments.ts'
import { HELP as RETRIEVE_HELP, retrieveCommand } from './retrieve-cli.ts'
import { waitForJob } from './wait.ts'

await runCommand(
  (args, signal) => {
    const [command, ...rest] = args
    if (command === 'retrieve') return retrieveCommand(rest, signal)
    const parsed = parseCommand(args)
    if (parsed === 'help') {
      process.stdout.write(`${HELP}\n${RETRIEVE_HELP}`)
      return EXIT_CODE.ok
    }
    const { client } = connectCluster(process.env)
    const { kubeConfig } = client
    const context = kubeConfig.getContextObject(kubeConfig.getCurrentContext())
    return waitForJob({
      client,
      namespace: parsed.namespace ?? context?.namespace ?? 'default',
      job: parsed.job,
      timeout: parsed.timeout,
      signal,
      print: say,
    })
  },
  { again: 'ends', note: ' (the Job goes on)' },
)
