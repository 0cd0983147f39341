import { AssertionError, expect } from 'chai'
import type { Outcome } from '../../model/criterion-result.ts'
import type { Stalls } from '../../model/stalls.ts'
import { CriterionSkipped } from '../../run/criterion.ts'
import { preparedWith, stalls as NONE } from './prepared.fixture.ts'
import { cpuStalls } from './stalls.ts'

const UNKNOWN: Stalls = { unknown: 'its kernel has no tracefs' }
const of = (microseconds: number): Stalls => ({ ...NONE, longest: { cpu: 5, microseconds, by: 'irq' } })

interface Judged {
  readonly outcome: Outcome
  readonly message: string
  readonly facts: ReadonlyMap<string, unknown>
}

function judge(vm: Stalls, generator: Stalls, maxStallMicroseconds?: number): Judged {
  const guests = {
    'vm-under-test': { plan: { role: 'vm-under-test' }, stalls: vm },
    'traffic-generator': { plan: { role: 'traffic-generator' }, stalls: generator },
  }
  const facts = new Map<string, unknown>()
  try {
    cpuStalls.judge(
      preparedWith(guests, maxStallMicroseconds) as never,
      (what, value) => void facts.set(what, value),
    )
  } catch (error) {
    const { message } = error as Error
    if (error instanceof CriterionSkipped) return { outcome: error.outcome, message, facts }
    return { outcome: error instanceof AssertionError ? 'failed' : 'error', message, facts }
  }
  return { outcome: 'passed', message: '', facts }
}

describe('the criterion on stalls', () => {
  const CASES: readonly (readonly [string, Parameters<typeof judge>, Outcome])[] = [
    ['no stall', [NONE, NONE], 'passed'],
    ['a stall that nothing limits', [of(900), NONE], 'passed'],
    ['a stall within the limit', [of(300), NONE, 300], 'passed'],
    ['a stall above the limit', [of(300.1), NONE, 300], 'failed'],
    ['a stall above the limit in the generator', [NONE, of(301), 300], 'failed'],
    ['no tracer in one guest', [NONE, UNKNOWN], 'passed'],
    ['no tracer', [UNKNOWN, UNKNOWN], 'not-judged'],
    ['a limit without a tracer', [UNKNOWN, UNKNOWN, 300], 'inconclusive'],
    ['a limit of which half is unknown', [NONE, UNKNOWN, 300], 'inconclusive'],
    ['a stall above the limit beside an unknown', [of(301), UNKNOWN, 300], 'failed'],
  ]
  for (const [what, given, expected] of CASES)
    it(`is ${expected} for ${what}`, () => {
      expect(judge(...given).outcome).to.equal(expected)
    })

  it('has its arithmetic, the longest stall and what caused it as evidence', () => {
    const { facts } = judge(of(412), NONE)
    expect(facts.get('an RX ring lasts')).to.equal('2,048 descriptors / 8,000,000 packets/s = 256 µs')
    expect(facts.get('VM under test, longest stall')).to.equal('412 µs on CPU 5 by an interrupt')
    expect(facts.get('traffic generator, longest stall')).to.equal('none above 5 µs')
  })

  it('says why nothing is known, once for both guests', () => {
    expect(judge(UNKNOWN, UNKNOWN).message).to.equal(
      'unknown for the VM under test and the traffic generator: its kernel has no tracefs',
    )
  })
})
