import { expect } from 'chai'
import { SaxesParser } from 'saxes'
import { EXIT_CODES } from '../../support/model/exit-codes.ts'
import { reportSchema } from '../../support/model/report.ts'
import { MARKUP } from '../guests/scripted/hostility.ts'
import type { Fault } from '../faults/fault.ts'
import { FAULTS } from '../faults/faults.ts'
import { NOTE } from '../faults/interference.ts'
import { playFault } from '../faults/play-fault.ts'
import { ScriptedLab, type SuiteEnd } from './scripted-lab.fixture.ts'
import { RunAhead } from './run-ahead.fixture.ts'

/** Parallel runs; a run mostly waits. */
const AT_ONCE = 8

/** Runs between many nodes take minutes: they begin first, so that nothing is left to wait for one of them alone. */
const LONGEST_FIRST = FAULTS.toSorted(
  (one, other) => Number(other.labNodes !== undefined) - Number(one.labNodes !== undefined),
)

/** Control characters that a terminal would interpret. No file may contain one. */
const UNSAFE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/

interface Outcome {
  readonly end: SuiteEnd
  readonly left: readonly string[]
}

async function play(fault: Fault): Promise<Outcome> {
  await using lab = await ScriptedLab.start({ hidden: false, ...fault })
  const suite = await lab.startSuite({ reports: fault.reports })
  await playFault(fault, lab.cluster, suite)
  const end = await suite.end()
  return { end, left: lab.leftovers() }
}

describe('the checkup when something goes wrong', () => {
  const outcomes = new RunAhead<Fault, Outcome>(AT_ONCE, play)

  for (const fault of LONGEST_FIRST) {
    const { id, name, reports, during, expected } = fault
    const { verdict, says = '', cause, left = [], noStatus = false, gone } = expected
    const exitCode = EXIT_CODES[verdict]
    outcomes.it(fault, `${id}: ${name}: ${verdict}, exit code ${exitCode}`, (outcome) => {
      const { end } = outcome
      expect(end.exitCode, end.output).to.equal(exitCode)
      expect(end.leaks).to.deep.equal([])
      expect(kindsOf(outcome.left), end.output).to.deep.equal([...left].sort())
      for (const name of outcome.left) expect(end.output).to.include(name.split(' ')[1])
      expect(end.output).to.include(says)
      if (reports === undefined) {
        expect(end.report?.verdict, end.output).to.equal(verdict)
        expect(end.junit, end.output).to.include('<testsuite')
        const said = [...(end.report?.failureReasons ?? []), ...(end.report?.warnings ?? [])].join('\n')
        expect(said, end.output).to.include(says)
        expectIntact(end)
        if (cause !== undefined) expectNamedFirst(cause, end)
        if (gone !== undefined) expectNotWaitedFor(gone, end)
      }
      if (noStatus) return
      expect(end.data, end.output).to.include({
        'status.succeeded': String(verdict === 'passed'),
        'status.result.verdict': verdict,
      })
      expect(end.data?.['status.completionTimestamp']).to.match(/^\d{4}-/)
      if (during?.action === 'edits the ConfigMap') expect(end.data).to.include(NOTE)
    })
  }
})

/** Whatever guests and cluster printed: every report is well-formed, and nothing in it is executed by a reader. */
function expectIntact({ report, junit, pages, output }: SuiteEnd): void {
  expect(reportSchema.safeParse(report).error, output).to.equal(undefined)
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.write(junit).close()
  expect(pages.map((page) => page.length > 1000)).to.deep.equal([true, true])
  for (const text of [...pages, junit]) expect(text).not.to.include(MARKUP)
  for (const text of [...pages, junit, output]) expect(UNSAFE.test(text)).to.equal(false)
}

/** The cause is the first one in the report, and its remedy is in the status, in JUnit and on the terminal. */
function expectNamedFirst(id: string, { report, data, junit, output }: SuiteEnd): void {
  const [first] = report?.diagnosis?.causes ?? []
  expect(first?.id, output).to.equal(id)
  expect(data?.['status.failureReason'], output).to.include(`cause ${id}`).and.include(first?.remedy)
  expect(data?.['status.failureReason']?.length).to.be.at.most(4096)
  expect(output).to.include(first?.remedy)
  expect(junit).to.include(`[${id}]`)
}

/** The source had ended, so the diagnosis did not wait for it until a timeout. */
function expectNotWaitedFor(source: string, { report, output }: SuiteEnd): void {
  const note = report?.diagnosis?.evidence.find(({ what }) => what === `not collected: ${source}`)
  expect(note?.value, output).to.match(/ ended |was lost|fell silent/)
}

function kindsOf(left: readonly string[]): string[] {
  return left.map((name) => name.split(' ')[0] ?? '').sort()
}
