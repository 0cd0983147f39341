/** Controls testpmd in a pod: commands go to its standard input by `kubectl exec`, answers appear in its log. */
import { randomUUID } from 'node:crypto'
import { type Limits, waitFor } from '../common/wait.ts'
import { podLog } from './wait-forwarding.ts'
import { type Kubectl, KubectlError } from './kubectl.ts'
import { NAMESPACE } from './names.ts'
import { mustNotBeRefused } from '../dataplane/testpmd/parsers/refused-statistics.ts'
import { answerBetween, parseStatistics, type StatisticsBlock } from './statistics-log.ts'

/** Milliseconds between two polls of the log. */
const POLL_INTERVAL = 300

/** Runs a program in the pod and returns its output. @throws KubectlError with its exit code and output */
function execute(kubectl: Kubectl, pod: string, args: readonly string[], limits: Limits): Promise<string> {
  return kubectl(['exec', '-n', NAMESPACE, pod, '-c', 'testpmd', '--', ...args], limits)
}

/** Like `execute`, for a program whose exit code is part of its answer. */
export async function executeAnyway(
  kubectl: Kubectl,
  pod: string,
  args: readonly string[],
  limits: Limits,
): Promise<string> {
  try {
    return await execute(kubectl, pod, args, limits)
  } catch (error) {
    if (error instanceof KubectlError && error.stdout !== '') return error.stdout
    throw error
  }
}

/** testpmd's answer to commands, between two comments that are sent with them and echoed. */
export async function askTestpmd(
  kubectl: Kubectl,
  pod: string,
  commands: readonly string[],
  limits: Limits,
): Promise<string> {
  const id = randomUUID()
  const [begin, end] = [`asked ${id}`, `answered ${id}`]
  const lines = [`# ${begin}`, ...commands, `# ${end}`]
  const write = 'printf "%s\\n" "$@" > /run/testpmd/commands'
  await execute(kubectl, pod, ['sh', '-c', write, 'sh', ...lines], limits)
  return waitFor(
    { ...limits, claim: `testpmd in pod ${pod} to answer ${commands.join(', ')}`, interval: POLL_INTERVAL },
    async (signal) => {
      const log = await podLog(kubectl, pod, { ...limits, signal }, ANSWER_LINES)
      const answer = answerBetween(log, begin, end)
      return answer === undefined ? { lastSeen: 'no answer in its log' } : { done: answer }
    },
  )
}

/** More lines than any answer. */
const ANSWER_LINES = 1000

/** The current counters of both ports. @throws SuiteError `statistics-refused` with testpmd's message */
export async function readStatistics(
  kubectl: Kubectl,
  pod: string,
  limits: Limits,
): Promise<StatisticsBlock> {
  const answer = await askTestpmd(kubectl, pod, ['show port stats all', 'show fwd stats all'], limits)
  mustNotBeRefused(answer)
  const block = parseStatistics(answer).at(-1)
  if (block === undefined) throw new Error(`testpmd in pod ${pod} printed no statistics`)
  return block
}

/** Differences between two samples. */
export function since(before: StatisticsBlock, now: StatisticsBlock): StatisticsBlock {
  const ports = [...now.ports].map(([port, statistics]) => {
    const base = new Map<string, number>(Object.entries(before.ports.get(port) ?? {}))
    const changed = Object.entries(statistics).map(([name, count]: [string, number]) => [
      name,
      Math.max(0, count - (base.get(name) ?? 0)),
    ])
    return [port, Object.fromEntries(changed) as typeof statistics] as const
  })
  const { forward, absurd } = now
  return { ports: new Map(ports), forward, ...(absurd === undefined ? {} : { absurd }) }
}
