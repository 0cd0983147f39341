/** The entry point of `npm run sweep`. */
import { complain, runCommand, say } from '../common/cli.ts'
import { InvalidInputError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { tellWhile } from '../common/tell-while.ts'
import { connectCluster, namespaceFor } from '../run/connect.ts'
import { timeouts } from '../model/timeouts.ts'
import { HELP, parseSweepArguments, type SweepArguments } from './sweep-arguments.ts'
import { sweep } from '../readiness/sweep.ts'

await runCommand(
  (args, interrupted) => {
    const parsed = parseSweepArguments(args)
    if (!parsed.help) return sweepNamespace(parsed, interrupted)
    process.stdout.write(HELP)
    return EXIT_CODE.ok
  },
  { again: { warning: 'the sweep is ending; once more ends it at once' } },
)

/** Returns the exit code. */
async function sweepNamespace(
  { namespace: asked, run, dryRun, force }: SweepArguments,
  signal: AbortSignal,
): Promise<number> {
  const cluster = connectCluster(process.env)
  const namespace = namespaceFor(cluster, asked, process.env)
  if (namespace === undefined)
    throw new InvalidInputError(['the namespace is not known: give --namespace, or set CONFIGMAP_NAMESPACE'])
  const limits = { signal, timeout: timeouts.teardown }
  const failures = await tellWhile({ tell: say, what: `sweeping namespace ${namespace}` }, (tell) =>
    sweep({ cluster, namespace, run, dryRun, force, say: tell }, limits),
  )
  failures.forEach(complain)
  return failures.length === 0 ? EXIT_CODE.ok : EXIT_CODE.error
}
