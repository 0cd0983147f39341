/** Where certification lives: runs of a CronJob, and the container of a Sonobuoy plugin, as their controllers start them. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { KEPT_LABEL } from '../../support/cli/kept-runs.ts'
import { SimulatedWorker } from '../../support/cli/sonobuoy/worker.fixture.ts'
import { describeWithKubectl } from '../../support/common/testing/with-kubectl.ts'
import { parseReport } from '../../support/report/read-report.ts'
import { CONFIG_MAPS } from '../apiserver/kinds.ts'
import { LAB_CHECKUP_IMAGE } from '../workloads/local-image.ts'
import { runCommand } from './command.fixture.ts'
import { JobLab } from './job-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

const PROGRAM = fileURLToPath(new URL('../../support/cli/checkup-cli.ts', import.meta.url))
/** The lab's image is this checkout, whose Node.js is not in the path of its containers. */
const NODE = '/opt/checkup/node_modules/node/bin/node'
/** Started by the CronJob. */
const JOB = 'dpdk-checkup-29407680'
const PARAMETERS = ['--network', 'dpdk-network', '--engine', 'pktgen', '--rate', '10k', '--duration', '2s']
const MANIFESTS = `npx dpdk-checkup manifests -n ${NAMESPACE} ${PARAMETERS.join(' ')} --image ${LAB_CHECKUP_IMAGE} -o json`

interface Listed {
  readonly items: readonly {
    readonly kind: string
    readonly spec?: {
      readonly jobTemplate: {
        readonly spec: {
          readonly template: { readonly spec: { readonly containers: { command: string[] }[] } }
        }
      }
    }
  }[]
}

describeWithKubectl('a schedule', () => {
  it('runs with a ConfigMap of its own, and keeps the reports of the last runs', async () => {
    await using lab = await JobLab.start()
    const names = () =>
      lab.server.store
        .list(CONFIG_MAPS, NAMESPACE)
        .map(({ metadata: { name } }) => name)
        .filter((name) => name.startsWith('dpdk-checkup-config-'))
        .toSorted()
    await lab.run('kubectl apply -n <target-namespace> -f fixtures/manifests/permissions.yaml')
    const printed = await lab.run(`${MANIFESTS} --only cronjob --schedule "0 3 * * 0" --keep 1`)
    const { items } = JSON.parse(printed.stdout) as Listed
    const metadata = { name: 'dpdk-checkup-config-early', namespace: NAMESPACE, labels: KEPT_LABEL }
    lab.server.store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} })
    const objects = items.map((item) => (item.spec === undefined ? item : jobOf(item.spec)))
    await writeFile(
      join(lab.folder, 'objects.yaml'),
      objects.map((each) => `---\n${stringify(each)}`).join(''),
    )
    const applied = await lab.run(`kubectl apply -n ${NAMESPACE} -f objects.yaml`)
    expect(applied.exitCode, applied.stderr).to.equal(0)
    const waited = await lab.run(`npx dpdk-checkup wait -n ${NAMESPACE} ${JOB}`)
    expect(waited.exitCode, waited.stdout).to.equal(0)
    // The run's ConfigMap, and the one with its reports; that of the earlier run is removed.
    const [own = '', ...others] = names()
    expect(others).to.deep.equal([`${own}-report`])
    expect(own).to.match(/^dpdk-checkup-config-\w{5}$/)
    const retrieved = await lab.run(`npx dpdk-checkup retrieve -n ${NAMESPACE} ${own}`)
    expect(retrieved.stdout, retrieved.stderr).to.match(/\(passed\) are in reports\/\S+/)
    const [folder = ''] = /reports\/\S+/.exec(retrieved.stdout) ?? []
    const verified = await lab.run(`npx dpdk-checkup verify ${folder}`)
    expect(verified.stdout, verified.stderr).to.match(/^ {2}verdict {6}passed \(simulated cluster/m)
    expect(verified.exitCode).to.equal(0)
    expect((await lab.run('npx dpdk-checkup history reports')).stdout).to.include('1 run on 2 nodes')
  })

  function jobOf({ jobTemplate }: NonNullable<Listed['items'][number]['spec']>): object {
    const job = structuredClone(jobTemplate)
    for (const container of job.spec.template.spec.containers) container.command[0] = NODE
    return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: JOB }, spec: job.spec }
  }
})

describe('the container of the Sonobuoy plugin', () => {
  it('hands its results to the simulated worker, and tells it of its progress', async () => {
    await using lab = await JobLab.start()
    await using worker = await SimulatedWorker.start(await mkdtemp(join(lab.folder, 'results-')))
    const env = { HOME: lab.folder, KUBECONFIG: join(lab.folder, 'kubeconfig'), ...worker.env }
    const container = runCommand(PROGRAM, ['sonobuoy', '-n', NAMESPACE, ...PARAMETERS], env)
    const taken = await worker.take(container)
    const { exitCode, stdout, stderr } = await container
    expect(exitCode, stdout + stderr).to.equal(0)
    expect([...taken.files.keys()], 'what was there when done appeared').to.have.members([
      'junit_dpdk-checkup.xml',
      'report.json',
      'dpdk-checkup-summary.html',
      'bundle.tar.gz',
    ])
    const report = parseReport(taken.files.get('report.json')?.toString() ?? '', 'report.json')
    const [junit, ...others] = taken.results
    expect(others, 'files that Sonobuoy reads as JUnit').to.deep.equal([])
    expect(junit?.status).to.equal('passed')
    expect(junit?.tests.map(({ name, status }) => [name.split(' ')[0], status])).to.deep.equal(
      report.criteria.map(({ id, outcome }) => [id, outcome === 'not-judged' ? 'skipped' : outcome]),
    )
    expect(worker.refused, 'updates that nobody could read').to.deep.equal([])
    const { length: total } = report.criteria
    expect(worker.updates.at(-1)).to.deep.equal({ msg: 'passed', total, completed: total, failures: [] })
    expect(worker.updates.length, 'updates on the way').to.be.above(1)
    expect(lab.leftovers()).to.deep.equal([])
  })
})
