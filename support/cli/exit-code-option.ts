/** `--exit-code inconclusive=3`: other exit codes for verdicts, for CI systems that distinguish them. */
import { InvalidInputError } from '../common/errors.ts'
import { EXIT_CODE } from '../common/exit-code.ts'
import { EXIT_CODES, isSuccess } from '../model/exit-codes.ts'
import { type Verdict, verdictSchema } from '../model/report.ts'
import type { OptionRecords } from './option.ts'

export const EXIT_CODE_OPTION = {
  'exit-code': {
    type: 'list',
    value: 'VERDICT=CODE',
    doc: 'exit code for the verdict failed, inconclusive or error, e.g. inconclusive=3',
  },
} as const satisfies OptionRecords

/** The exit code of each verdict. @param acceptsWaivers whether the run accepts a pass with waivers */
export type ExitCodeOf = (verdict: Verdict, acceptsWaivers?: boolean) => number

/** Shells use the codes above 125 themselves (126 and 127, and 128 + the number of a signal). */
const HIGHEST = 125

/** @throws InvalidInputError naming every invalid word */
export function exitCodes(args: readonly string[]): ExitCodeOf {
  const codes: Record<Verdict, number> = { ...EXIT_CODES }
  const violations: string[] = []
  for (const argument of args) {
    const [, name, code] = /^(\w+)=(\d+)$/.exec(argument) ?? []
    const verdict = verdictSchema.safeParse(name).data
    const number = Number(code)
    if (verdict === undefined || verdict === 'passed' || number === 0 || number > HIGHEST)
      violations.push(
        `--exit-code takes failed, inconclusive or error and a code from 1 to ${HIGHEST}, such as inconclusive=3, not ${argument}`,
      )
    else codes[verdict] = number
  }
  if (violations.length > 0) throw new InvalidInputError(violations)
  return (verdict, acceptsWaivers = false) =>
    isSuccess({ verdict, acceptsWaivers }) ? EXIT_CODE.ok : codes[verdict]
}
