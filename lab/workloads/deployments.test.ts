import { expect } from 'chai'
import { DEPLOYMENTS, PODS, REPLICA_SETS, SERVICE_ACCOUNTS } from '../apiserver/kinds.ts'
import { NAMESPACE, scriptDeployment, TestCluster } from './cluster.fixture.ts'
import { FakeContainers } from './fake-containers.fixture.ts'
import { asDeployment, asReplicaSet, type Deployment } from './replicated.ts'

describe('a Deployment of the lab', () => {
  let cluster: TestCluster
  let runtime: FakeContainers

  beforeEach(async () => {
    runtime = new FakeContainers()
    cluster = await TestCluster.start({ runtime, tls: false })
  })
  afterEach(() => cluster[Symbol.asyncDispose]())

  function deployment(): Deployment {
    const found = cluster.server.store.get(DEPLOYMENTS, NAMESPACE, 'web')
    if (found === undefined) throw new Error('the Deployment is not there')
    return asDeployment(found)
  }
  const sets = () => cluster.server.store.list(REPLICA_SETS, NAMESPACE).map(asReplicaSet)
  const condition = (type: string) => {
    const found = deployment().status.conditions?.find((each) => each.type === type)
    return found && `${found.status} ${found.reason ?? ''}: ${found.message ?? ''}`
  }
  const available = (replicas: number) =>
    cluster.until(() => {
      const { status, metadata } = deployment()
      const isSeen = status.observedGeneration === metadata.generation
      return isSeen && status.availableReplicas === replicas && status.updatedReplicas === replicas
    })
  const change = (spec: object) => {
    const object = deployment()
    cluster.server.store.update(DEPLOYMENTS, { ...object, spec: { ...object.spec, ...spec } })
  }
  const template = (script: string) =>
    (scriptDeployment(script)['spec'] as { template: Deployment['spec']['template'] }).template

  it('has a ReplicaSet that has its pods, and says when they are available', async () => {
    await cluster.create(scriptDeployment('true', { deployment: { replicas: 2 } }))
    await available(2)
    const [set] = sets()
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? ''
    expect(set?.metadata.name)
      .to.equal(`web-${hash}`)
      .and.match(/^web-[bcdfghjklmnpqrstvwxz2456789]{8,10}$/)
    expect(set?.metadata.annotations).to.include({ 'deployment.kubernetes.io/revision': '1' })
    for (const pod of cluster.pods) {
      expect(pod.metadata.name).to.match(new RegExp(`^web-${hash}-[a-z0-9]{5}$`))
      expect(pod.metadata.labels).to.deep.equal({ app: 'web', 'pod-template-hash': hash })
    }
    expect(deployment().status).to.deep.include({ replicas: 2, readyReplicas: 2, observedGeneration: 1 })
    expect(deployment().status).to.not.have.property('unavailableReplicas')
    expect(condition('Available')).to.equal(
      'True MinimumReplicasAvailable: Deployment has minimum availability.',
    )
    expect(condition('Progressing')).to.equal(
      `True NewReplicaSetAvailable: ReplicaSet "web-${hash}" has successfully progressed.`,
    )
    expect(cluster.events('Deployment')).to.deep.equal([
      `ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 2`,
    ])
  })

  it('has pods made again that end or are taken away', async () => {
    await cluster.create(scriptDeployment('true'))
    await available(1)
    const [first] = cluster.pods
    cluster.server.store.delete(PODS, NAMESPACE, first?.metadata.name ?? '')
    await cluster.until(() => cluster.pods.length === 1 && cluster.pod.metadata.uid !== first?.metadata.uid)
    await available(1)
  })

  it('lets no new pod in before the old one is gone where the strategy is Recreate', async () => {
    const strategy = { type: 'Recreate' }
    await cluster.create(scriptDeployment('old', { deployment: { strategy } }))
    await available(1)
    const most: number[] = []
    cluster.server.store.onChange(PODS, () => most.push(cluster.pods.length))
    change({ template: template('new') })
    await cluster.until(() => deployment().status.observedGeneration === deployment().metadata.generation)
    await available(1)
    expect(Math.max(...most)).to.equal(1)
    expect(runtime.made.map(({ signals }) => signals.includes('SIGTERM'))).to.deep.equal([true, false])
    expect(runtime.last.plan.command.args.at(-1)).to.equal('new')
    expect(sets().map(({ spec }) => spec.replicas)).to.have.members([0, 1])
    expect(deployment().metadata.annotations).to.include({ 'deployment.kubernetes.io/revision': '2' })
  })

  it('always has enough pods while it rolls, and never too many', async () => {
    await cluster.create(scriptDeployment('old', { deployment: { replicas: 4 } }))
    await available(4)
    const counts: { pods: number; ready: number }[] = []
    cluster.server.store.onChange(PODS, () => {
      const pods = cluster.pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      const ready = pods.filter(({ status }) =>
        status.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True'),
      )
      counts.push({ pods: pods.length, ready: ready.length })
    })
    change({ template: template('new') })
    await cluster.until(() => sets().length === 2)
    await available(4)
    expect(Math.max(...counts.map(({ pods }) => pods))).to.equal(5)
    expect(Math.min(...counts.map(({ ready }) => ready))).to.be.at.least(3)
    expect(sets().map(({ spec }) => spec.replicas)).to.have.members([0, 4])
  })

  it('goes back to a template it had, as a new revision of the same ReplicaSet', async () => {
    await cluster.create(scriptDeployment('one'))
    await available(1)
    const [first] = sets()
    for (const script of ['two', 'one']) {
      change({ template: withScript(deployment(), script) })
      await cluster.until(() => deployment().status.observedGeneration === deployment().metadata.generation)
      await available(1)
    }
    expect(sets()).to.have.length(2)
    const again = sets().find(({ metadata }) => metadata.uid === first?.metadata.uid)
    expect(again?.spec.replicas).to.equal(1)
    expect(again?.metadata.annotations).to.include({ 'deployment.kubernetes.io/revision': '3' })
  })

  it('says why its pods are refused, and has them once they are not', async () => {
    await cluster.create(scriptDeployment('true', { pod: { serviceAccountName: 'later' } }))
    await cluster.until(() => condition('ReplicaFailure') !== undefined)
    const [set] = sets()
    const refusal =
      `pods "${set?.metadata.name ?? ''}-" is forbidden: error looking up service account ${NAMESPACE}/later: ` +
      'serviceaccount "later" not found'
    expect(condition('ReplicaFailure')).to.equal(`True FailedCreate: ${refusal}`)
    expect(condition('Available')).to.match(/^False MinimumReplicasUnavailable/)
    expect(cluster.events('ReplicaSet')).to.deep.equal([`FailedCreate: Error creating: ${refusal}`])
    cluster.server.store.create(SERVICE_ACCOUNTS, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'later', namespace: NAMESPACE },
    })
    await available(1)
    expect(condition('ReplicaFailure')).to.equal(undefined)
  })

  it('gives up on progress at its deadline', async () => {
    const readinessProbe = { exec: { command: ['false'] } }
    runtime.exec = () => Promise.resolve(1)
    const spec = { deployment: { progressDeadlineSeconds: 1 }, container: { readinessProbe } }
    await cluster.create(scriptDeployment('true', spec))
    await cluster.until(() => condition('Progressing')?.startsWith('False'))
    expect(condition('Progressing')).to.match(
      /^False ProgressDeadlineExceeded: ReplicaSet "web-\w+" has timed out progressing\.$/,
    )
  })

  it('takes its ReplicaSets and pods with it, and so does its namespace', async () => {
    await cluster.create(scriptDeployment('true'))
    await available(1)
    cluster.server.store.delete(DEPLOYMENTS, NAMESPACE, 'web')
    await cluster.until(() => sets().length === 0 && cluster.pods.length === 0)
    expect(runtime.last.signals).to.include('SIGTERM')
    await cluster.create(scriptDeployment('true'))
    await available(1)
    const answer = await cluster.ask(`/api/v1/namespaces/${NAMESPACE}`, { method: 'DELETE' })
    expect(answer.status).to.equal(200)
    await cluster.until(() => cluster.pods.length === 0)
    expect(sets()).to.deep.equal([])
    expect((await cluster.ask(`/api/v1/namespaces/${NAMESPACE}`)).status).to.equal(404)
  })

  const REFUSED: readonly (readonly [what: string, change: object, message: RegExp])[] = [
    [
      'pods that are not its own',
      { selector: { matchLabels: { app: 'other' } } },
      /`selector` does not match/,
    ],
    ['no selector', { selector: undefined }, /spec\.selector: Required value/],
    ['less than no pods', { replicas: -1 }, /spec\.replicas: Invalid value: -1: must be greater than or/],
    [
      'a rollout of recreated pods',
      { strategy: { type: 'Recreate', rollingUpdate: {} } },
      /rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'/,
    ],
  ]
  for (const [what, spec, message] of REFUSED)
    it(`is refused with ${what}`, async () => {
      const refusal = await cluster
        .create(scriptDeployment('true', { deployment: spec }))
        .then(() => undefined)
        .catch((error: unknown) => error)
      expect(refusal).to.be.an('error')
      expect((refusal as Error).message).to.match(message)
    })
})

function withScript({ spec }: Deployment, script: string): object {
  const { template } = structuredClone(spec)
  const { containers } = template.spec as { containers: { args: string[] }[] }
  for (const container of containers) container.args = [script]
  return template
}
