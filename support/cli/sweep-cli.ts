/** The entry point of `npm run sweep`. */
import { plainText } from '../common/text.ts'
import { describeError, InvalidInputError } from '../common/errors.ts'
import { interruptedBy, listenForSignals } from '../common/signals.ts'
import { tellWhile } from '../common/tell-while.ts'
import { secrets } from '../common/secrets.ts'
import { connectCluster, namespaceFor } from '../run/connect.ts'
import { timeouts } from '../model/timeouts.ts'
import { HELP, parseSweepArguments, type SweepArguments } from './sweep-arguments.ts'
import { sweep } from '../readiness/sweep.ts'

const interrupted = new AbortController()
listenForSignals((signal) => {
  interrupted.abort(new Error(interruptedBy(signal)))
}, 'the sweep is ending; once more ends it at once')

try {
  const parsed = parseSweepArguments(process.argv.slice(2))
  if (parsed.help) process.stdout.write(HELP)
  else process.exitCode = await sweepNamespace(parsed)
} catch (error) {
  complain(error instanceof InvalidInputError ? error.violations.join('\n') : describeError(error))
  process.exitCode = 2
}

/** Returns the exit code. */
async function sweepNamespace({ namespace: asked, run, dryRun, force }: SweepArguments): Promise<number> {
  const cluster = connectCluster(process.env)
  const namespace = namespaceFor(cluster, asked, process.env)
  if (namespace === undefined)
    throw new InvalidInputError(['the namespace is not known: give --namespace, or set CONFIGMAP_NAMESPACE'])
  const say = (line: string) => {
    console.log(secrets.redact(plainText(line)))
  }
  const limits = { signal: interrupted.signal, timeout: timeouts.teardown }
  const failures = await tellWhile({ tell: say, what: `sweeping namespace ${namespace}` }, (tell) =>
    sweep({ cluster, namespace, run, dryRun, force, say: tell }, limits),
  )
  failures.forEach(complain)
  return failures.length === 0 ? 0 : 2
}

function complain(sentence: string): void {
  console.error(secrets.redact(plainText(sentence)))
}
