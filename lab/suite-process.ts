/** Runs the suite in its own process, as users do: it finds the cluster only through its environment. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Interruption } from '../support/common/signals.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MOCHA = fileURLToPath(new URL('../node_modules/mocha/bin/mocha.js', import.meta.url))

export interface SuiteEnvironment {
  /** Path of the kubeconfig. */
  readonly kubeconfig: string
  readonly namespace: string
  readonly configMap: string
  /** Further environment variables, e.g. where reports go. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdio?: 'inherit' | 'pipe'
  /** A command that prepares something and then replaces itself with the suite (`exec`). */
  readonly within?: readonly string[]
}

export function startSuite({
  kubeconfig,
  namespace,
  configMap,
  env,
  ...options
}: SuiteEnvironment): ChildProcess {
  const target = { KUBECONFIG: kubeconfig, CONFIGMAP_NAMESPACE: namespace, CONFIGMAP_NAME: configMap }
  return startMocha([], { ...target, ...env }, options)
}

/**
 * Starts mocha without npx, which would swallow signals. Its own process group keeps a terminal's Ctrl-C from reaching
 * it twice: its starter passes the signal on.
 * @param specs default: the specs of the readiness suite
 * @param env in addition to this process's environment
 */
export function startMocha(
  specs: readonly string[],
  env: Readonly<Record<string, string>>,
  { stdio = 'inherit', within = [] }: Pick<SuiteEnvironment, 'stdio' | 'within'> = {},
): ChildProcess {
  const [command = process.execPath, ...args] = [...within, process.execPath, MOCHA, ...specs]
  return spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', stdio, stdio],
    detached: true,
  })
}

/** The process's exit code; 2 if a signal ended it. */
export function exitCodeOf(suite: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    suite.once('error', reject)
    suite.once('exit', (code) => {
      resolve(code ?? 2)
    })
  })
}

/** The same; passes an interruption on. SIGHUP stays SIGHUP, because the terminal is gone for both processes. */
export async function endOf(suite: ChildProcess, interrupted: AbortSignal): Promise<number> {
  const passOn = () => {
    const reason: unknown = interrupted.reason
    suite.kill(reason instanceof Interruption && reason.signal === 'SIGHUP' ? 'SIGHUP' : 'SIGTERM')
  }
  interrupted.addEventListener('abort', passOn)
  if (interrupted.aborted) passOn()
  try {
    return await exitCodeOf(suite)
  } finally {
    interrupted.removeEventListener('abort', passOn)
  }
}
