import { expect } from 'chai'
import { InterruptedError } from '../../common/errors.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { defineCheck, type FindingRecorder } from './check.ts'
import { examineAll, violated } from './preflight.ts'
import type { Survey } from './survey.ts'

const survey = {} as unknown as Survey
const check = (judge: (read: number, record: FindingRecorder) => void, reads = () => Promise.resolve(7)) =>
  defineCheck({ id: 'preflight.example', title: 'is an example', reads, judge })

describe('a preflight check', () => {
  it('passes where nothing is wrong, and keeps what it saw', async () => {
    const found = await check((read, { fact }) => {
      fact('a number', read)
    }).examine(survey)
    expect(found).to.deep.equal({
      outcome: 'passed',
      problems: [],
      evidence: [{ what: 'a number', value: '7' }],
      warnings: [],
    })
  })

  it('says every violation, not the first one only', async () => {
    const found = await check((_, { wrong }) => {
      wrong('one')
      wrong('another')
    }).examine(survey)
    expect(found).to.deep.include({ outcome: 'failed', problems: ['one', 'another'] })
  })

  it('is not judged where that is said before anything wrong', async () => {
    const found = await check(() => skipCriterion('hidden')).examine(survey)
    expect(found).to.deep.include({ outcome: 'not-judged', problems: ['hidden'] })
  })

  it('does not forget a violation because the rest could not be judged', async () => {
    const found = await check((_, { wrong }) => {
      wrong('one')
      skipCriterion('the rest is hidden')
    }).examine(survey)
    expect(found).to.deep.include({ outcome: 'error', problems: ['one', 'the rest is hidden'] })
  })

  it('keeps its faults to itself', async () => {
    const broken = check(
      () => undefined,
      () => Promise.reject(new Error('the line is dead')),
    )
    const findings = await examineAll(survey, [broken])
    expect(findings.get('preflight.example')).to.deep.include({
      outcome: 'error',
      problems: ['the line is dead'],
    })
    expect(violated(findings)).to.deep.equal(['preflight.example'])
  })

  it('ends with the run', async () => {
    const asked = check(
      () => undefined,
      () => Promise.reject(new InterruptedError('enough')),
    )
    const ended = await examineAll(survey, [asked]).catch((error: unknown) => error)
    expect(ended).to.be.instanceOf(InterruptedError)
  })
})
