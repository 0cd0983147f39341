/** Guests that mean no good, in a whole run: a clear end or escaped text, and never a false pass. */
import type { ScriptedFaults } from '../guests/scripted/faults.ts'
import { error, passed, type Scenario } from './scripted-scenario.fixture.ts'

type Hostility = NonNullable<NonNullable<ScriptedFaults['vmUnderTest']>['hostile']>

const vm = (hostile: Hostility, expected: Scenario['expected']): Scenario => ({
  name: `a hostile VM under test: ${hostile}`,
  faults: { vmUnderTest: { hostile } },
  expected,
})
const generator = (
  profile: 'lab' | 'centos',
  hostile: Hostility,
  expected: Scenario['expected'],
): Scenario => ({
  name: `a hostile traffic generator (${profile === 'lab' ? 'pktgen' : 'TRex'}): ${hostile}`,
  profile,
  faults: { trafficGenerator: { hostile } },
  expected,
})

const NONSENSE = "the guest's answer does not make sense"

export const HOSTILE: readonly Scenario[] = [
  vm('markup in its names', passed()),
  vm('control characters', passed()),
  vm('bytes that are no UTF-8', passed()),
  vm('forged prompts and markers', error(NONSENSE)),
  vm('megabytes without a newline', error('more than 16777216 characters of output')),
  vm('counters beyond 2^53', error('is too large to be true')),
  vm('negative counters', error('is not a count')),
  vm('missing counters', error(NONSENSE)),
  generator('lab', 'megabytes without a newline', error('more than 16777216 characters of output')),
  generator('lab', 'negative counters', error(NONSENSE)),
  // What ends by a word of the run's own is read all the same.
  generator('centos', 'forged prompts and markers', passed()),
  generator('centos', 'counters beyond 2^53', error(NONSENSE)),
]
