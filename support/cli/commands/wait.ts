/** `dpdk-checkup wait`: waits until the checkup's Job has completed or failed. */
import { parseDuration } from '../../common/duration.ts'
import { InvalidInputError } from '../../common/errors.ts'
import { LONGEST_TIMEOUT } from '../../common/wait.ts'
import { type Call, defineCommand } from '../command.ts'
import { EXIT_CODE_OPTION, exitCodes } from '../exit-code-option.ts'
import { DEFAULT_JOB } from '../job-names.ts'

const OPTIONS = {
  timeout: {
    type: 'text',
    value: 'DURATION',
    default: '30m',
    doc: 'longest time to wait, e.g. 45m or 1h30m',
  },
  follow: { type: 'flag', short: 'f', doc: 'print each line that the Job’s pod writes' },
  ...EXIT_CODE_OPTION,
} as const

export const wait = defineCommand({
  name: 'wait',
  summary: 'Wait until the checkup’s Job has ended',
  details: `
It prints the state and progress of the Job's pod, and at the end the verdict and its reason, from the pod's
termination message or the ConfigMap. Unlike kubectl wait --for=condition=complete, it also ends when the Job fails.
It only reads: Jobs (get, list, watch) and, if permitted, pods, their logs, events and the ConfigMap. The Job
continues when the wait ends.`,
  arguments: [{ name: 'JOB', doc: `name of the Job (default: ${DEFAULT_JOB})` }],
  options: OPTIONS,
  examples: [{ line: 'wait -n dpdk dpdk-checkup --timeout 1h', doc: 'Wait for at most an hour' }],
  exitCodes:
    '0 the checkup passed, 1 the cluster failed a criterion, 2 the checkup could not judge the cluster, or the wait failed',
  usesCluster: true,
  interruption: { again: 'ends', note: ' (the Job continues)' },
  run: waitForEnd,
})

async function waitForEnd({ options, args, session }: Call<typeof OPTIONS>): Promise<number> {
  const exitCodeOf = exitCodes(options['exit-code'])
  const timeout = timeoutOf(options.timeout)
  const [argument = DEFAULT_JOB] = args
  // Accepts kubectl's notation too: `job/NAME`.
  const job = argument.replace(/^jobs?(\.batch)?\//, '')
  const cluster = await session.connect()
  const namespace = session.namespaceOf(cluster, 'default')
  const { endLines, verdictOrError } = await import('../job-end.ts')
  const { waitForJob } = await import('../wait.ts')
  const end = await waitForJob({
    client: cluster.client,
    namespace,
    job,
    timeout,
    signal: session.interrupted,
    print: session.printProgress,
    follows: options.follow,
  })
  session.print([...endLines(end), `Its output: kubectl logs -n ${namespace} job/${job}`].join('\n'))
  return exitCodeOf(verdictOrError(end), end.isComplete)
}

/** @returns milliseconds @throws InvalidInputError */
function timeoutOf(text: string): number {
  const timeout = parseDuration(text)
  if (timeout === undefined || timeout === 0)
    throw new InvalidInputError([
      `--timeout takes a duration such as 45m or 1h30m, not ${text === '' ? 'nothing' : text}`,
    ])
  if (timeout > LONGEST_TIMEOUT) throw new InvalidInputError([`--timeout ${text} is too long`])
  return timeout
}
