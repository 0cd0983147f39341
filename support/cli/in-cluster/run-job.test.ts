import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KubeConfig } from '../../cluster/client-node.ts'
import { expect } from 'chai'
import { CONFIG_MAPS, JOBS, ROLES, SERVICE_ACCOUNTS } from '../../../lab/apiserver/kinds.ts'
import { IMAGE, NAMESPACE, TestCluster } from '../../../lab/workloads/cluster.fixture.ts'
import { plainProcess } from '../../../lab/workloads/container-isolation.ts'
import { ApiClient } from '../../cluster/api-client.ts'
import { PATIENCE } from '../../common/testing/patience.ts'
import { clusterOf } from '../../run/connect.ts'
import { openSession } from '../session.ts'
import { checkupManifests, type CheckupManifests } from './manifests.ts'
import { runJob } from './run-job.ts'

const LEFT = {
  namespace: NAMESPACE,
  run: 'abcde',
  job: 'dpdk-checkup-abcde',
  configMap: 'dpdk-checkup-config-abcde',
}

/** The manifests of a checkup whose Job runs a shell script. */
function manifests(script: string): CheckupManifests {
  const data = { 'spec.timeout': '10m' }
  const all = checkupManifests({ namespace: NAMESPACE, data, image: IMAGE, suffix: '-abcde' })
  const job = structuredClone(all.job) as unknown as {
    spec: { template: { spec: { containers: { args?: string[] }[] } } }
  }
  for (const container of job.spec.template.spec.containers) container.args = [script]
  return { ...all, job: job as unknown as CheckupManifests['job'] }
}

describe('a run in the cluster', () => {
  let cluster: TestCluster
  let said: string

  beforeEach(async () => {
    said = ''
    cluster = await TestCluster.start({ runtime: plainProcess('it is tested so'), tls: false })
  })
  afterEach(() => cluster[Symbol.asyncDispose]())

  /** @param heard is called with each line of output */
  function run(
    all: CheckupManifests,
    heard: (line: string) => void = () => undefined,
    signals: { interrupted?: AbortSignal; abandoned?: AbortSignal } = {},
  ): ReturnType<typeof runJob> {
    const never = new AbortController().signal
    const { interrupted = never, abandoned = never } = signals
    const config = new KubeConfig()
    config.loadFromString(cluster.server.kubeconfig('admin', NAMESPACE))
    const hear = (line: string) => {
      said += `${line}\n`
      heard(line)
    }
    const session = { ...openSession({}, {}, never), print: hear, printProgress: hear, printError: hear }
    return runJob({
      cluster: clusterOf(new ApiClient(config)),
      session,
      left: LEFT,
      manifests: all,
      output: cluster.folder,
      timeout: PATIENCE,
      isDetached: false,
      isDryRun: false,
      interrupted,
      abandoned,
    })
  }
  const names = (kind: typeof JOBS) =>
    cluster.server.store.list(kind, NAMESPACE).map(({ metadata }) => metadata.name)

  it('leaves the Job as it is, and says how to go on, when it is asked to end a second time', async () => {
    const [first, second] = [new AbortController(), new AbortController()]
    const all = manifests("trap '' TERM; echo it runs; while :; do sleep 0.1; done")
    const verdict = await run(
      all,
      (line) => {
        if (line === 'it runs') first.abort(new Error('a first Ctrl-C'))
        if (line.startsWith('ending Job')) second.abort(new Error('a second Ctrl-C'))
      },
      { interrupted: first.signal, abandoned: second.signal },
    )
    expect(verdict).to.equal('error')
    expect(said)
      .to.include('a second Ctrl-C')
      .and.include('dpdk-checkup wait -n target --follow dpdk-checkup-abcde')
      .and.include('dpdk-checkup retrieve -n target dpdk-checkup-config-abcde')
      .and.include('kubectl delete -n target job dpdk-checkup-abcde --cascade=foreground')
    expect(names(JOBS)).to.deep.equal(['dpdk-checkup-abcde'])
    expect(names(CONFIG_MAPS)).to.include('dpdk-checkup-config-abcde')
  })

  it('keeps account and roles that another Job runs with by now', async () => {
    const go = join(cluster.folder, 'go')
    const all = manifests(`until [ -e ${go} ]; do sleep 0.05; done; exit 1`)
    const other = structuredClone(all.job) as unknown as {
      metadata: { name: string }
      spec: { suspend?: boolean }
    }
    other.metadata.name = 'other'
    other.spec.suspend = true
    const verdict = await run(all, (line) => {
      if (line.startsWith('created Job')) void cluster.create(other).then(() => writeFile(go, ''))
    })
    // The Job wrote no verdict, neither as its termination message nor in the ConfigMap, which could be read.
    expect(verdict).to.equal('error')
    expect(said).to.include('The account and its roles stay, because another Job in the namespace uses them.')
    expect(names(JOBS)).to.deep.equal(['other'])
    expect(names(CONFIG_MAPS)).not.to.include('dpdk-checkup-config-abcde')
    expect(names(SERVICE_ACCOUNTS)).to.include('dpdk-checkup-sa')
    expect(names(ROLES)).to.have.members(['kiagnose-configmap-access', 'kubevirt-dpdk-checker'])
  })
})
