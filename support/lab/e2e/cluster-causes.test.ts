/** The suite's own stages, in this process, against clusters that do something to its VMIs. */
import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { ApiClient } from '../../cluster/api-client.ts'
import { ConfigMaps } from '../../cluster/config-map.ts'
import { Inventory } from '../../cluster/inventory.ts'
import { Vmis } from '../../cluster/vmi.ts'
import { CATALOGUE } from '../../checkup/diagnosis/catalogue.ts'
import { findOutWhy } from '../../checkup/diagnosis/find-out-why.ts'
import type { Cluster } from '../../checkup/connect.ts'
import { configure } from '../../checkup/configure.ts'
import { provision, type VmiOutcome } from '../../checkup/provision.ts'
import { Run } from '../../checkup/run.ts'
import type { Report } from '../../report/model.ts'
import type { Progress } from '../../report/progress.ts'
import { CAUSE_SCENARIOS, FIRST_CAUSES } from './cause-scenarios.fixture.ts'
import { CLUSTER_CAUSES, type ClusterCause } from './cluster-causes.fixture.ts'
import { GuestlessLab, NAMESPACE, VALID } from './guestless-lab.fixture.ts'
import { Ahead } from './scripted-pool.fixture.ts'
import { SCENARIOS } from './scripted-scenarios.fixture.ts'

/** Runs at a time; all of a run but milliseconds is waiting. */
const AT_ONCE = 14

class ImpatientRun extends Run {
  /** Half of it is the wait for the VMIs: enough for everything in the lab to show, in milliseconds. */
  override get remaining(): number {
    return 8000
  }
}

const silent: Progress = {
  phase: () => ({ end: () => undefined, [Symbol.dispose]: () => undefined }),
  ...{ waiting: () => undefined, traffic: () => undefined, line: () => undefined },
  ...{ criterion: () => undefined, close: () => undefined },
}

async function play(scenario: ClusterCause): Promise<Report> {
  const { break: breakIt, admitPod, images = true, parameters, hidden = false, account } = scenario
  await using lab = await GuestlessLab.start({ preflightPermissions: !hidden, images, admitPod })
  breakIt?.(lab)
  const user = account ?? `system:serviceaccount:${NAMESPACE}:dpdk-checkup-sa`
  const cluster = clusterOf(lab.server.kubeconfig(user, NAMESPACE))
  const environment = { namespace: NAMESPACE, configMap: 'config', pod: undefined }
  const run = new ImpatientRun(silent)
  run.claimed = { cluster, environment, isCertain: true }
  const configured = configure(run, { cluster, environment, data: { ...VALID, ...parameters } })
  const { vmUnderTest, trafficGenerator } = await provision(run, configured)
  judge(run, 'scheduling.vm-under-test-ready', vmUnderTest)
  judge(run, 'scheduling.traffic-generator-ready', trafficGenerator)
  run.stopDeadline()
  await findOutWhy(run, [])
  await run.cleanup.run(run.teardownLimits)
  return run.journal.toReport()
}

function clusterOf(kubeconfig: string): Cluster {
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromString(kubeconfig)
  const client = new ApiClient(kubeConfig)
  const inventory = new Inventory(client)
  return { client, inventory, configMaps: new ConfigMaps(client), vmis: new Vmis(client) }
}

/** As specs/readiness/scheduling.spec.ts judges it. */
function judge({ journal }: Run, id: string, outcome: VmiOutcome): void {
  const title = 'gets its VMI ready'
  if ('ready' in outcome)
    journal.criterion({ id, title, outcome: 'passed', message: '', evidence: [], duration: 0 })
  else
    journal.criterion({
      ...{ id, title, evidence: [], duration: 0 },
      ...{ outcome: outcome.outcome, message: outcome.notReady },
    })
}

describe('the first cause that is named', function () {
  this.timeout(60_000)
  const reports = new Ahead(CLUSTER_CAUSES, AT_ONCE, play)

  for (const scenario of CLUSTER_CAUSES) {
    const [id, sentence] = scenario.first
    it(`is ${id} with ${scenario.name}`, async () => {
      const { verdict, diagnosis, failureReasons } = await reports.result(scenario)
      const [first] = diagnosis?.causes ?? []
      expect(first?.id, JSON.stringify(diagnosis, null, 1)).to.equal(id)
      expect(first?.sentence).to.match(sentence)
      expect(verdict).to.be.oneOf(['failed', 'error'])
      expect(failureReasons.join('\n')).to.include(`cause ${id}`).and.include(first?.remedy)
    })
  }
})

describe('the catalogue of causes on the lab', () => {
  const scenarios = new Set([...SCENARIOS, ...CAUSE_SCENARIOS].map(({ name }) => name))

  it('has a scenario for each, in which it is really so and named first', () => {
    const shown = new Set([...Object.values(FIRST_CAUSES), ...CLUSTER_CAUSES.map(({ first: [id] }) => id)])
    expect([...shown]).to.have.members(CATALOGUE.map(({ id }) => id))
  })

  it('is looked for in scenarios that there are', () => {
    for (const name of Object.keys(FIRST_CAUSES)) expect([...scenarios]).to.include(name)
  })
})
