/** Tables of foreign messages, each with exactly those causes that it proves. */
import { expect } from 'chai'
import { diagnose } from './diagnose.ts'
import type { Findings } from './findings.ts'

type Row = readonly [text: string, cause: string, ...others: string[]]

/** Declares a test for each row. */
export function table(title: string, findingsOf: (text: string) => Findings, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [text, ...causes] of rows)
      it(`${causes.join(', ')}: ${text.slice(0, 110)}`, () => {
        expect(diagnose(findingsOf(text)).map(({ id }) => id)).to.deep.equal(causes)
      })
  })
}

/** What virt-controller says of a launcher pod that was refused; the reason follows. */
export const POD_FORBIDDEN = 'failed to create virtual machine pod: pods "virt-launcher-x" is forbidden: '
