/** Clusters that break the suite's VMIs, and the cause that the suite names first. */
import { expect } from 'chai'
import { CATALOGUE } from '../../support/diagnosis/catalogue.ts'
import { PREFLIGHT_CAUSES } from '../../support/diagnosis/causes/preflight.ts'
import type { Report } from '../../support/model/report.ts'
import { FAULTS } from '../faults/faults.ts'
import { CLUSTER_CAUSES, type ClusterCause } from './cluster-causes.fixture.ts'
import { runAgainst } from './cluster-run.fixture.ts'
import { GuestlessLab } from './guestless-lab.fixture.ts'
import { CASES } from './preflight-cases.fixture.ts'
import { RunAhead } from './run-ahead.fixture.ts'

/** Parallel runs. A run computes for milliseconds only and waits for the rest. */
const AT_ONCE = 14

async function play(scenario: ClusterCause): Promise<Report> {
  const { break: breakIt, admitPod, images = true, parameters, hidden = false, account } = scenario
  await using lab = await GuestlessLab.start({ preflightPermissions: !hidden, images, admitPod })
  breakIt?.(lab)
  const { report } = await runAgainst(lab, { account, parameters })
  return report
}

describe('the first cause that is named', () => {
  const reports = new RunAhead<ClusterCause, Report>(AT_ONCE, play)

  for (const scenario of CLUSTER_CAUSES) {
    const [id, sentence] = scenario.first
    reports.it(scenario, `is ${id} with ${scenario.name}`, ({ verdict, diagnosis, failureReasons }) => {
      const [first] = diagnosis?.causes ?? []
      expect(first?.id, JSON.stringify(diagnosis, null, 1)).to.equal(id)
      expect(first?.sentence).to.match(sentence)
      expect(verdict).to.be.oneOf(['failed', 'error'])
      expect(failureReasons.join('\n')).to.include(`cause ${id}`).and.include(first?.remedy)
    })
  }
})

/** Causes that other tests provoke, with the file and the case. */
const SHOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  'no-credentials': 'bad-input.test.ts: no cluster configured',
  'configmap-not-free': 'bad-input.test.ts: a ConfigMap that is in use, and one that is not there',
  'token-refused': 'bad-input.test.ts: a token the API server does not accept',
  'run-interrupted': 'scripted-interruptions.test.ts: signals in every phase',
  'parameters-invalid': 'bad-input.test.ts: parameters of every kind',
  'configmap-immutable': 'bad-input.test.ts: a ConfigMap that is immutable',
  'kubevirt-not-served': 'bad-input.test.ts: a cluster without KubeVirt',
  'network-missing': 'bad-input.test.ts: a network that does not exist',
  'other-run-there': 'preflight.test.ts: VMIs of other runs',
  'nodes-all-overloaded':
    'the fault slow-fabric: behind the causes of the first pair, which loses packets too',
}

/** The causes of which preflight.test.ts provokes every violation; it asserts that each is explained. */
function shownByPreflight(): string[] {
  const violated = new Set(CASES.flatMap(({ wrong }) => Object.keys(wrong)))
  return PREFLIGHT_CAUSES.filter(({ explains }) => explains.every((id) => violated.has(id))).map(
    ({ id }) => id,
  )
}

describe('the catalogue of causes on the lab', () => {
  it('has a scenario for each, in which it is really so and named first', () => {
    const shown = new Set([
      ...FAULTS.flatMap(({ expected: { cause } }) => cause ?? []),
      ...CLUSTER_CAUSES.map(({ first: [id] }) => id),
      ...shownByPreflight(),
      ...Object.keys(SHOWN_ELSEWHERE),
    ])
    expect([...shown]).to.have.members(CATALOGUE.map(({ id }) => id))
  })
})
