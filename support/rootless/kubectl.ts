/**
 * Runs kubectl, which renders manifests and executes commands in pods: administrators have it, and its messages say
 * what the cluster refuses. It uses KUBECONFIG or, in a pod, the service account.
 */
import { spawn } from 'node:child_process'
import { describeError, SuiteError, TimeoutError } from '../common/errors.ts'
import { formatDuration } from '../common/duration.ts'
import { interruption, type Limits } from '../common/wait.ts'

/** kubectl failed. `exitCode` is its own, or that of the program run by `kubectl exec`. */
export class KubectlError extends SuiteError {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string

  constructor(what: string, exitCode: number, stdout: string, stderr: string) {
    const text = stderr.trim() || stdout.trim() || `it ended with exit code ${exitCode}`
    super('kubectl', `kubectl ${what}: ${text.slice(0, 2000)}`)
    this.exitCode = exitCode
    this.stdout = stdout
    this.stderr = stderr
  }
}

/**
 * Runs kubectl with these arguments and returns its output.
 * @throws KubectlError; SuiteError `no-kubectl` if it is not installed; TimeoutError; InterruptedError
 */
export type Kubectl = (args: readonly string[], limits: Limits, stdin?: string) => Promise<string>

/** More than any log of a testpmd pod; more output is a malfunction. */
const MOST_OUTPUT = 64 * 1024 * 1024

export function createKubectl(env: NodeJS.ProcessEnv): Kubectl {
  return (args, { signal, timeout }, stdin) => {
    const what = args.slice(0, 2).join(' ')
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    if (signal.aborted) return Promise.reject(interruption(signal, `kubectl ${what}`))
    // In a separate process group, so that a second Ctrl-C does not end a kubectl that removes objects.
    const child = spawn('kubectl', args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    const chunks: { out: Buffer[]; err: Buffer[] } = { out: [], err: [] }
    let length = 0
    const take = (into: Buffer[]) => (chunk: Buffer) => {
      length += chunk.length
      if (length <= MOST_OUTPUT) into.push(chunk)
      else child.kill('SIGKILL')
    }
    child.stdout.on('data', take(chunks.out))
    child.stderr.on('data', take(chunks.err))
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, timeout)
    const stop = () => child.kill('SIGTERM')
    signal.addEventListener('abort', stop, { once: true })
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'ENOENT'
          ? new SuiteError('no-kubectl', 'kubectl is not installed: it renders and applies the manifests')
          : new SuiteError('kubectl', `kubectl could not be started: ${describeError(error)}`),
      )
    })
    child.once('close', (code) => {
      const stdout = Buffer.concat(chunks.out).toString('utf8')
      const stderr = Buffer.concat(chunks.err).toString('utf8')
      if (signal.aborted) reject(interruption(signal, `kubectl ${what}`))
      else if (timedOut)
        reject(new TimeoutError(`kubectl ${what} did not end within ${formatDuration(timeout)}`))
      else if (code === 0) resolve(stdout)
      else reject(new KubectlError(what, code ?? -1, stdout, stderr))
    })
    // A kubectl that ended before it read its input reports the reason by its exit code.
    child.stdin.on('error', () => undefined)
    child.stdin.end(stdin ?? '')
    return promise.finally(() => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    })
  }
}
