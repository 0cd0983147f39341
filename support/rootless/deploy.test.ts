import { expect } from 'chai'
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CONFIG_MAPS, NAMESPACES, NETWORK_ATTACHMENT_DEFINITIONS, NODES, PODS } from '../lab/api/kinds.ts'
import {
  deleteTree,
  deployApplication,
  deployMachineConfigs,
  type Deployment,
  undeployApplication,
} from './deploy.ts'
import { defaultParameters, type RootlessParameters } from './parameters.ts'
import {
  DEPLOYMENTS,
  MACHINE_CONFIGS,
  type OpenShift,
  POOLS,
  SRIOV_NETWORKS,
  startOpenShift,
} from './testing/openshift.fixture.ts'

const isInstalled = spawnSync('kubectl', ['version', '--client']).status === 0
if (!isInstalled) console.log('kubectl is not installed: deploying the rootless pods is not tested')

const FORWARDS = '  io packet forwarding packets/burst=32\n'
const READY = {
  phase: 'Running',
  containerStatuses: [{ name: 'testpmd', ready: true, state: { running: {} } }],
}

describe(`deploying the rootless pods${isInstalled ? '' : ' (skipped: kubectl is not installed)'}`, () => {
  let cluster: OpenShift
  let said: string[]
  const limits = (timeout = 15_000) => ({ signal: new AbortController().signal, timeout })

  beforeEach(async function () {
    if (!isInstalled) this.skip()
    said = []
    cluster = await startOpenShift()
  })
  afterEach(async () => {
    if (isInstalled) await cluster[Symbol.asyncDispose]()
  })

  const deployment = (changes: Partial<RootlessParameters> = {}): Deployment => ({
    kubectl: cluster.kubectl,
    parameters: { ...defaultParameters(), ...changes },
    variant: 'default',
    say: (line) => said.push(line),
  })

  async function failure(promise: Promise<unknown>): Promise<string> {
    try {
      await promise
    } catch (error) {
      return (error as Error).message
    }
    throw new Error('it did not fail')
  }

  it('applies prerequisites and application on the server, and waits until it forwards', async () => {
    cluster.fate = { pod: READY, log: FORWARDS }
    const up = await deployApplication(deployment(), 'testpmd-tap', limits())
    expect(up.pod.metadata.name).to.equal('testpmd-tap-1')
    expect(up.log).to.equal(FORWARDS)
    expect(said.join('\n')).to.include('deployment.apps/testpmd-tap serverside-applied')
    expect(said.join('\n')).to.include(
      'networkattachmentdefinition.k8s.cni.cncf.io/tap-one serverside-applied',
    )
    const stored = cluster.store.get(DEPLOYMENTS, 'dpdktest', 'testpmd-tap')
    expect(
      stored?.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]),
    ).to.deep.include(['rootless-dpdk', 'Apply'])
  })

  it('does not take a ready pod for one that forwards', async () => {
    cluster.fate = { pod: READY, log: 'EAL: Detected CPU lcores: 64\n' }
    expect(await failure(deployApplication(deployment(), 'testpmd-tap', limits(2500)))).to.match(
      /waiting for testpmd-tap in namespace dpdktest to forward: last saw the pod is ready, but its log does not say/,
    )
  })

  it('leaves the namespace clean, and the prerequisites while another pod needs them', async () => {
    cluster.fate = { pod: READY, log: FORWARDS }
    await deployApplication(deployment(), 'testpmd-tap', limits())
    await deployApplication(deployment(), 'testpmd-portforwarder', limits())
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(said.at(-1)).to.equal('deployment.apps/testpmd-portforwarder still there: the prerequisites stay')
    expect(cluster.store.list(SRIOV_NETWORKS)).to.have.length(1)
    const scripts = cluster.store.list(CONFIG_MAPS, 'dpdktest').map(({ metadata }) => metadata.name)
    expect(scripts.filter((name) => name.startsWith('testpmd-scripts-portforwarder-'))).to.have.length(1)
    await undeployApplication(deployment(), 'testpmd-portforwarder', limits())
    expect(cluster.store.get(NAMESPACES, undefined, 'dpdktest')).to.equal(undefined)
    for (const kind of [DEPLOYMENTS, PODS, SRIOV_NETWORKS, NETWORK_ATTACHMENT_DEFINITIONS])
      expect(cluster.store.list(kind), kind.plural).to.deep.equal([])
    // What is not there any more is no error.
    await undeployApplication(deployment(), 'testpmd-portforwarder', limits())
  })

  it('gives up at once where no node has the resource, and names those they have', async () => {
    cluster.store.create(NODES, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-1' },
      status: { allocatable: { 'openshift.io/vfio_pci_0': '8' } },
    })
    const message = '0/1 nodes are available: 1 Insufficient openshift.io/vfs.'
    cluster.fate = {
      pod: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message }] },
    }
    expect(
      await failure(deployApplication(deployment({ SRIOV_RESOURCE_NAME: 'vfs' }), 'testpmd-tap', limits())),
    ).to.match(
      /no node has the resource openshift.io\/vfs; they have openshift.io\/vfio_pci_0 \(8 on node-1\)/,
    )
  })

  it('gives up where the cluster goes on refusing the pod, not before', async () => {
    const message = 'pods "x" is forbidden: unable to validate against any security context constraint: []'
    cluster.fate = { deployment: { conditions: [{ type: 'ReplicaFailure', status: 'True', message }] } }
    const options = { refusalLasts: 1500 }
    expect(await failure(deployApplication(deployment(), 'testpmd-tap', limits(), options))).to.match(
      /^the cluster refuses the pod: .*; remedy: bind the privileged SCC/,
    )
    expect(said.filter((line) => line.startsWith('waiting for'))).to.have.length(1)
  })

  it("says kubectl's words where the cluster has no such kind", async () => {
    cluster.fate = { pod: READY, log: FORWARDS }
    const words = ['delete', 'namespace', 'openshift-sriov-network-operator']
    await cluster.kubectl(words, limits())
    expect(await failure(deployApplication(deployment(), 'testpmd-tap', limits()))).to.match(
      /kubectl apply --server-side: .*namespaces "openshift-sriov-network-operator" not found/,
    )
  })

  it('ends with the signal', async () => {
    cluster.fate = { pod: { phase: 'Pending' } }
    const interrupt = new AbortController()
    const deploying = deployApplication(
      {
        ...deployment(),
        say: (line) => {
          if (line.startsWith('waiting for')) interrupt.abort(new Error('SIGINT'))
        },
      },
      'testpmd-tap',
      { signal: interrupt.signal, timeout: 15_000 },
    )
    expect(await failure(deploying)).to.match(/^SIGINT while waiting for testpmd-tap/)
  })

  it('waits until every node runs with the MachineConfigs', async () => {
    const pool = (status: object, ...sources: string[]) => ({
      apiVersion: 'machineconfiguration.openshift.io/v1',
      kind: 'MachineConfigPool',
      metadata: { name: 'master' },
      spec: { configuration: { source: sources.map((name) => ({ name })) } },
      status,
    })
    const updated = { conditions: [{ type: 'Updated', status: 'True' }] }
    const names = ['02-master-container-runtime', '99-master-setsebool']
    cluster.store.create(POOLS, pool(updated))
    // The pool is Updated before the operator has seen the new configs: that is not what is waited for.
    const interval = 20
    const deploying = deployMachineConfigs(
      {
        ...deployment(),
        say: (line) => {
          said.push(line)
          const stored = cluster.store.get(POOLS, undefined, 'master')
          if (/nodes updated/.test(line) && stored !== undefined)
            cluster.store.update(POOLS, { ...stored, ...pool(updated, ...names), metadata: stored.metadata })
        },
      },
      limits(),
      interval,
    )
    await deploying
    expect(said).to.include('0 of 0 nodes updated')
    expect(cluster.store.list(MACHINE_CONFIGS)).to.have.length(2)

    const stored = cluster.store.get(POOLS, undefined, 'master')
    const message = 'node-1 did not come back'
    if (stored !== undefined)
      cluster.store.update(POOLS, {
        ...stored,
        status: { conditions: [{ type: 'Degraded', status: 'True', message }] },
      })
    expect(await failure(deployMachineConfigs(deployment(), limits(), interval))).to.equal(
      'MachineConfigPool master is degraded: node-1 did not come back',
    )
    await deleteTree(deployment(), 'machineconfig', limits())
    expect(cluster.store.list(MACHINE_CONFIGS)).to.deep.equal([])
  })

  it('removes again what can not come up, tells the cause and exits with 2, as a program', async () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "example.org/none:1"' }
    cluster.fate = {
      pod: { phase: 'Pending', containerStatuses: [{ name: 'testpmd', ready: false, state: { waiting } }] },
    }
    const main = fileURLToPath(new URL('main.ts', import.meta.url))
    const words = [main, 'deploy', 'testpmd-tap', 'TESTPMD_IMAGE=example.org/none:1']
    const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const env = { ...process.env, KUBECONFIG: cluster.kubeconfig }
      execFile(process.execPath, words, { env }, (error, stdout, stderr) => {
        resolve({ code: error?.code, stdout, stderr })
      })
    })
    expect(ended.code).to.equal(2)
    expect(ended.stderr).to.equal(
      'pod testpmd-tap-1 can not start (ImagePullBackOff): Back-off pulling image "example.org/none:1"\n',
    )
    expect(ended.stdout).to.include('removing testpmd-tap again')
    expect(cluster.store.get(NAMESPACES, undefined, 'dpdktest')).to.equal(undefined)
    expect(cluster.store.list(SRIOV_NETWORKS)).to.deep.equal([])
  })
})
