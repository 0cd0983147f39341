/** What users type behind `npm run sweep --`. */
import { parseArgs } from 'node:util'
import { describeError, InvalidInputError } from '../common/errors.ts'

export interface SweepArguments {
  readonly help: boolean
  readonly namespace: string | undefined
  /** Value of the runs' label; every run without. */
  readonly run: string | undefined
  readonly dryRun: boolean
  /** Sweeps although a run may be going on. */
  readonly force: boolean
}

export const HELP = `
Usage:
  npm run sweep -- [options]

Removes what runs of the checkup left behind in a namespace, by the label they put on all they make
(kubevirt-dpdk-checkup/uid): VMIs and their ConfigMaps. It needs list and delete on both; list is not among the
permissions a run needs, so sweep as the namespace's administrator.

Options:
  -n, --namespace NAME   where to sweep (default: CONFIGMAP_NAMESPACE, else the kubeconfig's)
  --run UID              what this one run left only (the label's value)
  --dry-run              says what would be removed, and removes nothing
  --force                sweeps although a ConfigMap says that a run is going on
  -h, --help             this text

Exit code: 0 nothing is left (or a dry run), 2 something could not be removed, or must not be.
`.trimStart()

/** @throws InvalidInputError naming what is not understood */
export function parseSweepArguments(words: readonly string[]): SweepArguments {
  const { values } = parse(words)
  const { namespace, run } = values
  if (namespace === '') throw new InvalidInputError(['--namespace is followed by no name'])
  // A label's value: sent to the API server as part of a selector, where commas would be more of it.
  if (run !== undefined && !/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(run))
    throw new InvalidInputError(['--run takes the value of a label, as the sweep itself prints it'])
  return {
    help: values.help === true,
    namespace,
    run,
    dryRun: values['dry-run'] === true,
    force: values.force === true,
  }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        namespace: { type: 'string', short: 'n' },
        run: { type: 'string' },
        'dry-run': { type: 'boolean' },
        force: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new InvalidInputError([describeError(error)])
  }
}
