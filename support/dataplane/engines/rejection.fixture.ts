import { expect } from 'chai'
import { SuiteError } from '../../common/errors.ts'

/** The suite's error with which it is rejected. @throws AssertionError if it is not */
export async function rejection(promise: Promise<unknown>): Promise<SuiteError> {
  const error = await promise.then(
    () => expect.fail('was not rejected'),
    (thrown: unknown) => thrown,
  )
  expect(error).instanceOf(SuiteError)
  return error as SuiteError
}
