/** `npx dpdk-checkup retrieve`: the reports of a run, from the ConfigMap that they outlive it in. */
import path from 'node:path'
import { say } from '../common/cli.ts'
import { InvalidInputError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { parseOptions } from '../common/parse-options.ts'
import { timeouts } from '../model/timeouts.ts'
import { SUMMARY_FILE } from '../report/places.ts'
import { connectCluster, namespaceFor } from '../run/connect.ts'
import { type Retrieved, retrieveReports } from '../run/retrieve/retrieve-reports.ts'

const DEFAULT_CONFIG_MAP = 'dpdk-checkup-config'
const DEFAULT_FOLDER = 'reports'

export const HELP = `
Usage:
  npx dpdk-checkup retrieve [options] [CONFIGMAP]   get the reports of a run, also when its pod is gone

CONFIGMAP is the one that the run was started with (default: ${DEFAULT_CONFIG_MAP}).

Options:
  -n, --namespace NAMESPACE   of the ConfigMap (default: that of the kubeconfig's context)
  -o, --output FOLDER         where to; a new folder is made in it (default: ${DEFAULT_FOLDER})
  --redact                    replaces names of nodes, IP and MAC addresses and the API server's host by aliases,
                              the same everywhere, for people who must not know them
  -h, --help                  this text

It reads two ConfigMaps, and nothing else.

Exit code: 0 the reports are there, 2 there are none (it says why), or they could not be fetched.
`.trimStart()

interface RetrieveArguments {
  readonly configMap: string
  readonly namespace: string | undefined
  readonly folder: string
  readonly redact: boolean
}

/** @param args behind the command's name */
export async function retrieveCommand(args: readonly string[], signal: AbortSignal): Promise<number> {
  const parsed = parseRetrieve(args)
  if (parsed === 'help') {
    process.stdout.write(HELP)
    return EXIT_CODE.ok
  }
  const { configMap, folder, redact } = parsed
  const cluster = connectCluster(process.env)
  const namespace = namespaceFor(cluster, parsed.namespace, process.env) ?? 'default'
  const limits = { signal, timeout: timeouts.apiRequest }
  const place = { namespace, configMap }
  tell(await retrieveReports(cluster.client, place, folder, limits, { redact }), redact)
  return EXIT_CODE.ok
}

/** @throws InvalidInputError naming all that is not understood */
function parseRetrieve(args: readonly string[]): RetrieveArguments | 'help' {
  const { values, positionals } = parseOptions(args, {
    namespace: { type: 'string', short: 'n' },
    output: { type: 'string', short: 'o' },
    redact: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  })
  if (values.help === true) return 'help'
  const { namespace, output = DEFAULT_FOLDER, redact = false } = values
  const [configMap = DEFAULT_CONFIG_MAP, ...more] = positionals
  const violations = [
    ...(more.length > 0 ? [`there is one ConfigMap, not ${positionals.join(' and ')}`] : []),
    ...(namespace === '' ? ['--namespace is empty'] : []),
    ...(output === '' ? ['--output is empty'] : []),
  ]
  if (violations.length > 0) throw new InvalidInputError(violations)
  // kubectl's way to name a ConfigMap is understood too.
  return { configMap: configMap.replace(/^(configmaps?|cm)\//, ''), namespace, folder: output, redact }
}

function tell({ folder, files, startedAt, verdict, state, leftOut }: Retrieved, isRedacted: boolean): void {
  say(`The reports of the run of ${startedAt} (${verdict}) are in ${folder}`)
  if (files.includes(SUMMARY_FILE)) say(`Open ${path.join(folder, SUMMARY_FILE)}`)
  if (state === 'before-teardown')
    say('The run wrote them before it removed its VMs: what it left behind is not in them')
  if (leftOut.length > 0) say(`Not among them: ${leftOut.join(', ')}`)
  if (isRedacted)
    say('Names and addresses are replaced by aliases; look through the files before you pass them on')
}
