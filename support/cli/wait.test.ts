import { PATIENCE } from '../common/testing/patience.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KubeConfig } from '../cluster/client-node.ts'
import { expect } from 'chai'
import { ApiClient } from '../cluster/api-client.ts'
import { CONFIG_MAPS, JOBS, PODS } from '../../lab/apiserver/kinds.ts'
import { FaultyProxy } from '../../lab/faults/api-proxy.ts'
import { NAMESPACE, scriptJob, TestCluster } from '../../lab/workloads/cluster.fixture.ts'
import { plainProcess } from '../../lab/workloads/container-isolation.ts'
import { EXIT_CODES } from '../model/exit-codes.ts'
import { endLines, verdictOrError } from './job-end.ts'
import { waitForJob } from './wait.ts'

/** Status written while the Job runs, and status of an earlier run. */
const NOW = { 'status.completionTimestamp': new Date(Date.now() + 3_600_000).toISOString() }
const BEFORE = { 'status.completionTimestamp': '2026-01-01T00:00:00Z' }

const ENV = [
  { name: 'CONFIGMAP_NAMESPACE', value: NAMESPACE },
  { name: 'CONFIGMAP_NAME', value: 'config' },
]

describe('waiting for a Job', () => {
  let cluster: TestCluster
  let said: string[]

  beforeEach(async () => {
    said = []
    cluster = await TestCluster.start({ runtime: plainProcess('it is tested so'), tls: false })
  })
  afterEach(() => cluster[Symbol.asyncDispose]())

  /** @param options the user, and the address of the API server */
  function waiting(
    options: {
      user?: string
      url?: string
      timeout?: number
      signal?: AbortSignal
      print?: (line: string) => void
      follows?: boolean
    } = {},
  ): Promise<number> {
    const config = new KubeConfig()
    const { url = cluster.server.url, user = 'admin' } = options
    config.loadFromString(cluster.server.kubeconfig(user, NAMESPACE).replace(cluster.server.url, url))
    const end = waitForJob({
      client: new ApiClient(config),
      namespace: NAMESPACE,
      job: 'job',
      timeout: PATIENCE,
      signal: new AbortController().signal,
      print: (line) => said.push(line),
      ...options,
    })
    return end.then((ended) => {
      said.push(...endLines(ended))
      return EXIT_CODES[verdictOrError(ended)]
    })
  }

  async function failure(wait: Promise<number>): Promise<string> {
    try {
      return `it ended with ${await wait}`
    } catch (error) {
      return (error as Error).message
    }
  }

  /** A Job that runs until `end` is called. */
  async function startJob(): Promise<{ end: () => Promise<void> }> {
    const file = join(cluster.folder, 'end')
    await cluster.create(scriptJob(`while [ ! -e ${file} ]; do sleep 0.02; done`))
    await cluster.until(() => cluster.state['running'] !== undefined)
    return { end: () => writeFile(file, '') }
  }

  async function configMap(data: Record<string, string>): Promise<void> {
    await cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config' }, data })
  }

  const ENDS: readonly (readonly [
    what: string,
    code: number,
    data: Record<string, string>,
    exit: number,
    says: string,
  ])[] = [
    [
      'passed',
      0,
      { ...NOW, 'status.succeeded': 'true', 'status.result.verdict': 'passed' },
      0,
      'Verdict: passed',
    ],
    [
      'failed',
      1,
      {
        ...NOW,
        'status.succeeded': 'false',
        'status.result.verdict': 'failed',
        'status.failureReason': 'lost \u001b[31m7\u0007',
      },
      1,
      'Failure reason: lost 7',
    ],
    [
      'passed on a simulated cluster',
      0,
      {
        ...NOW,
        'status.succeeded': 'true',
        'status.result.verdict': 'passed',
        'status.result.simulated': 'true',
      },
      0,
      'Verdict: passed (simulated cluster)',
    ],
    [
      'could not be judged',
      2,
      { ...NOW, 'status.succeeded': 'false', 'status.result.verdict': 'error' },
      2,
      'Verdict: error',
    ],
    [
      'failed, by the word of its predecessor',
      1,
      { ...NOW, 'status.succeeded': 'false' },
      1,
      'Verdict: failed',
    ],
    [
      'crashed before it had a verdict',
      1,
      { 'spec.timeout': '1m' },
      2,
      'Verdict: unknown (neither its pod nor its ConfigMap has a verdict)',
    ],
    [
      'was refused the ConfigMap of an earlier run that passed',
      2,
      { ...BEFORE, 'status.succeeded': 'true', 'status.result.verdict': 'passed' },
      2,
      'Verdict: unknown (its ConfigMap has the result of an earlier run)',
    ],
    [
      'was refused the ConfigMap of an earlier run that ended as it did',
      2,
      { ...BEFORE, 'status.succeeded': 'false', 'status.result.verdict': 'error' },
      2,
      'Verdict: unknown (its ConfigMap has the result of an earlier run)',
    ],
  ]
  for (const [what, code, data, exit, says] of ENDS)
    it(`ends with ${exit} when the checkup ${what}`, async () => {
      await configMap(data)
      await cluster.create(scriptJob(`exit ${code}`, { container: { env: ENV } }))
      expect(await waiting()).to.equal(exit)
      expect(said).to.include(says)
    })

  it('goes by the word of its own pod, whatever an earlier run left', async () => {
    await configMap({ ...BEFORE, 'status.succeeded': 'true', 'status.result.verdict': 'passed' })
    const container = { env: ENV, terminationMessagePolicy: 'FallbackToLogsOnError' }
    const script = "printf 'verdict: failed\\nsimulated: true\\nreason: traffic.no-loss: 7 lost\\n'; exit 1"
    await cluster.create(scriptJob(script, { container }))
    expect(await waiting()).to.equal(1)
    expect(said).to.include.members([
      'Verdict: failed (simulated cluster)',
      'Failure reason: traffic.no-loss: 7 lost',
    ])
  })

  it('finds the ConfigMap also where the pod fills in its namespace, as the manifest has it', async () => {
    const [, name] = ENV
    const fieldRef = { fieldPath: 'metadata.namespace' }
    const env = [{ name: 'CONFIGMAP_NAMESPACE', valueFrom: { fieldRef } }, name]
    await configMap({ ...NOW, 'status.succeeded': 'true', 'status.result.verdict': 'passed' })
    await cluster.create(scriptJob(`test "$CONFIGMAP_NAMESPACE" = ${NAMESPACE}`, { container: { env } }))
    expect(await waiting()).to.equal(0)
    expect(said).to.include('Verdict: passed')
  })

  it('prints what its pod writes, each line once', async () => {
    const file = join(cluster.folder, 'go')
    const script = `echo one; echo two; while [ ! -e ${file} ]; do sleep 0.02; done; echo three; echo three`
    await cluster.create(scriptJob(script))
    const print = (line: string) => {
      said.push(line)
      if (line === 'two') void writeFile(file, '')
    }
    expect(await waiting({ follows: true, print })).to.equal(0)
    expect(said.filter((line) => /^(one|two|three)$/.test(line))).to.deep.equal([
      'one',
      'two',
      'three',
      'three',
    ])
  })

  it('goes on when the connection is lost and the server is away for a while', async () => {
    await using proxy = await FaultyProxy.start(cluster.server.url, [])
    const { end } = await startJob()
    const running = Promise.withResolvers<undefined>()
    const wait = waiting({
      url: proxy.url,
      print: (line) => {
        said.push(line)
        if (line.endsWith('is running')) running.resolve(undefined)
      },
    })
    await running.promise
    proxy.goDown(500)
    await end()
    expect(await wait).to.equal(0)
    expect(said).to.include(`Job ${NAMESPACE}/job is complete`)
  })

  it('says that its Job was deleted', async () => {
    await startJob()
    const running = Promise.withResolvers<undefined>()
    const print = () => {
      running.resolve(undefined)
    }
    const wait = failure(waiting({ print }))
    await running.promise
    cluster.server.store.delete(JOBS, NAMESPACE, 'job')
    expect(await wait).to.equal(`Job ${NAMESPACE}/job was deleted during the wait`)
  })

  it('waits without pods and events for who may not read them', async () => {
    const rules = [{ apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch'] }]
    await cluster.create(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'reader' } },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'reader' }, rules },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
        subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace: NAMESPACE }],
      },
      scriptJob('sleep 0.3; exit 1', { container: { env: ENV } }),
    )
    const user = `system:serviceaccount:${NAMESPACE}:reader`
    expect(await waiting({ user })).to.equal(2)
    expect(said.join('\n'))
      .to.include('not shown: reading the pods of Job')
      .and.include('configmaps "config" is forbidden')
  })

  it('says what it may not read', async () => {
    await cluster.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'nobody' } })
    const user = `system:serviceaccount:${NAMESPACE}:nobody`
    expect(await failure(waiting({ user }))).to.include('cannot list resource "jobs" in API group "batch"')
  })

  it('ends by itself when it takes too long, or is told to', async () => {
    await cluster.create(scriptJob('sleep 1000'))
    await cluster.until(() => cluster.state['running'] !== undefined)
    const enough = new AbortController()
    const began = performance.now()
    const print = (line: string) => {
      if (line.endsWith(' is running')) enough.abort(new Error('that is enough'))
    }
    expect(await failure(waiting({ signal: enough.signal, print }))).to.include('that is enough')
    // Several times as long as it takes on this machine to see the pod running.
    const timeout = Math.max(1000, 8 * (performance.now() - began))
    expect(await failure(waiting({ timeout }))).to.match(
      /^waiting for Job target\/job to end: last saw pod job-\w+ is running after [\d.]+m?s; the Job continues$/,
    )
    expect(cluster.server.store.list(PODS, NAMESPACE)).to.have.length(1)
    expect(cluster.server.store.list(CONFIG_MAPS, NAMESPACE)).to.deep.equal([])
  })
})
