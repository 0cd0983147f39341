import { ApiError } from '../cluster/api-error.ts'
import { isSuiteError, TimeoutError, UnrecoverableError } from '../common/errors.ts'
import { StageFailure } from '../run/stage.ts'
import { KubectlError } from './kubectl.ts'

/**
 * Deploys; failures that are the cluster's fault fail the stage. Others stay errors: kubectl missing, access denied,
 * existing objects of others, an interruption.
 */
export async function failingStage<T>(deploy: () => Promise<T>): Promise<T> {
  try {
    return await deploy()
  } catch (error) {
    throw isClusters(error) ? StageFailure.of('failed', error) : error
  }
}

function isClusters(error: unknown): boolean {
  return (
    error instanceof UnrecoverableError ||
    error instanceof TimeoutError ||
    (error instanceof KubectlError && !/forbidden|unauthorized/i.test(error.stderr)) ||
    (error instanceof ApiError && error.status !== 401 && error.status !== 403) ||
    isSuiteError(error, 'not-served')
  )
}
