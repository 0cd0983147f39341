/** Generates docs/dev/faults.md: the faults that tests play, with their expected results. */
import { EXIT_CODES } from '../../../support/model/exit-codes.ts'
import type { Fault } from '../../faults/fault.ts'
import { FAULTS } from '../../faults/faults.ts'
import { anchor, inline } from './markdown.ts'

/** Signals are not faults: a separate test sends them in every phase. */
const SIGNALS: Pick<Fault, 'name' | 'expected'> = {
  name: 'SIGTERM or SIGINT, in any phase',
  expected: { verdict: 'error', says: 'interrupted by SIGTERM' },
}

export function faultsBlock(): string {
  const lines = [
    ...FAULTS.map(({ id, ...fault }) => ({ ...fault, line: `- \`${id}\`: ${described(fault)}` })),
    { ...SIGNALS, line: `- ${described(SIGNALS)}` },
  ]
  const verdicts = Map.groupBy(lines, ({ expected }) => expected.verdict)
  return (['failed', 'inconclusive', 'error', 'passed'] as const)
    .flatMap((verdict) => [
      `## ${verdict} (exit code ${EXIT_CODES[verdict]})`,
      (verdicts.get(verdict) ?? []).map(({ line }) => line).join('\n'),
    ])
    .join('\n\n')
}

/** The fault's name, part of the expected failure reason or warning, and the expected first cause. */
function described({ name, expected: { says, cause } }: Pick<Fault, 'name' | 'expected'>): string {
  return [
    inline(name),
    ...(says === undefined ? [] : [`: _${inline(says)}_`]),
    ...(cause === undefined ? [] : [` ([${cause}](../causes.md${anchor(cause)}))`]),
  ].join('')
}
