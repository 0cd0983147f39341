/** `dpdk-checkup preflight`: judges what is known before anything is created in the cluster. */
import { forTerminal } from '../../common/cli.ts'
import { mapStrings } from '../../common/text.ts'
import { InvalidInputError } from '../../common/errors.ts'
import { judgeOutcomes } from '../../model/judge.ts'
import { type Call, defineCommand } from '../command.ts'
import { EXIT_CODE_OPTION, exitCodes } from '../exit-code-option.ts'
import { FORMAT_OPTION, jsonText } from '../format-option.ts'
import { PARAMETER_OPTIONS, parameterData, withTimeout } from '../parameter-options.ts'
import { renderDryRun } from '../preflight-table.ts'

const OPTIONS = {
  configmap: {
    type: 'text',
    value: 'NAME',
    doc: 'the checkup’s ConfigMap (default: CONFIGMAP_NAME); without a ConfigMap, give all parameters as options',
  },
  ...PARAMETER_OPTIONS,
  ...FORMAT_OPTION,
  ...EXIT_CODE_OPTION,
} as const

export const preflight = defineCommand({
  name: 'preflight',
  summary: 'Check the cluster without creating anything',
  details: `
It reads the cluster and reports every violation. It creates and changes nothing, and does not claim the
ConfigMap. It uses the account of the kubeconfig, and skips checks for which the account has no permission.

Parameters on the command line override the ConfigMap's.`,
  arguments: [{ name: 'KEY=VALUE', doc: 'parameters, as with --set', isList: true }],
  options: OPTIONS,
  examples: [
    { line: 'preflight -n dpdk --network dpdk-network', doc: 'Does the cluster meet the requirements?' },
    { line: 'preflight -n dpdk --configmap dpdk-checkup-config', doc: 'With the parameters of a ConfigMap' },
  ],
  exitCodes: `0 preflight passed, 1 the cluster does not meet a criterion, 2 the cluster cannot be judged
(invalid input, no access, leftovers of other runs)`,
  usesCluster: true,
  interruption: { again: { warning: 'stopping; press Ctrl-C again to quit now' } },
  run: examine,
})

async function examine({ options, args, session }: Call<typeof OPTIONS>): Promise<number> {
  const { env, interrupted: signal } = session
  const exitCodeOf = exitCodes(options['exit-code'])
  const given = parameterData(options, args)
  const started = performance.now()
  const cluster = await session.connect()
  const namespace = session.namespaceOf(cluster)
  const configMap = [options.configmap, env['CONFIGMAP_NAME']].find(
    (name) => name !== undefined && name !== '',
  )
  if (configMap === undefined && Object.keys(given).length === 0)
    throw new InvalidInputError(['specify a ConfigMap (--configmap or CONFIGMAP_NAME), or parameters'])
  const data = configMap === undefined ? withTimeout(given) : given
  const { dryRun } = await import('../../readiness/dry-run.ts')
  const found = mapStrings(await dryRun({ cluster, namespace, configMap, data, signal }), forTerminal)
  const { verdict } = judgeOutcomes(found.criteria)
  if (options.format === 'json') session.print(jsonText({ verdict, ...found }))
  else
    process.stdout.write(
      renderDryRun(found, {
        columns: process.stdout.columns,
        colors: session.colors,
        took: performance.now() - started,
        verdict,
      }),
    )
  return exitCodeOf(verdict)
}
