/** What users type behind `npm run preflight --`. */
import { InvalidInputError } from '../common/errors.ts'
import { parseOptions } from '../common/parse-options.ts'
import { PARAMETER_PREFIX, TIMEOUT_KEY } from '../readiness/parameters.ts'

export interface PreflightArguments {
  readonly help: boolean
  readonly namespace: string | undefined
  readonly configMap: string | undefined
  /** Keys of the ConfigMap that are given here, in place of what stands there. */
  readonly data: Readonly<Record<string, string>>
}

const OPTIONS = {
  namespace: { type: 'string', short: 'n' },
  configmap: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export const HELP = `
Usage:
  npm run preflight -- [options] [parameter=value …]

Looks at everything about a cluster that can be known before anything is created, and says every
violation at once. A dry run: it creates nothing, changes nothing, and does not take the ConfigMap.

The cluster is that of KUBECONFIG (or of the pod it runs in, or of ~/.kube/config), and so is the account
whose permissions are looked at. What that account may not read is not judged.

Options:
  -n, --namespace NAME   where the checkup is to run (default: CONFIGMAP_NAMESPACE, else the kubeconfig's)
  --configmap NAME       the checkup's ConfigMap (default: CONFIGMAP_NAME); without one all parameters
                         are those given here
  -h, --help             this text

Parameters are those of the ConfigMap by their names (docs/parameters.md has them), and timeout; they are
used in place of the ConfigMap's, for example:
  npm run preflight -- -n dpdk-checkup networkAttachmentDefinitionName=dpdk-network timeout=10m

Exit code: 0 nothing stands in the way, 1 the cluster fails a criterion, 2 the suite could not judge it
(invalid input, no access, leftovers of other runs).
`.trimStart()

/** @throws InvalidInputError naming every word that is not understood */
export function parsePreflightArguments(words: readonly string[]): PreflightArguments {
  const { values, positionals } = parseOptions(words, OPTIONS)
  const violations: string[] = []
  const data: Record<string, string> = {}
  for (const word of positionals) {
    const [, name, value] =
      /^(?:spec\.param\.)?(\w+)=(.*)$/s.exec(word.replace(/^spec\.timeout=/, 'timeout=')) ?? []
    if (name === undefined || value === undefined)
      violations.push(`${word} is no parameter=value; see --help`)
    else data[name === 'timeout' ? TIMEOUT_KEY : PARAMETER_PREFIX + name] = value
  }
  for (const option of ['namespace', 'configmap'] as const)
    if (values[option] === '') violations.push(`--${option} is followed by no name`)
  if (violations.length > 0) throw new InvalidInputError(violations)
  return { help: values.help === true, namespace: values.namespace, configMap: values.configmap, data }
}
