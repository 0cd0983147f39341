import { PATIENCE } from '../../../support/common/testing/patience.ts'
import { expect } from 'chai'
import { execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  CLUSTER_ROLES,
  CONFIG_MAPS,
  DEPLOYMENTS,
  NAMESPACES,
  NETWORK_ATTACHMENT_DEFINITIONS,
  NODES,
  PODS,
} from '../../apiserver/kinds.ts'
import { WatchedProcess } from '../../watched-process.ts'
import { MACHINE_CONFIGS, SRIOV_NETWORKS } from '../../openshift/openshift-kinds.ts'
import { ApiClient } from '../../../support/cluster/api-client.ts'
import { loadCredentials } from '../../../support/cluster/credentials.ts'
import {
  createDeployment,
  deployApplication,
  deployMachineConfigs,
  type Deployment,
  undeployApplication,
  undeployTrees,
} from '../../../support/rootless/deploy.ts'
import { defaultParameters, type RootlessParameters } from '../../../support/rootless/parameters.ts'
import { manifestsOf } from '../../../support/rootless/trees.ts'
import { type OpenShift, startOpenShift } from './openshift.fixture.ts'
import { describeWithKubectl } from '../../../support/common/testing/with-kubectl.ts'

const FORWARDS = '  io packet forwarding packets/burst=32\n'

describeWithKubectl('deploying the rootless pods', () => {
  let cluster: OpenShift
  let said: string[]
  const limits = () => ({ signal: new AbortController().signal, timeout: PATIENCE })

  beforeEach(async () => {
    said = []
    cluster = await startOpenShift()
  })
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]()
  })

  const deployment = (
    changes: Partial<RootlessParameters> = {},
    print: (line: string) => void = (line) => said.push(line),
  ): Deployment =>
    createDeployment({
      client: new ApiClient(loadCredentials({ KUBECONFIG: cluster.kubeconfig })),
      kubectl: cluster.kubectl,
      parameters: { ...defaultParameters(), ...changes },
      variant: 'default',
      force: { isGiven: false, by: '--force-conflicts' },
      reset: { isGiven: false, by: '--reset-network' },
      print,
      kept: print,
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
    cluster.fate = { isReady: true, log: FORWARDS }
    const up = await deployApplication(deployment(), 'testpmd-tap', limits())
    expect(up.pod.metadata.name).to.match(/^testpmd-tap-[a-z0-9]{8,10}-[a-z0-9]{5}$/)
    expect(up.log).to.equal(FORWARDS)
    expect(said).to.include('deployment.apps/testpmd-tap created')
    expect(said).to.include('networkattachmentdefinition.k8s.cni.cncf.io/tap-one created')
    const stored = cluster.store.get(DEPLOYMENTS, 'dpdktest', 'testpmd-tap')
    expect(
      stored?.metadata.managedFields?.map(({ manager, operation }) => [manager, operation]),
    ).to.deep.include(['rootless-dpdk', 'Apply'])
  })

  it('does not take a ready pod for one that forwards', async () => {
    cluster.fate = { isReady: true, log: 'EAL: Detected CPU lcores: 64\n' }
    const enough = new AbortController()
    const onSeen = (seen: string) => {
      if (seen.startsWith('the pod is ready')) enough.abort(new Error('that is enough'))
    }
    const waiting = deployApplication(
      deployment(),
      'testpmd-tap',
      { ...limits(), signal: enough.signal },
      { onSeen },
    )
    expect(await failure(waiting)).to.match(
      /waiting for testpmd-tap in namespace dpdktest to forward: last saw the pod is ready, but its log does not say/,
    )
  })

  it('leaves the namespace clean, and the prerequisites while another pod needs them', async () => {
    cluster.fate = { isReady: true, log: FORWARDS }
    await deployApplication(deployment(), 'testpmd-tap', limits())
    await deployApplication(deployment(), 'testpmd-portforwarder', limits())
    await undeployApplication(deployment(), 'testpmd-tap', limits())
    expect(said).to.include('deployment.apps/testpmd-portforwarder still exists: the prerequisites stay')
    expect(cluster.store.list(SRIOV_NETWORKS)).to.have.length(1)
    const scripts = cluster.store.list(CONFIG_MAPS, 'dpdktest').map(({ metadata }) => metadata.name)
    expect(scripts.filter((name) => name.startsWith('testpmd-scripts-portforwarder-'))).to.have.length(1)
    await undeployApplication(deployment(), 'testpmd-portforwarder', limits())
    expect(cluster.store.get(NAMESPACES, undefined, 'dpdktest')).to.equal(undefined)
    for (const kind of [DEPLOYMENTS, PODS, SRIOV_NETWORKS, NETWORK_ATTACHMENT_DEFINITIONS])
      expect(cluster.store.list(kind), kind.plural).to.deep.equal([])
    // Removing what does not exist is not an error.
    await undeployApplication(deployment(), 'testpmd-portforwarder', limits())
  })

  it('gives up at once where no node has the resource, and names those they have', async () => {
    expect(
      await failure(deployApplication(deployment({ SRIOV_RESOURCE_NAME: 'vfs' }), 'testpmd-tap', limits())),
    ).to.match(
      /no node has the resource openshift.io\/vfs; they have openshift.io\/vfio_pci_0 \(8 on node-1\)/,
    )
  })

  it('gives up where the cluster goes on refusing the pod, not before', async () => {
    // Without the ClusterRole, the binding of the prerequisites grants nothing.
    cluster.store.delete(CLUSTER_ROLES, undefined, 'system:openshift:scc:privileged')
    const options = { refusalLasts: 1500 }
    expect(await failure(deployApplication(deployment(), 'testpmd-tap', limits(), options))).to.match(
      /^the cluster refuses the pod: pods "testpmd-tap-\w+-" is forbidden: unable to validate against any security context constraint: .*; remedy: bind the privileged SCC/,
    )
    expect(said.filter((line) => line.startsWith('waiting for'))).to.have.length(1)
  })

  it("says kubectl's words where the cluster has no such kind", async () => {
    cluster.fate = { isReady: true, log: FORWARDS }
    const args = ['delete', 'namespace', 'openshift-sriov-network-operator']
    await cluster.kubectl(args, limits())
    expect(await failure(deployApplication(deployment(), 'testpmd-tap', limits()))).to.match(
      /^creating sriovnetwork.*namespaces "openshift-sriov-network-operator" not found/,
    )
  })

  it('ends with the signal', async () => {
    cluster.fate = {}
    const interrupt = new AbortController()
    const deploying = deployApplication(
      deployment({}, (line) => {
        if (line.startsWith('waiting for')) interrupt.abort(new Error('SIGINT'))
      }),
      'testpmd-tap',
      { signal: interrupt.signal, timeout: PATIENCE },
    )
    expect(await failure(deploying)).to.match(/^SIGINT while waiting for testpmd-tap/)
  })

  it('waits until every node runs with the MachineConfigs', async () => {
    const [node] = cluster.store.list(NODES)
    if (node === undefined) throw new Error('there is no node')
    const labels = { ...node.metadata.labels, 'node-role.kubernetes.io/master': '' }
    cluster.store.update(NODES, { ...node, metadata: { ...node.metadata, labels } })
    const interval = 10
    const { promise: rebooted, resolve: reboot } = Promise.withResolvers<undefined>()
    cluster.fate = { rebooted }
    const print = (line: string) => {
      if (line === '0 of 1 nodes updated') reboot(undefined)
    }
    await deployMachineConfigs(deployment({}, print), limits(), interval)
    await rebooted
    expect(cluster.store.list(MACHINE_CONFIGS)).to.have.length(2)

    cluster.store.create(MACHINE_CONFIGS, {
      apiVersion: 'machineconfiguration.openshift.io/v1',
      kind: 'MachineConfig',
      metadata: { name: 'other', labels: { 'machineconfiguration.openshift.io/role': 'master' } },
      spec: { config: { ignition: { version: '9.9.9' } } },
    })
    expect(await failure(deployMachineConfigs(deployment(), limits(), interval))).to.match(
      /^MachineConfigPool master is degraded: Failed to render configuration .* unknown version "9\.9\.9"/,
    )
    await undeployTrees(deployment(), ['machineconfig'], limits())
    expect(cluster.store.list(MACHINE_CONFIGS).map(({ metadata }) => metadata.name)).to.deep.equal(['other'])
  })

  it('removes a pod that cannot start, names the cause and exits with 2, as a program', async () => {
    const main = fileURLToPath(new URL('../../../support/cli/checkup-cli.ts', import.meta.url))
    const args = [main, 'rootless', 'deploy', 'testpmd-tap', 'TESTPMD_IMAGE=example.org/none:1']
    const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const env = { ...process.env, KUBECONFIG: cluster.kubeconfig }
      execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
        resolve({ code: error?.code, stdout, stderr })
      })
    })
    expect(ended.code).to.equal(2)
    expect(ended.stderr).to.match(
      /^pod testpmd-tap-\S+ cannot start \(ImagePullBackOff\): Back-off pulling image "example\.org\/none:1": .*\n$/,
    )
    expect(ended.stdout).to.include('removing the created objects')
    expect(cluster.store.get(NAMESPACES, undefined, 'dpdktest')).to.equal(undefined)
    expect(cluster.store.list(SRIOV_NETWORKS)).to.deep.equal([])
  })

  it('prints what it would apply without a cluster, as a program', async () => {
    const main = fileURLToPath(new URL('../../../support/cli/checkup-cli.ts', import.meta.url))
    const args = [main, 'rootless', 'deploy', 'testpmd-tap', '--render', 'TAP_QUEUES=3']
    const env = { ...process.env, KUBECONFIG: '/nonexistent' }
    const { error, stdout } = await new Promise<{ error: Error | null; stdout: string }>((resolve) => {
      execFile(process.execPath, args, { env }, (failed, printed) => {
        resolve({ error: failed, stdout: printed })
      })
    })
    expect(error).to.equal(null)
    const kinds = manifestsOf(stdout).map(({ kind }) => kind)
    expect(kinds.indexOf('SriovNetwork')).to.be.within(0, kinds.indexOf('Deployment'))
    expect(stdout).to.match(/name: TAP_QUEUES\n\s+value: "3"/)
    expectNothingDeployed()
  })

  it('prints one tree by itself, as a program', async () => {
    const main = fileURLToPath(new URL('../../../support/cli/checkup-cli.ts', import.meta.url))
    const print = promisify(execFile)
    const env = { ...process.env, KUBECONFIG: '/nonexistent' }
    const args = [main, 'rootless', 'render', 'testpmd-tap', 'TAP_QUEUES=3']
    const { stdout } = await print(process.execPath, args, { env })
    expect(manifestsOf(stdout).map(({ kind }) => kind)).to.have.members([
      'NetworkAttachmentDefinition',
      'ConfigMap',
      'Deployment',
    ])
    expect(stdout).to.match(/name: TAP_QUEUES\n\s+value: "3"/)
    expectNothingDeployed()
  })

  function deployAsProgram(): WatchedProcess {
    const main = fileURLToPath(new URL('../../../support/cli/checkup-cli.ts', import.meta.url))
    const env = { ...process.env, KUBECONFIG: cluster.kubeconfig }
    const args = [main, 'rootless', 'deploy', 'testpmd-portforwarder', 'PRIVILEGED=true']
    return new WatchedProcess('deploying', spawn(process.execPath, args, { env }))
  }

  function expectNothingDeployed(): void {
    expect(cluster.store.get(NAMESPACES, undefined, 'dpdktest')).to.equal(undefined)
    for (const kind of [DEPLOYMENTS, PODS, SRIOV_NETWORKS])
      expect(cluster.store.list(kind), kind.plural).to.deep.equal([])
  }

  for (const signal of ['SIGINT', 'SIGHUP'] as const) {
    it(`removes what it applied when ${signal} ends it, as a program`, async () => {
      cluster.fate = {}
      const program = deployAsProgram()
      await program.said('the container runs, testpmd does not forward yet')
      program.process.kill(signal)
      expect(await program.exitCode, program.output).to.equal(2)
      expect(program.output).to.include(`interrupted by ${signal} while waiting for testpmd-portforwarder`)
      expectNothingDeployed()
    })
  }

  it('removes what it applied when nobody reads what it says, as a program', async () => {
    cluster.fate = {}
    const program = deployAsProgram()
    await program.said('the container runs, testpmd does not forward yet')
    program.process.stdout?.destroy()
    program.process.stderr?.destroy()
    expect(await program.exitCode, program.output).to.equal(2)
    expectNothingDeployed()
  })
})
