/** A table of messages of the cluster and the causes that each of them proves. */
import { expect } from 'chai'
import { diagnose } from './diagnose.ts'
import type { Findings } from './findings.ts'

/** A message and the ids of its causes, in order. */
export type Row = readonly [text: string, cause: string, ...others: string[]]

/** Makes a test of each row. @param findingsOf a run in which the message was seen */
export function table(title: string, findingsOf: (text: string) => Findings, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [text, ...causes] of rows)
      it(`${causes.join(', ')}: ${text.slice(0, 110)}`, () => {
        expect(diagnose(findingsOf(text)).map(({ id }) => id)).to.deep.equal(causes)
      })
  })
}
