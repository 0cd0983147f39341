/** A cluster that runs Jobs and Deployments of shell scripts. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PATIENCE } from '../../support/common/testing/patience.ts'
import type { ApiExtension, KubeObject } from '../apiserver/contract.ts'
import { DEPLOYMENTS, EVENTS, JOBS, PODS, REPLICA_SETS } from '../apiserver/kinds.ts'
import type { ApiServer } from '../apiserver/server.ts'
import { createObjects } from '../apply.ts'
import { assembleLab } from '../assemble-lab.ts'
import { type Sleep, untilStored } from '../nodes/lab-clock.ts'
import type { ContainerRuntime } from './container-runtime.ts'
import type { LocalImage } from './local-image.ts'
import { asJob, type Job } from './job.ts'
import { asPod, type Pod } from '../nodes/pod.ts'

export const NAMESPACE = 'target'
export const IMAGE = 'registry.example/script:v1'

export interface TestClusterOptions {
  readonly runtime?: ContainerRuntime
  readonly sleep?: Sleep
  readonly user?: LocalImage['user']
  readonly extensions?: readonly ApiExtension[]
  /** False: plain HTTP, for a test's proxy; containers then cannot connect to the API server. */
  readonly tls?: boolean
}

export class TestCluster implements AsyncDisposable {
  readonly server: ApiServer
  readonly folder: string
  readonly #stack: AsyncDisposableStack

  private constructor(server: ApiServer, folder: string, stack: AsyncDisposableStack) {
    this.server = server
    this.folder = folder
    this.#stack = stack
  }

  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'dpdk-checkup-test-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    await chmod(folder, 0o755)
    const image: LocalImage = {
      entrypoint: ['sh', '-c'],
      workingDir: '/',
      env: { PATH: process.env['PATH'] ?? '', FROM_IMAGE: 'yes' },
      user: options.user ?? { uid: 1001, gid: 0 },
      folders: {},
    }
    const { runtime, sleep } = options
    const { server } = stack.use(
      await assembleLab({
        namespace: NAMESPACE,
        workloads: {
          ...(runtime === undefined ? {} : { runtimes: () => runtime }),
          ...(sleep === undefined ? {} : { sleep }),
          folder,
          findImage: (reference) => (reference === IMAGE ? image : undefined),
        },
        extensions: options.extensions ?? [],
        tls: options.tls !== false,
      }),
    )
    return new TestCluster(server, folder, stack.move())
  }

  /** Creates objects through the API, as user `admin`. */
  async create(...objects: object[]): Promise<void> {
    await createObjects(this.server.kubeconfig('admin', NAMESPACE), objects)
  }

  get job(): Job {
    return asJob(found(this.server.store.get(JOBS, NAMESPACE, 'job'), 'the Job'))
  }

  get pods(): Pod[] {
    return this.server.store.list(PODS, NAMESPACE).map(asPod)
  }

  get pod(): Pod {
    return asPod(found(this.pods[0], 'a pod'))
  }

  /** `REASON: message` of all events about objects of this kind. */
  events(kind: string): string[] {
    return this.server.store
      .list(EVENTS, NAMESPACE)
      .filter(({ involvedObject }) => (involvedObject as { kind: string }).kind === kind)
      .map(({ reason, message }) => `${String(reason)}: ${String(message)}`)
  }

  /** Resolves when `claim` returns true. */
  async until(claim: () => boolean | undefined): Promise<void> {
    const { store } = this.server
    const isMet = () => (claim() === true ? true : undefined)
    await untilStored(
      store,
      [JOBS, PODS, EVENTS, DEPLOYMENTS, REPLICA_SETS],
      isMet,
      AbortSignal.timeout(PATIENCE),
    )
  }

  async untilCondition(type: string): Promise<void> {
    await this.until(() => this.job.status.conditions?.some((condition) => condition.type === type))
  }

  /** The state of the container of the first pod. */
  get state(): Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>> {
    const [status] = this.pods[0]?.status.containerStatuses ?? []
    return (status?.state ?? {}) as Record<string, Record<string, unknown>>
  }

  async ask(
    path: string,
    init: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const { request } = await (this.server.certificate === undefined
      ? import('node:http')
      : import('node:https'))
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const headers = { Authorization: `Bearer ${this.server.token('admin')}`, ...init.headers }
    const options = { ...init, headers, ca: this.server.certificate }
    request(`${this.server.url}${path}`, options, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const body = answer.statusCode === 204 ? null : Buffer.concat(chunks)
        resolve(new Response(body, { status: answer.statusCode ?? 0 }))
      })
    })
      .on('error', reject)
      .end()
    return promise
  }

  async log(query = ''): Promise<string> {
    return (
      await this.ask(`/api/v1/namespaces/${NAMESPACE}/pods/${this.pod.metadata.name}/log${query}`)
    ).text()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} does not exist`)
  return value
}

/** A Deployment whose pods run a shell script, with further fields of its container, pod and Deployment. */
export function scriptDeployment(
  script: string,
  more: { container?: object; pod?: object; deployment?: object; annotations?: object } = {},
): KubeObject {
  const labels = { app: 'web' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels },
    spec: {
      selector: { matchLabels: labels },
      ...more.deployment,
      template: {
        metadata: { labels, ...(more.annotations === undefined ? {} : { annotations: more.annotations }) },
        spec: {
          ...more.pod,
          containers: [{ name: 'main', image: IMAGE, args: [script], ...more.container }],
        },
      },
    },
  }
}

/** A Job that runs a shell script, with further fields of its container, pod and Job. */
export function scriptJob(
  script: string,
  more: { container?: object; pod?: object; job?: object } = {},
): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'job' },
    spec: {
      backoffLimit: 0,
      ...more.job,
      template: {
        spec: {
          restartPolicy: 'Never',
          ...more.pod,
          containers: [{ name: 'main', image: IMAGE, args: [script], ...more.container }],
        },
      },
    },
  }
}
