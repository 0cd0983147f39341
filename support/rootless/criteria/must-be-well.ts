import { assert } from 'chai'

/** @param trouble the violations, a sentence each */
export function mustBeWell(trouble: readonly string[]): void {
  assert(trouble.length === 0, trouble.join('; '))
}
