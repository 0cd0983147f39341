/** Hostile guests in a whole run: it ends with a clear error or with escaped text, and never passes by mistake. */
import type { ScriptedFaults } from '../guests/scripted/faults.ts'
import { error, type Expectation, type Fault, passed } from './fault.ts'

type Hostility = NonNullable<NonNullable<ScriptedFaults['vmUnderTest']>['hostile']>

const vm = (id: string, hostile: Hostility, expected: Expectation): Fault => ({
  id,
  name: `a hostile VM under test: ${hostile}`,
  scripted: { vmUnderTest: { hostile } },
  expected,
})
const generator = (
  id: string,
  profile: 'lab' | 'centos',
  hostile: Hostility,
  expected: Expectation,
): Fault => ({
  id,
  name: `a hostile traffic generator (${profile === 'lab' ? 'pktgen' : 'TRex'}): ${hostile}`,
  profile,
  scripted: { trafficGenerator: { hostile } },
  expected,
})

const NONSENSE = 'unexpected answer of the guest'

export const HOSTILE: readonly Fault[] = [
  vm('hostile-vm-markup', 'markup in its names', passed()),
  vm('hostile-vm-control-characters', 'control characters', passed()),
  vm('hostile-vm-no-utf8', 'bytes that are no UTF-8', passed()),
  vm('hostile-vm-forged-prompts', 'forged prompts and markers', error(NONSENSE)),
  vm('hostile-vm-flood', 'megabytes without a newline', error('more than 16777216 characters of output')),
  vm('hostile-vm-huge-counters', 'counters beyond 2^53', error('is too large to be valid')),
  vm('hostile-vm-negative-counters', 'negative counters', error('is not a count')),
  vm('hostile-vm-missing-counters', 'missing counters', error(NONSENSE)),
  generator(
    'hostile-pktgen-flood',
    'lab',
    'megabytes without a newline',
    error('more than 16777216 characters of output'),
  ),
  generator('hostile-pktgen-negative-counters', 'lab', 'negative counters', error(NONSENSE)),
  // The suite recognises the end of an answer by a random word, so forged prompts do no harm.
  generator('hostile-trex-forged-prompts', 'centos', 'forged prompts and markers', passed()),
  generator('hostile-trex-huge-counters', 'centos', 'counters beyond 2^53', error(NONSENSE)),
]
