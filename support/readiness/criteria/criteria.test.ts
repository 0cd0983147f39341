import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Criterion, Outcome } from '../../model/criterion-result.ts'
import { exampleReport } from '../../report/example.fixture.ts'
import { COMPLETE, incompleteness } from '../../run/completeness.ts'
import { declaredIn } from '../../run/testing/declared-criteria.ts'
import { claimWith, READINESS_CRITERIA } from './criteria.ts'

const READINESS_CLAIM = claimWith(undefined)
const { essential: ESSENTIAL, optional: OPTIONAL } = READINESS_CLAIM
const ROOT = new URL('../../../', import.meta.url)

function judged(ids: readonly string[], outcome: Outcome = 'passed'): Criterion[] {
  return ids.map((id) => ({ id, title: id, outcome, message: '', evidence: [], duration: 0 }))
}

describe('the criteria of the readiness suite', () => {
  it('are what the specs declare, in their order, with test names that begin with the id', async () => {
    const { spec } = JSON.parse(await readFile(new URL('.mocharc.json', ROOT), 'utf8')) as { spec: string[] }
    expect(await declaredIn(spec)).to.deep.equal(
      READINESS_CRITERIA.map(({ id, title }) => ({ id, title, testTitle: `${id} ${title}` })),
    )
  })

  it('have ids of their own', () => {
    const ids = READINESS_CRITERIA.map(({ id }) => id)
    expect(new Set(ids).size).to.equal(ids.length)
  })

  it('can be read without mocha', async () => {
    const script =
      `import { READINESS_CRITERIA } from '${new URL('criteria.ts', import.meta.url).href}'; ` +
      'console.log(typeof globalThis.it, READINESS_CRITERIA.length)'
    const args = ['--input-type=module', '--eval', script]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    expect(stdout).to.equal(`undefined ${READINESS_CRITERIA.length}\n`)
  })
})

describe('the whole that a pass claims', () => {
  it('includes every criterion, also those that found that they cannot be judged', () => {
    expect(incompleteness([...judged(ESSENTIAL), ...judged(OPTIONAL)], READINESS_CLAIM)).to.equal(undefined)
    expect(
      incompleteness([...judged(ESSENTIAL), ...judged(OPTIONAL, 'not-judged')], READINESS_CLAIM),
    ).to.equal(undefined)
  })

  it('is not there where any of them was not part of the run', () => {
    for (const id of [...ESSENTIAL, ...OPTIONAL]) {
      const others = judged([...ESSENTIAL, ...OPTIONAL]).filter((criterion) => criterion.id !== id)
      expect(incompleteness(others, READINESS_CLAIM), id).to.deep.include({
        ...COMPLETE,
        outcome: 'inconclusive',
        evidence: [{ what: 'deselected', value: id }],
      })
    }
  })

  it('is not there where one that a pass rests on was not judged', () => {
    for (const id of ESSENTIAL) {
      const rest = [...ESSENTIAL, ...OPTIONAL].filter((each) => each !== id)
      const found = incompleteness([...judged(rest), ...judged([id], 'not-judged')], READINESS_CLAIM)
      expect(found?.message).to.include(`1 criterion was skipped: ${id}`)
    }
  })

  it('is as much as another suite says of itself', () => {
    const pods = { essential: [], optional: ['tap.queues', 'tap.arp'] }
    expect(incompleteness(judged(['tap.queues', 'tap.arp'], 'not-judged'), pods)).to.equal(undefined)
    expect(incompleteness(judged(['tap.queues']), pods)?.message).to.include('tap.arp')
  })

  it('names some of what is missing, and has all as evidence', () => {
    const found = incompleteness(judged(OPTIONAL), READINESS_CLAIM)
    expect(found?.message).to.include('18 criteria were deselected').and.include('and 13 more')
    expect(found?.evidence).to.have.length(ESSENTIAL.length)
  })
})

describe('the reports that stand for real runs in tests', () => {
  for (const name of ['passed', 'lossy', 'error'] as const)
    it(`judge criteria that there are: ${name}`, () => {
      const judgedThere = exampleReport(name).criteria.map(({ id, title }) => ({ id, title }))
      const declared = READINESS_CRITERIA.map(({ id, title }) => ({ id, title }))
      expect(declared).to.include.deep.members(judgedThere)
    })
})
