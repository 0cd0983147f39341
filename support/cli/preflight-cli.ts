/** The entry point of `npm run preflight`. */
import { mapStrings, plainText } from '../common/text.ts'
import { describeError, InterruptedError, InvalidInputError } from '../common/errors.ts'
import { interruptedBy, listenForSignals } from '../common/signals.ts'
import type { Verdict } from '../model/report.ts'
import { wantsColor } from '../report/progress-text.ts'
import { secrets } from '../common/secrets.ts'
import { connectCluster, namespaceFor } from '../run/connect.ts'
import { judgeRun } from '../run/verdict.ts'
import { HELP, parsePreflightArguments, type PreflightArguments } from './preflight-arguments.ts'
import { dryRun } from '../readiness/preflight/dry-run.ts'
import { renderDryRun } from './preflight-table.ts'

const EXIT_CODES: Readonly<Record<Verdict, number>> = { passed: 0, failed: 1, inconclusive: 2, error: 2 }

const interrupted = new AbortController()
listenForSignals((signal) => {
  interrupted.abort(new Error(interruptedBy(signal)))
}, 'the look at the cluster is ending; once more ends it at once')

try {
  const parsed = parsePreflightArguments(process.argv.slice(2))
  if (parsed.help) process.stdout.write(HELP)
  else process.exitCode = await preflight(parsed, process.env)
} catch (error) {
  const said =
    error instanceof InvalidInputError
      ? error.violations.join('\n')
      : error instanceof InterruptedError && interrupted.signal.aborted
        ? describeError(interrupted.signal.reason)
        : describeError(error)
  console.error(secrets.redact(plainText(said)))
  process.exitCode = 2
}

/** Returns the exit code. */
async function preflight(given: PreflightArguments, env: NodeJS.ProcessEnv): Promise<number> {
  const started = performance.now()
  const cluster = connectCluster(env)
  const namespace = namespaceFor(cluster, given.namespace, env)
  if (namespace === undefined) {
    throw new InvalidInputError(['the namespace is not known: give --namespace, or set CONFIGMAP_NAMESPACE'])
  }
  const configMap = [given.configMap, env['CONFIGMAP_NAME']].find((name) => name !== undefined && name !== '')
  if (configMap === undefined && Object.keys(given.data).length === 0) {
    throw new InvalidInputError([
      'there is nothing to check for: name a ConfigMap (--configmap or CONFIGMAP_NAME), or give parameters; see --help',
    ])
  }
  const found = await dryRun({ cluster, namespace, configMap, data: given.data, signal: interrupted.signal })
  const { verdict } = judgeRun(found.criteria, [])
  const clean = mapStrings(found, (text) => secrets.redact(plainText(text)))
  process.stdout.write(
    renderDryRun(clean, {
      columns: process.stdout.columns,
      colors: process.stdout.isTTY && wantsColor(env),
      took: performance.now() - started,
      verdict,
    }),
  )
  return EXIT_CODES[verdict]
}
