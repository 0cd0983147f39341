import { expect } from 'chai'
import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CONFIG_MAPS, DEPLOYMENTS, NAMESPACES, PODS } from '../lab/api/kinds.ts'
import { SRIOV_NETWORKS } from '../lab/openshift/index.ts'
import { reportSchema } from '../report/model.ts'
import { type OpenShift, startOpenShift } from './testing/openshift.fixture.ts'

const real = spawnSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).stdout.trim()
if (real === '') console.log('kubectl is not installed: the rootless suite is not run')

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe(`npx mocha specs/rootless, on simulated pods${real === '' ? ' (skipped: kubectl is not installed)' : ''}`, () => {
  let cluster: OpenShift
  let folder: string

  beforeEach(async function () {
    if (real === '') this.skip()
    folder = await mkdtemp(join(tmpdir(), 'rootless-suite-'))
    const simulation = fileURLToPath(new URL('testing/simulated-kubectl.fixture.ts', import.meta.url))
    await writeFile(join(folder, 'kubectl'), `#!/bin/sh\nexec '${process.execPath}' '${simulation}' "$@"\n`)
    await chmod(join(folder, 'kubectl'), 0o755)
    cluster = await startOpenShift()
    cluster.fate = { isReady: true }
  })
  afterEach(async () => {
    if (real === '') return
    await cluster[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  async function judge(
    env: Record<string, string>,
    onOutput: (text: string, kill: () => void) => void = () => undefined,
    specs = 'specs/rootless',
  ) {
    const suite = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', specs], {
      cwd: ROOT,
      env: {
        ...process.env,
        PATH: `${folder}:${process.env['PATH'] ?? ''}`,
        KUBECONFIG: cluster.kubeconfig,
        KUBECACHEDIR: join(folder, 'cache'),
        WORLD: folder,
        REAL_KUBECTL: real,
        DPDK_CHECKUP_REPORTS: join(folder, 'reports'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [suite.stdout, suite.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        onOutput(output, () => suite.kill('SIGTERM'))
      })
    }
    const code = await new Promise((resolve) => suite.once('close', resolve))
    const report = reportSchema.parse(
      JSON.parse(await readFile(join(folder, 'reports', 'report.json'), 'utf8')),
    )
    const outcomes = new Map(report.criteria.map(({ id, outcome }) => [id, outcome]))
    const messages = new Map(report.criteria.map(({ id, message }) => [id, message]))
    return { code, report, outcomes, messages, output }
  }

  function mustBeClean() {
    expect(cluster.store.get(NAMESPACES, undefined, 'dpdktest')).to.equal(undefined)
    for (const kind of [DEPLOYMENTS, PODS, SRIOV_NETWORKS])
      expect(cluster.store.list(kind), kind.plural).to.deep.equal([])
  }

  it('passes pods that are as they must be, and removes them', async () => {
    const { code, report, outcomes, output } = await judge({})
    const others = [...outcomes].filter(([, outcome]) => outcome !== 'passed')
    expect(others, output).to.deep.equal([['tap.ping-in', 'not-judged']])
    expect(outcomes.size).to.equal(21)
    expect(code).to.equal(0)
    expect(report.verdict).to.equal('passed')
    expect(report.leftovers).to.deep.equal([])
    mustBeClean()
  })

  it("fails root's pods with the original's queues and mode, and names queue mismatch and rxonly", async () => {
    const { code, report, outcomes, messages } = await judge({
      ROOT: 'true',
      TAP_QUEUES: '2',
      FORWARD_MODE: 'rxonly',
    })
    expect(code).to.equal(1)
    expect(report.parameters).to.include({ variant: 'root' })
    const failed = [...outcomes].filter(([, outcome]) => outcome === 'failed').map(([id]) => id)
    expect(failed).to.have.members([
      ...['tap.ping-out-first', 'tap.queues', 'tap.counters'],
      ...['forwarding.mode', 'forwarding.ledger'],
    ])
    expect(messages.get('tap.ping-out-first')).to.match(
      /^0 of 100 pings were answered: queue mismatch: the tap has 2 queues and testpmd polls 1/,
    )
    expect(messages.get('forwarding.ledger')).to.match(
      /^3200 of 3200 packets were lost between the two VFs.*rxonly, which forwards nothing; remedy/,
    )
    mustBeClean()
  })

  it('judges one spec of a privileged pod', async () => {
    const env = { PRIVILEGED: 'true' }
    const { code, outcomes } = await judge(env, () => undefined, 'specs/rootless/privileges.spec.ts')
    expect([code, new Set(outcomes.values()), outcomes.size]).to.deep.equal([0, new Set(['passed']), 11])
    mustBeClean()
  })

  it('says that the cluster is to blame for a pod that can not come up, and judges nothing that rests on it', async () => {
    cluster.fate = {
      lastWords: '/dev/vhost-net is absent: the SriovNetworkNodePolicy needs needVhostNet: true\n',
    }
    const { code, outcomes, messages } = await judge({})
    expect(code).to.equal(1)
    expect(messages.get('privileges.pod-up')).to.match(/needs needVhostNet: true; remedy: set needVhostNet/)
    expect(outcomes.get('tap.address')).to.equal('not-judged')
    mustBeClean()
  })

  it('is an error with invalid parameters, and creates nothing', async () => {
    const { code, report } = await judge({ TAP_ADDRESS: '192.168.18.110', ROOT: 'yes' })
    expect(code).to.equal(2)
    expect(report.verdict).to.equal('error')
    expect(report.failureReasons.join()).to.match(/TAP_ADDRESS must be .*; ROOT must be true or false/)
    mustBeClean()
  })

  it('takes its parameters from a ConfigMap and leaves its status there', async () => {
    cluster.store.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } })
    const data = { 'spec.timeout': '10m', 'spec.param.tapAddress': '192.168.18.110' }
    cluster.store.create(CONFIG_MAPS, {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', data },
      metadata: { name: 'rootless', namespace: 'ns' },
    })
    const { code } = await judge({ CONFIGMAP_NAMESPACE: 'ns', CONFIGMAP_NAME: 'rootless' })
    expect(code).to.equal(2)
    const status = cluster.store.get(CONFIG_MAPS, 'ns', 'rootless')?.['data'] as Record<string, string>
    expect(status).to.include({
      ...data,
      'status.succeeded': 'false',
      'status.result.verdict': 'error',
    })
    expect(status['status.failureReason']).to.include('TAP_ADDRESS must be an IPv4 address with the length')
  })

  it('leaves alone what is there already', async () => {
    cluster.store.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dpdktest' } })
    const labels = { 'app.kubernetes.io/part-of': 'rootless-dpdk' }
    cluster.store.create(DEPLOYMENTS, {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
      spec: {
        ...{ replicas: 0, strategy: { type: 'Recreate' }, progressDeadlineSeconds: 600 },
        ...{ revisionHistoryLimit: 10, selector: {}, template: { spec: {} } },
      },
      metadata: { name: 'testpmd-tap', namespace: 'dpdktest', labels },
    })
    const { code, report } = await judge({})
    expect(code).to.equal(2)
    expect(report.failureReasons.join()).to.include(
      'has deployment.apps/testpmd-tap already; npm run undeploy',
    )
    expect(cluster.store.get(DEPLOYMENTS, 'dpdktest', 'testpmd-tap')).not.to.equal(undefined)
  })

  it('removes its pods when it is interrupted', async () => {
    cluster.fate = {}
    const { code, report } = await judge({}, (text, kill) => {
      if (text.includes('testpmd does not forward yet')) kill()
    })
    expect(code).to.equal(2)
    expect(report.failureReasons.join()).to.include('interrupted by SIGTERM')
    expect(report.leftovers).to.deep.equal([])
    mustBeClean()
  })
})
