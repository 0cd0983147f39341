/** `dpdk-checkup clean`: removes leftovers of earlier runs. */
import { complain } from '../../common/cli.ts'
import { InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { withHeartbeat } from '../../common/heartbeat.ts'
import { timeouts } from '../../model/timeouts.ts'
import { sweep } from '../../readiness/sweep.ts'
import { type Call, defineCommand } from '../command.ts'

const OPTIONS = {
  run: { type: 'text', value: 'UID', doc: 'remove only what this run left (the label’s value)' },
  'dry-run': { type: 'flag', doc: 'print what would be removed, and remove nothing' },
  force: { type: 'flag', doc: 'remove even if a ConfigMap says that a run is going on' },
} as const

export const clean = defineCommand({
  name: 'clean',
  summary: 'Remove what runs left behind in a namespace',
  details: `
It removes objects with the label of runs (kubevirt-dpdk-checkup/uid): VMIs and their ConfigMaps. It needs list
and delete on both; list is not one of the permissions that a run needs, so run it as the namespace's
administrator. Kept reports are not removed.`,
  options: OPTIONS,
  examples: [
    { words: 'clean -n dpdk --dry-run', doc: 'What is left?' },
    { words: 'clean -n dpdk --run 0b5f1f3e', doc: 'Only of one run' },
  ],
  exitCodes: '0 nothing is left (or a dry run), 2 something could not be removed, or must not be',
  usesCluster: true,
  interruption: { again: { warning: 'stopping; press Ctrl-C again to quit now' } },
  run: cleanNamespace,
})

async function cleanNamespace({ options, session }: Call<typeof OPTIONS>): Promise<number> {
  const { run, force } = options
  // It becomes a label's value in a selector, where a comma would add a second requirement.
  if (run !== undefined && !/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(run))
    throw new InvalidInputError(['--run needs the value of a label, as clean --dry-run prints it'])
  const cluster = session.connect()
  const namespace = session.namespaceOf(cluster)
  const limits = { signal: session.interrupted, timeout: timeouts.teardown }
  const failures = await withHeartbeat(
    { tell: session.say, what: `cleaning namespace ${namespace}` },
    (tell) => sweep({ cluster, namespace, run, dryRun: options['dry-run'], force, say: tell }, limits),
  )
  failures.forEach(complain)
  return failures.length === 0 ? EXIT_CODE.ok : EXIT_CODE.error
}
