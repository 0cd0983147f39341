/** docs/dev/faults.md: what is played against the whole suite, and what comes of it. */
import { SCENARIOS } from '../../e2e/scripted-scenarios.fixture.ts'
import type { Scenario } from '../../e2e/scripted-scenario.fixture.ts'
import { inline } from './markdown.ts'

/** What signals do, in every phase, is tested apart from the scenarios. */
const SIGNALS: Pick<Scenario, 'name' | 'expected'> = {
  name: 'SIGTERM or SIGINT, in any phase',
  expected: { verdict: 'error', exitCode: 2, cause: 'interrupted by SIGTERM' },
}

export function faultsBlock(): string {
  const verdicts = Map.groupBy([...SCENARIOS, SIGNALS], ({ expected }) => expected.verdict)
  return (['failed', 'inconclusive', 'error', 'passed'] as const)
    .flatMap((verdict) => {
      const scenarios = verdicts.get(verdict) ?? []
      const [{ expected } = SIGNALS] = scenarios
      return [`## ${verdict} (exit code ${expected.exitCode})`, scenarios.map(line).join('\n')]
    })
    .join('\n\n')
}

/** The name of a scenario, and in part what the failure reason or the warning says of it. */
function line({ name, expected: { cause } }: Pick<Scenario, 'name' | 'expected'>): string {
  return `- ${inline(name)}${cause === undefined ? '' : `: _${inline(cause)}_`}`
}
