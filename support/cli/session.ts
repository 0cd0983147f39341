/** The context of a command: environment, cluster, signals and output. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import path from 'node:path'
import { stringify } from 'yaml'
import { printError, printLine } from '../common/cli.ts'
import { InvalidInputError } from '../common/errors.ts'
import type { Cluster } from '../run/connect.ts'
import { usesColor } from '../report/progress-text.ts'
import type { OptionRecords, OptionValues } from './option.ts'

/** Options of every command. */
export const COMMON_OPTIONS = {
  quiet: { type: 'flag', short: 'q', doc: 'print results and errors only' },
  verbose: { type: 'flag', short: 'v', doc: 'print more details, e.g. which cluster is used' },
  color: {
    type: 'text',
    value: 'WHEN',
    choices: ['auto', 'always', 'never'],
    doc: 'colours: auto (on a terminal), always or never',
  },
} as const satisfies OptionRecords

/** Options of every command that uses a cluster. */
export const CLUSTER_OPTIONS = {
  namespace: {
    type: 'text',
    short: 'n',
    value: 'NAMESPACE',
    doc: 'namespace (default: CONFIGMAP_NAMESPACE, else the namespace of the kubeconfig’s context)',
  },
  context: { type: 'text', value: 'NAME', doc: 'context of the kubeconfig (default: the current context)' },
  kubeconfig: {
    type: 'text',
    value: 'FILE',
    doc: 'file (default: KUBECONFIG, else the pod’s service account, else ~/.kube/config)',
  },
} as const satisfies OptionRecords

export type GlobalValues = Partial<OptionValues<typeof COMMON_OPTIONS & typeof CLUSTER_OPTIONS>>

export interface Session extends Disposable {
  /** The environment, changed by the options; also for programs that the command starts. */
  readonly env: NodeJS.ProcessEnv
  /** Aborted by the first signal, if the command handles signals. */
  readonly interrupted: AbortSignal
  /** Whether to colour stdout. */
  readonly colors: boolean
  readonly isVerbose: boolean
  readonly isQuiet: boolean
  /** The value of --namespace. */
  readonly askedNamespace: string | undefined
  /** Prints a result. */
  readonly print: (text: string) => void
  /** Prints progress; nothing with --quiet. */
  readonly printProgress: (text: string) => void
  /** Prints an error or warning on stderr. */
  readonly printError: (text: string) => void
  /**
   * Loads the Kubernetes client, which takes long and which few commands need.
   * @throws InvalidInputError `no-credentials`
   */
  readonly connect: () => Promise<Cluster>
  /**
   * @param usual the default if no namespace is given anywhere
   * @throws InvalidInputError if there is no default either
   */
  readonly namespaceOf: (cluster: Cluster, usual?: string) => string
}

/** @param print prints a result or a line of progress; default: on stdout */
export function openSession(
  given: GlobalValues,
  env: NodeJS.ProcessEnv,
  interrupted: AbortSignal,
  print: (text: string) => void = printLine,
): Session {
  const { namespace: asked, kubeconfig, context, color, quiet = false, verbose = false } = given
  for (const [name, value] of Object.entries({ namespace: asked, kubeconfig, context }))
    if (value === '') throw new InvalidInputError([`--${name} is empty`])
  const chosen = kubeconfig === undefined ? undefined : { KUBECONFIG: path.resolve(kubeconfig) }
  const own: NodeJS.ProcessEnv = { ...env, ...chosen, ...colorsOf(color) }
  const folder = context === undefined ? undefined : inContext(own, context)
  return {
    env: own,
    interrupted,
    colors: usesColor(own, process.stdout),
    isVerbose: verbose,
    isQuiet: quiet,
    askedNamespace: asked,
    print,
    printProgress: (text) => {
      if (!quiet) print(text)
    },
    printError,
    connect: async () => {
      const { connectCluster } = await import('../run/connect.ts')
      const cluster = connectCluster(own)
      if (verbose) printError(describeCluster(cluster))
      return cluster
    },
    namespaceOf: (cluster, usual) => {
      const namespace = namespaceFor(cluster, asked, own) ?? usual
      if (namespace !== undefined) return namespace
      throw new InvalidInputError(['the namespace is unknown: set --namespace or CONFIGMAP_NAMESPACE'])
    },
    [Symbol.dispose]: () => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The requested namespace, else CONFIGMAP_NAMESPACE, else the namespace of the kubeconfig's context; undefined if none is set. */
function namespaceFor(
  { client }: Cluster,
  asked: string | undefined,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const { kubeConfig } = client
  const ofContext = kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace
  return [asked, env['CONFIGMAP_NAMESPACE'], ofContext].find((name) => name !== undefined && name !== '')
}

function colorsOf(color: string | undefined): NodeJS.ProcessEnv {
  if (color === 'always') return { FORCE_COLOR: '1', NO_COLOR: undefined }
  return color === 'never' ? { FORCE_COLOR: undefined, NO_COLOR: '1' } : {}
}

/**
 * Selects a context for this process and those it starts. kubectl uses the first kubeconfig that names a current
 * context ("Merging kubeconfig files"), so a file with only this field is put first in KUBECONFIG.
 */
function inContext(env: NodeJS.ProcessEnv, context: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'dpdk-checkup-'))
  const file = path.join(folder, 'context')
  writeFileSync(file, stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': context }))
  const list = env['KUBECONFIG'] || path.join(env['HOME'] ?? homedir(), '.kube', 'config')
  env['KUBECONFIG'] = [file, list].join(path.delimiter)
  return folder
}

function describeCluster({ client: { kubeConfig } }: Cluster): string {
  const cluster = kubeConfig.getCurrentCluster()
  const user = kubeConfig.getCurrentUser()
  return `cluster ${cluster?.name ?? ''} at ${cluster?.server ?? ''}, user ${user?.name ?? ''}`
}
