import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { CONFIG_MAPS, JOBS, PODS } from '../apiserver/kinds.ts'
import { NAMESPACE, scriptJob, TestCluster } from './cluster.fixture.ts'
import { plainProcess } from './container-isolation.ts'

const conditions = (cluster: TestCluster) =>
  (cluster.job.status.conditions ?? []).map(
    ({ type, reason, message }) => `${type} ${reason ?? ''}: ${message ?? ''}`,
  )

/** Whether a process runs; a zombie does not. */
function isRunning(pid: string): boolean {
  const stat = `/proc/${pid}/stat`
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'))
}

describe('a Job of the lab', () => {
  let cluster: TestCluster

  beforeEach(async () => {
    cluster = await TestCluster.start({ runtime: plainProcess('it is tested so') })
  })
  afterEach(() => cluster[Symbol.asyncDispose]())

  it('runs its pod to its end and is complete', async () => {
    await cluster.create(scriptJob('echo out; echo err >&2; exit 0'))
    await cluster.untilCondition('Complete')
    expect(conditions(cluster)).to.deep.equal([
      'SuccessCriteriaMet CompletionsReached: Reached expected number of succeeded pods',
      'Complete CompletionsReached: Reached expected number of succeeded pods',
    ])
    const { status, metadata } = cluster.job
    expect(status).to.include({ succeeded: 1, ready: 0, terminating: 0 }).and.not.have.property('failed')
    expect(status).to.not.have.property('active')
    expect(status).to.include.keys('startTime', 'completionTime')
    const { pod } = cluster
    expect(pod.metadata.name).to.match(/^job-[a-z0-9]{5}$/)
    expect(pod.metadata.labels).to.include({
      'job-name': 'job',
      'batch.kubernetes.io/controller-uid': metadata.uid,
    })
    expect(pod.metadata.ownerReferences).to.deep.equal([
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        name: 'job',
        uid: metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ])
    expect(pod.status.phase).to.equal('Succeeded')
    expect(cluster.state['terminated']).to.include({ exitCode: 0, reason: 'Completed' })
    expect(cluster.events('Job')).to.have.members([
      `SuccessfulCreate: Created pod: ${pod.metadata.name}`,
      'Completed: Job completed',
    ])
    expect(cluster.events('Pod').map((event) => event.split(':')[0])).to.have.members([
      'Scheduled',
      'Pulled',
      'Created',
      'Started',
      'Isolation',
    ])
    expect((await cluster.log()).split('\n').toSorted()).to.deep.equal(['', 'err', 'out'])
  })

  it('fails with its pod, and says how it ended', async () => {
    const container = { terminationMessagePolicy: 'FallbackToLogsOnError' }
    await cluster.create(scriptJob('echo "the reason"; exit 3', { container }))
    await cluster.untilCondition('Failed')
    expect(conditions(cluster)).to.deep.equal([
      'FailureTarget BackoffLimitExceeded: Job has reached the specified backoff limit',
      'Failed BackoffLimitExceeded: Job has reached the specified backoff limit',
    ])
    expect(cluster.job.status).to.include({ failed: 1 }).and.not.have.property('completionTime')
    expect(cluster.pod.status.phase).to.equal('Failed')
    expect(cluster.state['terminated']).to.include({ exitCode: 3, reason: 'Error', message: 'the reason\n' })
    expect(cluster.events('Job')).to.include(
      'BackoffLimitExceeded: Job has reached the specified backoff limit',
    )
  })

  it('knows its pod, its account and its cluster from the environment and the files', async () => {
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
    const env = [
      field('POD_UID', 'metadata.uid'),
      field('POD', 'metadata.name'),
      field('NS', 'metadata.namespace'),
      field('NODE', 'spec.nodeName'),
      field('SA', 'spec.serviceAccountName'),
      { name: 'ALL', value: '$(POD)@$(NODE) $$(POD) $(NONE)' },
      { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'cm', key: 'a' } } },
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'sec', key: 'b' } } },
    ]
    await cluster.create(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data: { a: 'from the map' } },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'sec' }, stringData: { b: 'from the secret' } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'account' } },
      scriptJob('env', { container: { env }, pod: { serviceAccountName: 'account' } }),
    )
    await cluster.untilCondition('Complete')
    const { pod } = cluster
    const { name, uid } = pod.metadata
    const { nodeName = '' } = pod.spec
    const { port } = new URL(cluster.server.url)
    const lines = (await cluster.log()).split('\n')
    expect(lines).to.include.members([
      `POD_UID=${uid ?? ''}`,
      `POD=${name}`,
      `NS=${NAMESPACE}`,
      `NODE=${nodeName}`,
      'SA=account',
      `ALL=${name}@${nodeName} $(POD) $(NONE)`,
      'KEY=from the map',
      'SECRET=from the secret',
      `HOSTNAME=${name}`,
      'FROM_IMAGE=yes',
      `KUBERNETES_SERVICE_PORT=${port}`,
    ])
    // The container must not inherit the lab's own environment.
    expect(lines.filter((line) => /^(USER|SHELL|LOGNAME)=/.test(line))).to.deep.equal([])
  })

  it('waits for what its container refers to, and says for what', async () => {
    const env = [{ name: 'KEY', valueFrom: { configMapKeyRef: { name: 'cm', key: 'a' } } }]
    await cluster.create(scriptJob('echo "$KEY"', { container: { env } }))
    await cluster.until(() => cluster.state['waiting']?.['reason'] === 'CreateContainerConfigError')
    expect(cluster.state['waiting']?.['message']).to.equal('configmap "cm" not found')
    expect(await cluster.log()).to.include('is waiting to start: CreateContainerConfigError')
    await cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data: { b: '' } })
    await cluster.until(
      () => cluster.state['waiting']?.['message'] === `couldn't find key a in ConfigMap ${NAMESPACE}/cm`,
    )
    const { store } = cluster.server
    const [configMap] = store.list(CONFIG_MAPS, NAMESPACE)
    if (configMap === undefined) throw new Error('there is no ConfigMap')
    store.update(CONFIG_MAPS, { ...configMap, data: { a: 'here' } })
    await cluster.untilCondition('Complete')
    expect(await cluster.log()).to.equal('here\n')
  })

  it('waits for its service account, and says so', async () => {
    await cluster.create(scriptJob('true', { pod: { serviceAccountName: 'later' } }))
    const refusal = `Error creating: pods "job-" is forbidden: error looking up service account ${NAMESPACE}/later: serviceaccount "later" not found`
    await cluster.until(() => cluster.events('Job').includes(`FailedCreate: ${refusal}`))
    expect(cluster.pods).to.deep.equal([])
    await cluster.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'later' } })
    await cluster.untilCondition('Complete')
  })

  it('runs no image that is not there, and none whose name was not filled in', async () => {
    await cluster.create(scriptJob('true', { container: { image: 'quay.io/x/y:v1' } }))
    await cluster.until(() => cluster.state['waiting']?.['reason'] === 'ErrImagePull')
    expect(cluster.state['waiting']?.['message']).to.include('failed to resolve reference "quay.io/x/y:v1"')
    await cluster.until(() => cluster.state['waiting']?.['reason'] === 'ImagePullBackOff')
    expect(cluster.events('Pod')).to.include('BackOff: Back-off pulling image "quay.io/x/y:v1"')
    expect(await cluster.log()).to.include('is waiting to start: trying and failing to pull image')
    cluster.server.store.delete(JOBS, NAMESPACE, 'job')
    await cluster.until(() => cluster.pods.length === 0)
    await cluster.create(scriptJob('true', { container: { image: '<checkup-image>' } }))
    await cluster.until(() => cluster.state['waiting']?.['reason'] === 'InvalidImageName')
    expect(cluster.state['waiting']?.['message']).to.include('couldn\'t parse image name "<checkup-image>"')
  })

  it('asks its container to end when it is deleted, waits for it, and leaves nothing', async () => {
    const script =
      'trap "echo ending; exit 0" TERM; echo ready; while :; do sleep 0.05 2>&-; done 2>/dev/null'
    await cluster.create(scriptJob(script))
    await cluster.until(() => cluster.state['running'] !== undefined)
    const follow = cluster.log('?follow=true')
    while (!(await cluster.log()).includes('ready')) await sleep(5)
    const path = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs/job?propagationPolicy=Background`
    expect((await cluster.ask(path, { method: 'DELETE' })).status).to.equal(200)
    expect(cluster.pod.metadata.deletionGracePeriodSeconds).to.equal(30)
    await cluster.until(() => cluster.pods.length === 0)
    expect(await follow).to.equal('ready\nending\n')
    expect(cluster.events('Pod')).to.include('Killing: Stopping container main')
    expect(await readdir(join(cluster.folder, 'pods'))).to.deep.equal([])
  })

  it('kills a container that does not end in its time, with all it started', async () => {
    const script = 'trap "" TERM; sleep 1000 & echo "$$$$ $!"; wait; wait'
    await cluster.create(scriptJob(script, { pod: { terminationGracePeriodSeconds: 1 } }))
    await cluster.until(() => cluster.state['running'] !== undefined)
    let pids: string[] = []
    while (pids.length < 2) pids = (await cluster.log()).trim().split(' ')
    cluster.server.store.delete(PODS, NAMESPACE, cluster.pod.metadata.name)
    await cluster.until(() => cluster.pods.length === 0)
    expect(pids.filter(isRunning)).to.deep.equal([])
    await cluster.untilCondition('Failed')
  })

  it('tries again as often as it may', async () => {
    await cluster[Symbol.asyncDispose]()
    const runtime = plainProcess('it is tested so')
    cluster = await TestCluster.start({ runtime, sleep: (_, signal) => sleep(1, undefined, { signal }) })
    await cluster.create(scriptJob('exit 1', { job: { backoffLimit: 2 } }))
    await cluster.untilCondition('Failed')
    expect(cluster.job.status.failed).to.equal(3)
    expect(cluster.pods.map(({ status }) => status.phase)).to.deep.equal(['Failed', 'Failed', 'Failed'])
  })

  it('has its container started again where it asks for that', async () => {
    const script = 'test -e "$HERE/again" && exit 0; touch "$HERE/again"; exit 4'
    const container = {
      env: [{ name: 'HERE', value: '/here' }],
      volumeMounts: [{ name: 'here', mountPath: '/here' }],
    }
    const pod = { restartPolicy: 'OnFailure', volumes: [{ name: 'here', emptyDir: {} }] }
    await cluster.create(scriptJob(script, { container, pod }))
    await cluster.untilCondition('Complete')
    const [status] = cluster.pod.status.containerStatuses ?? []
    expect(status).to.include({ restartCount: 1 })
    expect(status?.lastState?.terminated).to.include({ exitCode: 4, reason: 'Error' })
  })

  it('gives up at its deadline', async () => {
    await cluster.create(scriptJob('sleep 1000', { job: { activeDeadlineSeconds: 1 } }))
    await cluster.untilCondition('Failed')
    expect(conditions(cluster)).to.include(
      'Failed DeadlineExceeded: Job was active longer than specified deadline',
    )
    await cluster.until(() => cluster.pods.length === 0)
  })

  it('goes by itself where it asked for that', async () => {
    await cluster.create(scriptJob('true', { job: { ttlSecondsAfterFinished: 0 } }))
    await cluster.until(() => cluster.events('Job').includes('Completed: Job completed'))
    await cluster.until(() => cluster.pods.length === 0)
    expect(cluster.server.store.get(JOBS, NAMESPACE, 'job')).to.equal(undefined)
  })

  it('is not what the nodes run, where it is more than they can', async () => {
    await cluster.create(scriptJob('true', { container: { livenessProbe: { exec: { command: ['true'] } } } }))
    await cluster.untilCondition('Failed')
    expect(cluster.pod.status).to.include({ phase: 'Failed', reason: 'UnsupportedByLab' })
  })
})
