import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { IMAGE, NAMESPACE, scriptDeployment, TestCluster } from './cluster.fixture.ts'
import { FakeContainers } from './fake-containers.fixture.ts'
import { describeWithKubectl } from '../../support/common/testing/with-kubectl.ts'

describeWithKubectl('Deployments, seen by kubectl', () => {
  let cluster: TestCluster
  let runtime: FakeContainers
  let env: NodeJS.ProcessEnv

  before(async () => {
    runtime = new FakeContainers()
    runtime.begun = (container) => {
      container.plan.log.write(container, 'forwarding\n')
    }
    cluster = await TestCluster.start({ runtime })
    const kubeconfig = join(cluster.folder, 'kubeconfig')
    await writeFile(kubeconfig, cluster.server.kubeconfig('admin', NAMESPACE))
    env = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: join(cluster.folder, 'cache') }
    await writeFile(join(cluster.folder, 'web.json'), JSON.stringify(scriptDeployment('true')))
  })
  after(async () => {
    await cluster[Symbol.asyncDispose]()
  })

  const kubectl = async (...args: string[]) => {
    const { stdout, stderr } = await promisify(execFile)('kubectl', args, { env })
    return stdout + stderr
  }

  it('are applied, waited for and shown', async () => {
    const file = join(cluster.folder, 'web.json')
    expect(await kubectl('apply', '-f', file)).to.equal('deployment.apps/web created\n')
    expect(await kubectl('rollout', 'status', 'deployment', 'web', '--timeout=10s')).to.match(
      /deployment "web" successfully rolled out\n$/,
    )
    expect(await kubectl('apply', '-f', file)).to.equal('deployment.apps/web unchanged\n')
    expect(await kubectl('get', 'deployments')).to.match(
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +1\/1 +1 +1 +\d+s\n$/,
    )
    expect(await kubectl('get', 'deploy', '-o', 'wide')).to.match(
      new RegExp(`CONTAINERS +IMAGES +SELECTOR\nweb .* main +${IMAGE} +app=web\n$`),
    )
    expect(await kubectl('get', 'rs')).to.match(
      /^NAME +DESIRED +CURRENT +READY +AGE\nweb-\w+ +1 +1 +1 +\d+s\n$/,
    )
    expect(await kubectl('get', 'pods', '-o', 'wide')).to.match(
      /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE.*\nweb-\w+-\w+ +1\/1 +Running +0 +\d+s +127\.0\.0\.1 +lab-node-\d/,
    )
    expect(await kubectl('wait', '--for=condition=Available', 'deploy/web', '--timeout=5s')).to.equal(
      'deployment.apps/web condition met\n',
    )
  })

  it('are described with their conditions, ReplicaSets and events', async () => {
    expect(await kubectl('describe', 'deployment', 'web'))
      .to.match(/Replicas: +1 desired \| 1 updated \| 1 total \| 1 available \| 0 unavailable\n/)
      .and.match(/StrategyType: +RollingUpdate\n/)
      .and.match(/Available +True +MinimumReplicasAvailable\n {2}Progressing +True +NewReplicaSetAvailable\n/)
      .and.match(/NewReplicaSet: +web-\w+ \(1\/1 replicas created\)\n/)
      .and.match(/ScalingReplicaSet .*deployment-controller +Scaled up replica set web-\w+ from 0 to 1/)
    expect(await kubectl('describe', 'pods'))
      .to.match(/Controlled By: +ReplicaSet\/web-\w+\n/)
      .and.match(/Ready +True/)
      .and.match(/Started container main/)
  })

  it('are restarted, undone and told about', async () => {
    await kubectl('rollout', 'restart', 'deployment', 'web')
    await kubectl('rollout', 'status', 'deployment', 'web', '--timeout=10s')
    expect(await kubectl('rollout', 'history', 'deployment', 'web')).to.match(
      /REVISION +CHANGE-CAUSE\n1 .*\n2 /,
    )
    await kubectl('rollout', 'undo', 'deployment', 'web')
    expect(await kubectl('rollout', 'status', 'deployment', 'web', '--timeout=10s')).to.match(/rolled out/)
    expect(runtime.made).to.have.length(3)
  })

  it('show what their containers print, and how they ended before', async () => {
    expect(await kubectl('logs', 'deployment/web', '--tail=-1')).to.equal('forwarding\n')
    runtime.last.end(3, 'FAILURE!\n')
    await cluster.until(() => runtime.made.length === 4 && cluster.state['running'] !== undefined)
    expect(await kubectl('logs', 'deployment/web', '--previous')).to.equal('forwarding\nFAILURE!\n')
    expect(await kubectl('get', 'pods')).to.match(/ +1\/1 +Running +1 \(\d+s ago\) +\d+s\n$/)
    expect(await kubectl('describe', 'pods')).to.match(
      /Last State: +Terminated\n +Reason: +Error\n +Exit Code: +3\n/,
    )
  })

  it('say why their pods are refused', async () => {
    const patch = '{"spec":{"template":{"spec":{"runtimeClassName":"none"}}}}'
    await kubectl('patch', 'deployment', 'web', '-p', patch)
    const refusal = 'pod rejected: RuntimeClass "none" not found'
    await cluster.until(() => cluster.events('ReplicaSet').some((event) => event.includes(refusal)))
    expect(await kubectl('describe', 'rs')).to.include(
      'is forbidden: pod rejected: RuntimeClass "none" not found',
    )
    expect(await kubectl('get', 'deployment', 'web')).to.match(/web +1\/1 +0 +1 /)
  })

  it('are deleted with their ReplicaSets and pods', async () => {
    expect(await kubectl('delete', 'deployment', 'web')).to.match(/^deployment\.apps "web" deleted/)
    await cluster.until(() => cluster.pods.length === 0)
    expect(await kubectl('get', 'all')).to.match(/^No resources found/)
  })
})
