import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import {
  CLUSTER_ROLES,
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  PODS,
  SERVICE_ACCOUNTS,
} from '../../apiserver/kinds.ts'
import { WatchedProcess } from '../../watched-process.ts'
import { RunAhead } from '../run-ahead.fixture.ts'
import { SRIOV_NETWORKS } from '../../openshift/openshift-kinds.ts'
import { judge, type Judged, type Scenario, startSuite } from './judged-cluster.fixture.ts'
import { describeWithKubectl } from '../../../support/common/testing/with-kubectl.ts'

/** Parallel runs, more than CPUs, because they mostly wait. */
const AT_ONCE = 3
const CONFIG_MAP = { 'spec.timeout': '10m', 'spec.param.tapAddress': '192.168.18.110' }
const PRIVILEGES = 'specs/rootless/privileges.spec.ts'

/** Bad input that only the cluster can detect, and the expected message of the pod's criterion. */
const BLAMED = {
  'a resource that no node has': [
    { env: { SRIOV_RESOURCE_NAME: 'vfs' } },
    /^no node has the resource openshift\.io\/vfs; they have openshift\.io\/vfio_pci_0 \(8 on node-1\); remedy: set SRIOV_RES/,
  ],
  'a runtime class that is not there': [
    { env: { RUNTIME_CLASS_NAME: 'performance-none' } },
    /^the cluster refuses the pod: .*performance-none.*; remedy: set RUNTIME_CLASS_NAME to what/,
  ],
  'no SCC that the pod may use': [
    {
      prepare: (store) => void store.delete(CLUSTER_ROLES, undefined, 'system:openshift:scc:privileged'),
    },
    /^the cluster refuses the pod: .*security context constraint: .*; remedy: bind the privileged SCC/,
  ],
  'an image that cannot be pulled': [
    { env: { TESTPMD_IMAGE: 'example.org/none:1' } },
    /^pod testpmd-tap-\S+ cannot start \(ImagePullBackOff\): Back-off pulling image "example\.org\/none:1"/,
  ],
  'a policy without needVhostNet': [
    {
      fate: {
        finalOutput: '/dev/vhost-net is absent: the SriovNetworkNodePolicy needs needVhostNet: true\n',
      },
    },
    /needs needVhostNet: true; remedy: set needVhostNet/,
  ],
} as const satisfies Record<string, readonly [Scenario, RegExp]>

const EMPTY_DEPLOYMENT = {
  replicas: 0,
  strategy: { type: 'Recreate' },
  progressDeadlineSeconds: 600,
  revisionHistoryLimit: 10,
  selector: {},
  template: { spec: {} },
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  well: {},
  originals: { env: { ROOT: 'true', TAP_QUEUES: '2', FORWARD_MODE: 'rxonly' } },
  privileged: { env: { PRIVILEGED: 'true' }, specs: PRIVILEGES },
  ...Object.fromEntries(
    Object.entries(BLAMED).map(([what, [scenario]]) => [what, { ...scenario, specs: PRIVILEGES }]),
  ),
  'pod that ends, whole suite': { fate: { finalOutput: 'testpmd found no port\n' } },
  invalid: { env: { TAP_ADDRESS: '192.168.18.110', ROOT: 'yes' } },
  'configured by a ConfigMap': {
    env: { CONFIGMAP_NAMESPACE: 'ns', CONFIGMAP_NAME: 'rootless' },
    prepare: (store) => {
      store.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns' } })
      store.create(CONFIG_MAPS, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: CONFIG_MAP,
        metadata: { name: 'rootless', namespace: 'ns' },
      })
    },
  },
  'namespace in use': {
    prepare: (store) => {
      store.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dpdktest' } })
      const labels = { 'app.kubernetes.io/part-of': 'rootless-dpdk' }
      store.create(DEPLOYMENTS, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        spec: EMPTY_DEPLOYMENT,
        metadata: { name: 'testpmd-tap', namespace: 'dpdktest', labels },
      })
    },
  },
  'beside others': {
    specs: PRIVILEGES,
    prepare: (store) => {
      const metadata = { name: 'dpdktest', namespace: 'dpdktest' }
      store.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dpdktest' } })
      store.create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata })
      store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    },
  },
  "beside the original repository's": {
    prepare: (store) => {
      store.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dpdktest' } })
      store.create(DEPLOYMENTS, {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        spec: EMPTY_DEPLOYMENT,
        metadata: { name: 'fedora-deployment', namespace: 'dpdktest' },
      })
    },
  },
  interrupted: { fate: {}, endAt: 'testpmd does not forward yet' },
}

describeWithKubectl('npx mocha specs/rootless, on simulated pods', () => {
  const runs = new RunAhead<string, Judged>(AT_ONCE, (name) => judge(SCENARIOS[name] ?? {}))

  runs.it('well', 'passes pods that are as they must be, and removes them', (judged) => {
    const { code, report, outcomes, output, left } = judged
    const others = [...outcomes].filter(([, outcome]) => outcome !== 'passed')
    expect(others, output).to.deep.equal([['tap.ping-in', 'not-judged']])
    expect(outcomes.size).to.equal(21)
    expect(code).to.equal(0)
    expect(report).to.include({ verdict: 'passed', simulated: true })
    expect(output).to.include('the simulated cluster is ready')
    expect(report.leftovers).to.deep.equal([])
    expect(left).to.deep.equal([])
  })

  runs.it(
    'originals',
    "fails root's pods with the original's queues and mode, and names queue mismatch and rxonly",
    (judged) => {
      const { code, report, outcomes, messages, left } = judged
      expect(code).to.equal(1)
      expect(report.parameters).to.include({ variant: 'root' })
      const failed = [...outcomes].filter(([, outcome]) => outcome === 'failed').map(([id]) => id)
      expect(failed).to.have.members([
        'tap.ping-out-first',
        'tap.queues',
        'tap.counters',
        'forwarding.mode',
        'forwarding.ledger',
      ])
      expect(messages.get('tap.ping-out-first')).to.match(
        /^0 of 100 pings were answered: queue mismatch: the tap has 2 queues and testpmd polls 1/,
      )
      expect(messages.get('forwarding.ledger')).to.match(
        /^3,200 of 3,200 packets were lost between the two VFs.*rxonly, which forwards nothing; remedy/,
      )
      expect(left).to.deep.equal([])
    },
  )

  runs.it('privileged', 'judges one spec of a privileged pod', (judged) => {
    const { code, outcomes, left } = judged
    expect([code, new Set(outcomes.values()), outcomes.size]).to.deep.equal([0, new Set(['passed']), 11])
    expect(left).to.deep.equal([])
  })

  for (const [what, [, words]] of Object.entries(BLAMED))
    runs.it(
      what,
      `says that the cluster is to blame where there is ${what}, and leaves nothing`,
      (judged) => {
        const { code, outcomes, messages, report, output, left } = judged
        expect(messages.get('privileges.pod-up'), output).to.match(words)
        expect(outcomes.get('privileges.user')).to.equal('not-judged')
        expect([code, report.verdict, report.leftovers, left]).to.deep.equal([1, 'failed', [], []])
      },
    )

  runs.it(
    'pod that ends, whole suite',
    'skips every criterion that needs a pod that cannot start',
    (judged) => {
      const { code, outcomes, left } = judged
      expect(code).to.equal(1)
      expect(outcomes.get('forwarding.pod-up')).to.equal('failed')
      for (const id of ['forwarding.ledger', 'start.eal', 'tap.address', 'tap.ping-out-first'])
        expect(outcomes.get(id), id).to.equal('not-judged')
      expect(left).to.deep.equal([])
    },
  )

  runs.it('invalid', 'is an error with invalid parameters, and creates nothing', (judged) => {
    const { code, report, left } = judged
    expect(code).to.equal(2)
    expect(report).to.include({ verdict: 'error', simulated: true })
    expect(report.failureReasons.join()).to.match(/TAP_ADDRESS must be .*; ROOT must be true or false/)
    expect(left).to.deep.equal([])
  })

  runs.it(
    'configured by a ConfigMap',
    'takes its parameters from a ConfigMap and leaves its status there',
    (judged) => {
      const { code, store } = judged
      expect(code).to.equal(2)
      const status = store.get(CONFIG_MAPS, 'ns', 'rootless')?.['data'] as Record<string, string>
      expect(status).to.include({
        ...CONFIG_MAP,
        'status.succeeded': 'false',
        'status.result.verdict': 'error',
      })
      expect(status['status.failureReason']).to.include('TAP_ADDRESS must be an IPv4 address with the length')
    },
  )

  runs.it('namespace in use', 'leaves alone what is there already', (judged) => {
    const { code, report, left } = judged
    expect(code).to.equal(2)
    expect(report.failureReasons.join()).to.include(
      'has deployment.apps/testpmd-tap already; npm run undeploy',
    )
    expect(left).to.deep.equal(['namespace dpdktest', 'deployments testpmd-tap'])
  })

  runs.it('beside others', 'removes what it created, and nothing of what was there', (judged) => {
    const { code, report, left, store } = judged
    expect([code, report.leftovers, left]).to.deep.equal([0, [], ['namespace dpdktest']])
    expect(store.get(CONFIG_MAPS, 'dpdktest', 'dpdktest')).not.to.equal(undefined)
    expect(store.get(SERVICE_ACCOUNTS, 'dpdktest', 'dpdktest')).not.to.equal(undefined)
  })

  runs.it(
    "beside the original repository's",
    'touches nothing where the original repository was deployed, and says both ways on',
    (judged) => {
      const { code, report, output, left } = judged
      expect([code, report.verdict], output).to.deep.equal([2, 'error'])
      expect(report.failureReasons.join()).to.match(
        /deployment\.apps\/fedora-deployment is there already, .*: remove it \(kubectl delete .*\), or go on with FORCE_CONFLICTS=true, which changes it and never removes it; nothing was touched/,
      )
      expect(left).to.deep.equal(['namespace dpdktest', 'deployments fedora-deployment'])
    },
  )

  it('leaves what undeploying finds where it is killed', async () => {
    await using running = await startSuite({ fate: {} })
    const { cluster, program } = running
    await program.said('testpmd does not forward yet')
    program.process.kill('SIGKILL')
    await program.exitCode
    expect(cluster.store.list(DEPLOYMENTS)).to.have.length(1)
    const main = fileURLToPath(new URL('../../../support/cli/checkup-cli.ts', import.meta.url))
    const args = [main, 'rootless', 'undeploy', 'testpmd-portforwarder']
    const env = { ...process.env, KUBECONFIG: cluster.kubeconfig }
    const undeploying = new WatchedProcess('undeploying', spawn(process.execPath, args, { env }))
    expect(await undeploying.exitCode, undeploying.output).to.equal(0)
    for (const kind of [DEPLOYMENTS, PODS, SRIOV_NETWORKS])
      expect(cluster.store.list(kind), kind.plural).to.deep.equal([])
    expect(cluster.store.get(NAMESPACES, undefined, 'dpdktest')).to.equal(undefined)
  })

  runs.it('interrupted', 'removes its pods when it is interrupted', (judged) => {
    const { code, report, left } = judged
    expect(code).to.equal(2)
    expect(report.failureReasons.join()).to.include('interrupted by SIGTERM')
    expect(report.leftovers).to.deep.equal([])
    expect(left).to.deep.equal([])
  })
})
