/** The suite in a process of its own, as users run it: it knows of a cluster what its environment says. */
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MOCHA = fileURLToPath(new URL('../../node_modules/mocha/bin/mocha.js', import.meta.url))

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

/**
 * Starts `npx mocha` without npx in between, which would swallow signals. A process group of its own keeps a
 * terminal's Ctrl-C from reaching it besides the signal that its starter passes on.
 */
export function startSuite({
  kubeconfig,
  namespace,
  configMap,
  env,
  stdio = 'inherit',
  within = [],
}: SuiteEnvironment): ChildProcess {
  const [command, ...words] = [...within, process.execPath, MOCHA]
  return spawn(command, words, {
    cwd: ROOT,
    env: {
      ...process.env,
      KUBECONFIG: kubeconfig,
      CONFIGMAP_NAMESPACE: namespace,
      CONFIGMAP_NAME: configMap,
      ...env,
    },
    stdio: ['ignore', stdio, stdio],
    detached: true,
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
