/** Hints that follow the error message of a command. */
import { isSuiteError } from '../common/errors.ts'
import { UsageError } from './program.ts'

export function hintFor(thrown: unknown): string | undefined {
  if (thrown instanceof UsageError) return thrown.hint
  if (isSuiteError(thrown, 'no-credentials'))
    return 'name a kubeconfig with --kubeconfig or KUBECONFIG, and its context with --context'
  if (isSuiteError(thrown, 'unreachable')) return 'kubectl cluster-info says whether the API server answers'
  return undefined
}
