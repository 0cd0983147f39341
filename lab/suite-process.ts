/** The suite in a process of its own, as users run it: it knows of a cluster what its environment says. */
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
  /** More of the environment, e.g. where reports go. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdio?: 'inherit' | 'pipe'
  /** A command in front of it, which becomes it (`exec`). */
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
 * Starts `npx mocha` without npx in between, which would swallow signals. A process group of its own keeps a
 * terminal's Ctrl-C from reaching it besides the signal that its starter passes on.
 * @param specs which, where not those of the readiness suite; @param env beside this process's own
 */
export function startMocha(
  specs: readonly string[],
  env: Readonly<Record<string, string>>,
  { stdio = 'inherit', within = [] }: Pick<SuiteEnvironment, 'stdio' | 'within'> = {},
): ChildProcess {
  const [command = process.execPath, ...words] = [...within, process.execPath, MOCHA, ...specs]
  return spawn(command, words, {
    ...{ cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', stdio, stdio], detached: true },
  })
}

/** Its exit code; 2 where a signal ended it. */
export function exitCodeOf(suite: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    suite.once('error', reject)
    suite.once('exit', (code) => {
      resolve(code ?? 2)
    })
  })
}

/** The same, with its starter's interruption passed on: SIGHUP as it is, because the terminal is gone for both. */
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
