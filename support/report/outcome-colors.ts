/** Colours of outcomes and verdicts on a terminal. */
import type { styleText } from 'node:util'
import type { Outcome } from '../model/criterion-result.ts'
import type { Verdict } from '../model/report.ts'

export type Style = Parameters<typeof styleText>[0]

export const OUTCOME_COLORS: Readonly<Record<Outcome, Style>> = {
  passed: 'green',
  failed: 'red',
  inconclusive: 'yellow',
  error: 'red',
  'not-judged': 'gray',
}

export const VERDICT_STYLES: Readonly<Record<Verdict, Style>> = {
  passed: ['bold', 'green'],
  'passed-with-waivers': ['bold', 'yellow'],
  failed: ['bold', 'red'],
  inconclusive: ['bold', 'yellow'],
  error: ['bold', 'red'],
}
