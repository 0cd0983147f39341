/** Hints that follow the error message of a command. */
import { isSuiteError } from '../common/errors.ts'
import { type Absence, NoReportsError } from '../run/retrieve/absence.ts'
import { UsageError } from './program.ts'

/** Reasons for which another ConfigMap may have been meant, or a run be waited for. */
const RUN_IS_NOT_OVER: readonly Absence[] = ['no-configmap', 'not-started', 'may-go-on']

export function hintFor(thrown: unknown): string | undefined {
  if (thrown instanceof UsageError) return thrown.hint
  if (isSuiteError(thrown, 'no-credentials'))
    return 'name a kubeconfig with --kubeconfig or KUBECONFIG, and a context with --context'
  if (isSuiteError(thrown, 'unreachable')) return 'kubectl cluster-info shows whether the API server answers'
  if (thrown instanceof NoReportsError && RUN_IS_NOT_OVER.includes(thrown.absence))
    return 'dpdk-checkup status shows the runs of the namespace'
  return undefined
}
