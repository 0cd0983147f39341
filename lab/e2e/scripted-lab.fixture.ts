/** A lab of simulated guests, and the real suite run against it as a process, whole and in seconds. */
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { KubeObject } from '../apiserver/contract.ts'
import type { ApiServer } from '../apiserver/server.ts'
import { lastRunFolder } from '../../support/report/run-folders.fixture.ts'
import { PERMISSIONS_MANIFEST, readManifest } from '../apply.ts'
import { assembleLab } from '../assemble-lab.ts'
import { labNetwork } from '../nodes/network-attachments.ts'
import { labNodes } from '../nodes/node-objects.ts'
import { createScriptedRuntime, type ScriptedRuntimeOptions } from '../guests/scripted/scripted-runtime.ts'
import { startSuite } from '../suite-process.ts'
import { HeardProcess } from './heard-process.fixture.ts'
import { type ApiFault, FaultyProxy } from './scripted-proxy.fixture.ts'
import { hurriedKubeVirt } from './hurried-kubevirt.fixture.ts'
import { configMapData, leftovers, NAMESPACE } from './target-namespace.fixture.ts'

export const CONFIG_MAP = 'config'
const NETWORK = 'dpdk-network'

/** Guests like those of the default images send by the default engine. */
const ENGINES = { lab: 'pktgen', centos: 'trex' } as const

/** A run of two seconds at a rate that is easy to check. */
const PARAMETERS = {
  'spec.timeout': '5m',
  'spec.param.networkAttachmentDefinitionName': NETWORK,
  'spec.param.trafficGenPacketsPerSecond': '10k',
  'spec.param.testDuration': '2s',
}

/** The report as far as tests look at it. */
export interface RunReport {
  readonly simulated?: boolean
  readonly verdict: string
  readonly failureReasons: readonly string[]
  readonly warnings: readonly string[]
  readonly leftovers: readonly string[]
  readonly phases: readonly {
    readonly name: string
    readonly duration: number
    readonly spentOn: string
    readonly outcome: string
  }[]
  readonly cluster: Readonly<Record<string, string>>
  readonly guests: readonly Readonly<Record<string, unknown>>[]
  readonly criteria: readonly { readonly id: string; readonly outcome: string }[]
  readonly diagnosis?: {
    readonly causes: readonly { readonly id: string; readonly sentence: string; readonly remedy: string }[]
    readonly evidence: readonly { readonly what: string; readonly value: string }[]
  }
  readonly lab?: Readonly<Record<string, number>>
  readonly traffic?: { readonly ledger: unknown; readonly samples: readonly unknown[] }
}

export interface SuiteEnd {
  readonly exitCode: number
  readonly output: string
  /** Milliseconds from its start to its end. */
  readonly took: number
  /** The ConfigMap's data afterwards; undefined where it does not exist. */
  readonly data: Readonly<Record<string, string>> | undefined
  readonly junit: string
  /** The summary page, and mochawesome's. */
  readonly pages: readonly string[]
  readonly report: RunReport | undefined
  /** What is in the bundle, unpacked; empty without one. */
  readonly bundled: string
  /** Files in which the account's token stands. */
  readonly leaks: readonly string[]
}

export interface ScriptedLabOptions extends ScriptedRuntimeOptions {
  /** Of the checkup's ConfigMap, by full key; instead of or besides the usual ones. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** The suite reaches the API server through a proxy with these faults; directly without. */
  readonly api?: readonly ApiFault[] | undefined
  /** VFs of each node; enough without. */
  readonly vfs?: number | undefined
  /** The API server speaks HTTPS, as a pod expects it. */
  readonly tls?: boolean | undefined
  /** The account may read pods, events, nodes and networks too. */
  readonly reads?: boolean | undefined
  /** Of the network's CNI configuration, instead of what it usually has. */
  readonly network?: Readonly<Record<string, unknown>> | undefined
}

function networkWith(config: ScriptedLabOptions['network']): KubeObject {
  const network = labNetwork({ namespace: NAMESPACE, name: NETWORK })
  const { config: usual } = network['spec'] as { config: string }
  return { ...network, spec: { config: JSON.stringify({ ...(JSON.parse(usual) as object), ...config }) } }
}

/** More than the README's roles: what a diagnosis can make use of. */
function readingRights(): KubeObject[] {
  const rule = (apiGroups: string[], resources: string[]) => ({
    apiGroups,
    resources,
    verbs: ['get', 'list'],
  })
  const metadata = { name: 'dpdk-checkup-reads' }
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const rules = [
    rule([''], ['pods', 'events', 'nodes']),
    rule(['k8s.cni.cncf.io'], ['network-attachment-definitions']),
  ]
  const subjects = [{ kind: 'ServiceAccount', name: 'dpdk-checkup-sa', namespace: NAMESPACE }]
  const roleRef = { kind: 'ClusterRole', name: metadata.name, apiGroup: 'rbac.authorization.k8s.io' }
  return [
    { apiVersion, kind: 'ClusterRole', metadata, rules },
    { apiVersion, kind: 'ClusterRoleBinding', metadata, subjects, roleRef },
  ]
}

export type ReportsFault = 'no folder' | 'full disk'

/** A file system of 16 KiB on this folder, in a mount namespace that ends with the process in it. */
function onFullDisk(folder: string): string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const mount = 'mount -t tmpfs -o size=16k tmpfs "$1" && shift && exec "$@"'
  return ['unshare', '--mount', ...asRoot, 'sh', '-c', mount, 'sh', folder]
}

export class ScriptedLab implements AsyncDisposable {
  readonly server: ApiServer
  readonly proxy: FaultyProxy | undefined
  readonly #folder: string
  readonly #stack: AsyncDisposableStack

  private constructor(
    server: ApiServer,
    proxy: FaultyProxy | undefined,
    folder: string,
    stack: AsyncDisposableStack,
  ) {
    this.server = server
    this.proxy = proxy
    this.#folder = folder
    this.#stack = stack
  }

  static async start(options: ScriptedLabOptions = {}): Promise<ScriptedLab> {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'dpdk-checkup-test-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const { server } = stack.use(
      await assembleLab({
        namespace: NAMESPACE,
        kubeVirt: hurriedKubeVirt(stack.use(createScriptedRuntime(options))),
        nodes: labNodes(options.vfs === undefined ? {} : { vfs: options.vfs }),
        objects: [
          networkWith(options.network),
          ...(options.reads === true ? readingRights() : []),
          ...(await readManifest(PERMISSIONS_MANIFEST)),
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name: CONFIG_MAP },
            data: {
              ...PARAMETERS,
              'spec.param.trafficGenEngine': ENGINES[options.profile ?? 'lab'],
              ...options.parameters,
            },
          },
        ],
        tls: options.tls ?? false,
      }),
    )
    const { api } = options
    const proxy = api === undefined ? undefined : stack.use(await FaultyProxy.start(server.url, api))
    return new ScriptedLab(server, proxy, folder, stack.move())
  }

  /**
   * Starts the suite as the README's service account. `reports`: what is wrong with where they go; `env`: more
   * of its environment.
   */
  async startSuite(
    options: {
      readonly reports?: ReportsFault | undefined
      readonly env?: Readonly<Record<string, string>>
    } = {},
  ): Promise<RunningSuite> {
    const path = join(this.#folder, 'kubeconfig')
    const reached = this.kubeconfig().replace(this.server.url, this.proxy?.url ?? this.server.url)
    await writeFile(path, reached, { mode: 0o600 })
    // A file where a folder should be is refused to root as well.
    const reports = options.reports === 'no folder' ? path : await mkdtemp(join(this.#folder, 'reports-'))
    const suite = startSuite({
      kubeconfig: path,
      namespace: NAMESPACE,
      configMap: CONFIG_MAP,
      env: { DPDK_CHECKUP_REPORTS: reports, ARTIFACTS: '', ARTIFACT_DIR: '', ...options.env },
      stdio: 'pipe',
      ...(options.reports === 'full disk' ? { within: onFullDisk(reports) } : {}),
    })
    this.#stack.defer(() => {
      suite.kill('SIGKILL')
    })
    const token = /token: (\S+)/.exec(reached)?.[1] ?? ''
    return new RunningSuite(suite, { reports, token }, () => this.configMapData())
  }

  /** Of the README's service account. */
  kubeconfig(): string {
    return this.server.kubeconfig(`system:serviceaccount:${NAMESPACE}:dpdk-checkup-sa`, NAMESPACE)
  }

  /** Of any account, for other programs than the suite. Returns its path. */
  async writeKubeconfig(user: string): Promise<string> {
    const path = join(this.#folder, `${user}.kubeconfig`)
    await writeFile(path, this.server.kubeconfig(user, NAMESPACE), { mode: 0o600 })
    return path
  }

  async run(): Promise<SuiteEnd> {
    return (await this.startSuite()).end()
  }

  configMapData(): Record<string, string> | undefined {
    return configMapData(this.server.store, CONFIG_MAP)
  }

  /** What a run could have left in its namespace. */
  leftovers(): string[] {
    return leftovers(this.server.store, CONFIG_MAP)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

const TEXT_FILES = [
  'report.json',
  'junit_dpdk-checkup.xml',
  'dpdk-checkup-summary.html',
  'mochawesome.html',
] as const

export class RunningSuite extends HeardProcess {
  readonly #reports: string
  readonly #token: string
  readonly #configMapData: () => SuiteEnd['data']
  readonly #startedAt = performance.now()

  constructor(
    process: ChildProcess,
    { reports, token }: { readonly reports: string; readonly token: string },
    configMapData: () => SuiteEnd['data'],
  ) {
    super('the suite', process)
    this.#reports = reports
    this.#token = token
    this.#configMapData = configMapData
  }

  async end(): Promise<SuiteEnd> {
    const exitCode = (await this.exitCode) ?? 2
    const took = performance.now() - this.#startedAt
    const folder = lastRunFolder(this.#reports)
    const read = async (name: string) => {
      const path = join(folder, name)
      return existsSync(path) ? await readFile(path, 'utf8') : ''
    }
    const json = await read('report.json')
    const bundle = join(folder, 'bundle.tar.gz')
    const bundled = existsSync(bundle) ? gunzipSync(await readFile(bundle)).toString() : ''
    const contents = await Promise.all(
      TEXT_FILES.map(async (name): Promise<[string, string]> => [name, await read(name)]),
    )
    const all = [...contents, ['bundle.tar.gz', bundled], ['output', this.output]] as const
    return {
      exitCode,
      took,
      output: this.output,
      data: this.#configMapData(),
      junit: await read('junit_dpdk-checkup.xml'),
      pages: [await read('dpdk-checkup-summary.html'), await read('mochawesome.html')],
      report: json === '' ? undefined : (JSON.parse(json) as RunReport),
      bundled,
      leaks: all.flatMap(([name, content]) => (content.includes(this.#token) ? [name] : [])),
    }
  }
}
