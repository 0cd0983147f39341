/** The entry point of `npm run preflight`. */
import { forTerminal, runCommand } from '../common/cli.ts'
import { mapStrings } from '../common/text.ts'
import { InvalidInputError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { EXIT_CODES } from '../model/exit-codes.ts'
import { wantsColor } from '../report/progress-text.ts'
import { connectCluster, namespaceFor } from '../run/connect.ts'
import { judgeRun } from '../run/verdict.ts'
import { HELP, parsePreflightArguments, type PreflightArguments } from './preflight-arguments.ts'
import { dryRun } from '../readiness/dry-run.ts'
import { renderDryRun } from './preflight-table.ts'

await runCommand(
  (args, interrupted) => {
    const parsed = parsePreflightArguments(args)
    if (!parsed.help) return preflight(parsed, process.env, interrupted)
    process.stdout.write(HELP)
    return EXIT_CODE.ok
  },
  { again: { warning: 'the look at the cluster is ending; once more ends it at once' } },
)

/** Returns the exit code. */
async function preflight(
  given: PreflightArguments,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<number> {
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
  const found = await dryRun({ cluster, namespace, configMap, data: given.data, signal })
  const { verdict } = judgeRun(found.criteria, [])
  const clean = mapStrings(found, forTerminal)
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
