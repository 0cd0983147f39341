/** What users type behind `npx dpdk-checkup`. */
import { LONGEST_TIMEOUT } from '../common/wait.ts'
import { parseDuration } from '../common/duration.ts'
import { InvalidInputError } from '../common/errors.ts'
import { parseOptions } from '../common/parse-options.ts'

export interface WaitArguments {
  readonly command: 'wait'
  readonly job: string
  /** That of the kubeconfig's context where it is not given. */
  readonly namespace: string | undefined
  /** Milliseconds. */
  readonly timeout: number
}

const OPTIONS = {
  namespace: { type: 'string', short: 'n' },
  timeout: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export const HELP = `
Usage:
  npx dpdk-checkup wait [options] JOB   wait until the checkup's Job has ended, well or badly

The cluster is the one of KUBECONFIG, or of ~/.kube/config.

Options:
  -n, --namespace NAMESPACE   of the Job (default: that of the kubeconfig's context)
  --timeout DURATION          how long to wait at most, e.g. 45m or 1h30m (default 30m)
  -h, --help                  this text

It follows the Job, says what its pod does, and at the end the verdict and the failure reason from the checkup's
ConfigMap. kubectl wait --for=condition=complete does not end when a Job fails; this does. It only reads: Jobs
get, list and watch, and where it may, pods, events and the ConfigMap.

Exit code: 0 the checkup passed, 1 the cluster failed it, 2 it could not judge, or could not be waited for.
`.trimStart()

const DEFAULT_TIMEOUT = '30m'

/** What is to be done, or `help`. @throws InvalidInputError naming all that is not understood */
export function parseCommand(words: readonly string[]): WaitArguments | 'help' {
  const { values, positionals } = parseOptions(words, OPTIONS)
  const [command, job, ...rest] = positionals
  if (values.help === true || command === 'help') return 'help'
  const violations: string[] = []
  if (command !== 'wait')
    violations.push(`the command is wait or retrieve, not ${command ?? 'nothing'}; see --help`)
  else if (job === undefined) violations.push('the name of the Job is missing, e.g. dpdk-checkup')
  if (rest.length > 0) violations.push(`there is one Job to wait for, not ${[job, ...rest].join(' and ')}`)
  const { timeout: text = DEFAULT_TIMEOUT, namespace } = values
  const timeout = parseDuration(text)
  if (timeout === undefined || timeout === 0)
    violations.push(`--timeout takes a duration such as 45m or 1h30m, not ${text === '' ? 'nothing' : text}`)
  else if (timeout > LONGEST_TIMEOUT) violations.push(`--timeout ${text} is longer than can be waited for`)
  if (namespace === '') violations.push('--namespace is empty')
  if (violations.length > 0) throw new InvalidInputError(violations)
  // kubectl's way to name a Job is understood too.
  return {
    command: 'wait',
    job: (job ?? '').replace(/^jobs?(\.batch)?\//, ''),
    namespace,
    timeout: timeout ?? 0,
  }
}
