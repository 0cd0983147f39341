import { assert } from 'chai'

/** @param violations the violations, a sentence each */
export function assertNoViolations(violations: readonly string[]): void {
  assert(violations.length === 0, violations.join('; '))
}
