import { expect } from 'chai'
import { setTimeout as delay } from 'node:timers/promises'
import { NETWORK_ATTACHMENT_DEFINITIONS, PODS } from '../apiserver/kinds.ts'
import type { KubeObject } from '../apiserver/contract.ts'
import { IMAGE, NAMESPACE, TestCluster } from './cluster.fixture.ts'
import { FakeContainers } from './fake-containers.fixture.ts'

const MAIN = { name: 'main', image: IMAGE, args: ['true'] }
const NETWORKS = 'k8s.v1.cni.cncf.io/networks'

function pod(
  more: { container?: object; pod?: object; annotations?: Record<string, string> } = {},
): KubeObject {
  const { annotations } = more
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'pod', ...(annotations === undefined ? {} : { annotations }) },
    spec: { ...more.pod, containers: [{ ...MAIN, ...more.container }] },
  }
}

describe('a pod of the lab', () => {
  let cluster: TestCluster
  let runtime: FakeContainers
  /** The durations of all sleeps in milliseconds, in order; each takes at most 2 ms in the test. */
  let waits: number[]

  beforeEach(async () => {
    runtime = new FakeContainers()
    waits = []
    const sleep = (milliseconds: number, signal: AbortSignal) => {
      waits.push(milliseconds)
      return delay(Math.min(milliseconds, 2), undefined, { signal })
    }
    cluster = await TestCluster.start({ runtime, sleep, tls: false })
  })
  afterEach(() => cluster[Symbol.asyncDispose]())

  const status = () => cluster.pods[0]?.status.containerStatuses?.[0]
  const isRunning = () => status()?.state.running !== undefined
  const ready = () =>
    cluster.pods[0]?.status.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'

  describe('whose container ends', () => {
    it('has it again at once, then later and later, and tells how it ended', async () => {
      const container = { terminationMessagePolicy: 'FallbackToLogsOnError' }
      await cluster.create(pod({ container }))
      for (let times = 0; times < 4; times++) {
        await cluster.until(() => isRunning() && runtime.made.length === times + 1)
        runtime.last.end(3, `FAILURE ${times}\n`)
      }
      await cluster.until(() => isRunning() && runtime.made.length === 5)
      expect(waits).to.deep.equal([10_000, 20_000, 40_000])
      expect(status()).to.include({ restartCount: 4, ready: true })
      expect(status()?.lastState?.terminated).to.include({
        exitCode: 3,
        reason: 'Error',
        message: 'FAILURE 3\n',
      })
      expect(cluster.pod.status.phase).to.equal('Running')
      expect(cluster.events('Pod')).to.include(
        `BackOff: Back-off restarting failed container main in pod pod_${NAMESPACE}(${cluster.pod.metadata.uid ?? ''})`,
      )
      // The current run has written nothing, the previous run has.
      expect(await cluster.log()).to.equal('')
      expect(await cluster.log('?previous=true')).to.equal('FAILURE 3\n')
    })

    it('waits in between, not ready, with its log still there', async () => {
      await cluster[Symbol.asyncDispose]()
      const sleep = (milliseconds: number, signal: AbortSignal) =>
        delay(milliseconds === 10_000 ? 1e6 : 1, undefined, { signal })
      cluster = await TestCluster.start({ runtime, sleep, tls: false })
      await cluster.create(pod())
      for (let times = 1; times <= 2; times++) {
        await cluster.until(() => isRunning() && runtime.made.length === times)
        runtime.last.end(1, `end ${times}\n`)
      }
      await cluster.until(() => cluster.state['waiting']?.['reason'] === 'CrashLoopBackOff')
      expect(cluster.state['waiting']?.['message']).to.equal(
        `back-off 10s restarting failed container=main pod=pod_${NAMESPACE}(${cluster.pod.metadata.uid ?? ''})`,
      )
      expect(ready()).to.equal(false)
      expect(await cluster.log()).to.equal('end 2\n')
      expect(await cluster.log('?previous=true')).to.equal('end 2\n')
      cluster.server.store.delete(PODS, NAMESPACE, 'pod')
      await cluster.until(() => cluster.pods.length === 0)
    })

    it('is over where it is not to be started again', async () => {
      await cluster.create(pod({ pod: { restartPolicy: 'OnFailure' } }))
      await cluster.until(isRunning)
      runtime.last.end(0)
      await cluster.until(() => cluster.pod.status.phase === 'Succeeded')
      expect(runtime.made).to.have.length(1)
    })
  })

  it('is tried again where the runtime could not make its container, and says why', async () => {
    runtime.refusal = 'no VF of openshift.io/vfs is left'
    await cluster.create(pod())
    await cluster.until(() => cluster.state['waiting']?.['reason'] === 'CreateContainerError')
    expect(cluster.state['waiting']?.['message']).to.equal('no VF of openshift.io/vfs is left')
    runtime.refusal = undefined
    await cluster.until(isRunning)
  })

  it('is ready while its probe says so, after as many answers as it asks for', async () => {
    let code = 1
    const asked: string[] = []
    runtime.exec = (args, { stdout }) => {
      asked.push(args.join(' '))
      stdout(Buffer.from('not yet'))
      return Promise.resolve(code)
    }
    const exec = { command: ['test', '-s', '/run/forwarding'] }
    await cluster.create(
      pod({ container: { readinessProbe: { exec, periodSeconds: 2, failureThreshold: 2 } } }),
    )
    await cluster.until(() => cluster.events('Pod').includes('Unhealthy: Readiness probe failed: not yet'))
    expect(asked[0]).to.equal('test -s /run/forwarding')
    expect(cluster.pod.status.phase).to.equal('Running')
    expect(ready()).to.equal(false)
    code = 0
    await cluster.until(ready)
    expect(status()).to.include({ ready: true, started: true })
    code = 1
    await cluster.until(() => !ready())
    expect(waits).to.include.members([2000, 1000])
  })

  it('is not ready where its probe takes too long', async () => {
    runtime.exec = (_words, _streams, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error)
        })
      })
    await cluster.create(pod({ container: { readinessProbe: { exec: { command: ['sleep', '9'] } } } }))
    const message = 'Unhealthy: Readiness probe failed: command timed out: "sleep 9" timed out after 1s'
    await cluster.until(() => cluster.events('Pod').includes(message))
  })

  it('waits for its volumes, and says for which', async () => {
    const volumes = [{ name: 'scripts', configMap: { name: 'later' } }]
    const container = { volumeMounts: [{ name: 'scripts', mountPath: '/scripts' }] }
    await cluster.create(pod({ container, pod: { volumes } }))
    const message = 'FailedMount: MountVolume.SetUp failed for volume "scripts" : configmap "later" not found'
    await cluster.until(() => cluster.events('Pod').includes(message))
    expect(cluster.state['waiting']?.['reason']).to.equal('ContainerCreating')
    await cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'later' }, data: {} })
    await cluster.until(isRunning)
  })

  it('hands its runtime all that was resolved of it', async () => {
    const resources = { cpu: '8', memory: '1Gi', 'hugepages-1Gi': '6Gi', 'openshift.io/dpdk_vf': '2' }
    const volumes = [
      { name: 'huge', emptyDir: { medium: 'HugePages' } },
      { name: 'run', emptyDir: {} },
    ]
    const spec = {
      pod: {
        securityContext: {
          runAsUser: 1001,
          runAsGroup: 2001,
          fsGroup: 2002,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        volumes,
      },
      container: {
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'], add: ['IPC_LOCK', 'CAP_SYS_RESOURCE'] },
        },
        resources: { limits: resources },
        volumeMounts: [
          { name: 'huge', mountPath: '/mnt/huge' },
          { name: 'run', mountPath: '/run/testpmd' },
        ],
      },
    }
    await cluster.create(pod(spec))
    await cluster.until(isRunning)
    expect(cluster.pod.status.qosClass).to.equal('Guaranteed')
    const { plan } = runtime.last
    expect(plan).to.deep.include({
      podName: 'pod',
      namespace: NAMESPACE,
      name: 'main',
      image: IMAGE,
      podUid: cluster.pod.metadata.uid ?? '',
      user: { uid: 1001, gid: 2001 },
      supplementalGroups: [2002],
      privileged: false,
      noNewPrivileges: true,
      readOnlyRoot: false,
      seccomp: 'RuntimeDefault',
      capabilities: { add: ['IPC_LOCK', 'SYS_RESOURCE'], drop: ['ALL'] },
      cpus: 8,
      memoryBytes: 2 ** 30,
      hugepages: { '1Gi': 6 * 2 ** 30 },
      resources: { 'openshift.io/dpdk_vf': 2 },
      networks: [],
    })
    const mounts = plan.mounts.map(({ kind, pageSize, target }) => [kind, pageSize, target])
    expect(mounts.slice(0, 2)).to.deep.equal([
      ['hugepages', '', '/mnt/huge'],
      ['emptyDir', undefined, '/run/testpmd'],
    ])
  })

  describe('on networks', () => {
    const attach = (name: string, config: unknown, resourceName?: string) =>
      cluster.server.store.create(NETWORK_ATTACHMENT_DEFINITIONS, {
        apiVersion: 'k8s.cni.cncf.io/v1',
        kind: 'NetworkAttachmentDefinition',
        metadata: {
          name,
          namespace: NAMESPACE,
          annotations: resourceName === undefined ? {} : { 'k8s.v1.cni.cncf.io/resourceName': resourceName },
        },
        spec: { config },
      })

    it('has them in their order, with what it asks of each', async () => {
      attach('vf', '{"type":"sriov"}', 'openshift.io/dpdk_vf')
      attach('tap', '{"plugins":[{"type":"tap"}]}')
      const networks = [
        { name: 'vf', mac: '20:04:0f:f1:88:01' },
        { name: 'tap', namespace: NAMESPACE, interface: 'dp0', ips: ['10.0.0.1/24'] },
      ]
      const container = { resources: { limits: { 'openshift.io/dpdk_vf': '1' } } }
      await cluster.create(pod({ container, annotations: { [NETWORKS]: JSON.stringify(networks) } }))
      await cluster.until(isRunning)
      expect(runtime.last.plan.networks).to.deep.equal([
        {
          name: 'vf',
          namespace: NAMESPACE,
          config: { type: 'sriov' },
          interfaceName: 'net1',
          resourceName: 'openshift.io/dpdk_vf',
          mac: '20:04:0f:f1:88:01',
        },
        {
          name: 'tap',
          namespace: NAMESPACE,
          config: { plugins: [{ type: 'tap' }] },
          interfaceName: 'dp0',
          ips: ['10.0.0.1/24'],
        },
      ])
    })

    it('reads the short form too', async () => {
      attach('vf', '{}')
      await cluster.create(pod({ annotations: { [NETWORKS]: `vf, ${NAMESPACE}/vf@east` } }))
      await cluster.until(isRunning)
      expect(runtime.last.plan.networks.map(({ interfaceName }) => interfaceName)).to.deep.equal([
        'net1',
        'east',
      ])
    })

    it('waits for those that are not there, and has them when they are', async () => {
      await cluster.create(pod({ annotations: { [NETWORKS]: 'later' } }))
      const said = () => cluster.events('Pod').find((event) => event.startsWith('FailedCreatePodSandBox'))
      await cluster.until(() => said() !== undefined)
      expect(said())
        .to.include('Failed to create pod sandbox: rpc error: code = Unknown desc = ')
        .and.include(`cannot find a network-attachment-definition (later) in namespace (${NAMESPACE})`)
      expect(cluster.state['waiting']?.['reason']).to.equal('ContainerCreating')
      attach('later', '{"type":"tap"}')
      await cluster.until(isRunning)
    })

    it('is not started without the devices of its networks', async () => {
      attach('vf', '{"type":"sriov"}', 'openshift.io/dpdk_vf')
      const container = { resources: { limits: { 'openshift.io/dpdk_vf': '1' } } }
      await cluster.create(pod({ container, annotations: { [NETWORKS]: 'vf,vf' } }))
      const why =
        'error adding container to network "vf": SRIOV-CNI failed to load netconf: LoadConf(): VF pci addr'
      await cluster.until(() => cluster.events('Pod').some((event) => event.includes(why)))
      expect(runtime.made).to.deep.equal([])
    })

    const MALFORMED: readonly (readonly [annotation: string, why: RegExp])[] = [
      ['[{"name":', /failed to parse pod Network Attachment Selection Annotation JSON format/],
      ['{"name":"vf"}', /JSON format: it is not a list/],
      ['[{"mac":"x"}]', /an item has no name/],
      ['[{"name":"vf","mac":"20:04:0f"}]', /failed to mac: address 20:04:0f: invalid MAC address/],
      ['[{"name":"vf","ips":["nowhere"]}]', /failed to parse IP address "nowhere"/],
      ['[{"name":"vf","interface":3}]', /interface is not a string/],
      ['Not_A_Name', /one or more items did not match comma-delimited format .* mismatch @ 'Not_A_Name'/],
      ['text', /failed to unmarshal Spec\.Config/],
      ['empty', /it has no spec\.config/],
      ['list', /failed to unmarshal Spec\.Config: it is not an object/],
    ]
    for (const [annotation, why] of MALFORMED)
      it(`is not started with ${annotation}`, async () => {
        attach('vf', '{}')
        attach('text', 'type: sriov')
        attach('empty', '')
        attach('list', '[]')
        await cluster.create(pod({ annotations: { [NETWORKS]: annotation } }))
        await cluster.until(() => cluster.events('Pod').some((event) => why.test(event)))
        expect(runtime.made).to.deep.equal([])
      })
  })

  it('is not put where there is not enough of what it asks for', async () => {
    const resources = { limits: { 'openshift.io/foo': '2', 'hugepages-1Gi': '64Gi' } }
    await cluster.create(pod({ container: { resources } }))
    const condition = () => cluster.pod.status.conditions?.find(({ type }) => type === 'PodScheduled')
    await cluster.until(() => condition() !== undefined)
    expect(condition()).to.include({
      status: 'False',
      reason: 'Unschedulable',
      message:
        '0/2 nodes are available: 2 Insufficient hugepages-1Gi, 2 Insufficient openshift.io/foo. ' +
        'preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    })
  })
})
