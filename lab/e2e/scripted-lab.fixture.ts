/** A lab of simulated guests, and the real suite as a process against it: a whole run in seconds. */
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { lastRunFolder } from '../../support/report/run-folders.fixture.ts'
import type { ApiServer } from '../apiserver/server.ts'
import type { FaultyProxy } from '../faults/api-proxy.ts'
import { type Fault, parametersOf } from '../faults/fault.ts'
import { ScriptedCluster, type SuiteOptions } from '../faults/scripted-cluster.ts'
import { WatchedProcess } from '../watched-process.ts'
import { configMapData, leftovers, NAMESPACE } from './target-namespace.fixture.ts'

export const CONFIG_MAP = 'config'
const NETWORK = 'dpdk-network'

/** The parts of the report that tests read. */
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
  readonly criteria: readonly { readonly id: string; readonly outcome: string; readonly message: string }[]
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
  /** Milliseconds from start to end of the process. */
  readonly took: number
  /** The ConfigMap's data after the run; undefined if it does not exist. */
  readonly data: Readonly<Record<string, string>> | undefined
  readonly junit: string
  /** The summary page and mochawesome's page. */
  readonly pages: readonly string[]
  readonly report: RunReport | undefined
  /** The unpacked content of the bundle; empty if there is none. */
  readonly bundled: string
  /** Files that contain the account's token. */
  readonly leaks: readonly string[]
}

/** The faults of the cluster, and how the lab is set up. Default: only `hidden`. */
export interface ScriptedLabOptions extends Omit<Partial<Fault>, 'during' | 'reports' | 'expected'> {
  /** The API server uses HTTPS, which a pod expects. */
  readonly tls?: boolean
  /** Readiness probes have their real delays. */
  readonly realProbes?: boolean
}

export class ScriptedLab implements AsyncDisposable {
  readonly cluster: ScriptedCluster

  private constructor(cluster: ScriptedCluster) {
    this.cluster = cluster
  }

  static async start(options: ScriptedLabOptions = {}): Promise<ScriptedLab> {
    return new ScriptedLab(
      await ScriptedCluster.start({
        hidden: true,
        ...options,
        namespace: NAMESPACE,
        configMap: CONFIG_MAP,
        networkName: NETWORK,
        data: parametersOf(options, NETWORK),
      }),
    )
  }

  get server(): ApiServer {
    return this.cluster.server
  }

  get proxy(): FaultyProxy | undefined {
    return this.cluster.proxy
  }

  /** Starts the suite as the README's service account. */
  async startSuite({ env, ...options }: SuiteOptions = {}): Promise<RunningSuite> {
    const folder = await mkdtemp(join(this.cluster.folder, 'reports-'))
    const {
      suite,
      reports = folder,
      kubeconfig,
    } = await this.cluster.startSuite({
      ...options,
      // Verbose, because tests wait for the line that begins a phase.
      env: {
        DPDK_CHECKUP_REPORTS: folder,
        ARTIFACTS: '',
        ARTIFACT_DIR: '',
        DPDK_CHECKUP_VERBOSE: '1',
        ...env,
      },
    })
    const token = /token: (\S+)/.exec(kubeconfig)?.[1] ?? ''
    return new RunningSuite(suite, { reports, token }, () => this.configMapData())
  }

  /** A kubeconfig of the README's service account. */
  kubeconfig(): string {
    return this.cluster.kubeconfig()
  }

  /** Writes a kubeconfig of any user, for programs other than the suite. Returns its path. */
  writeKubeconfig(user: string): Promise<string> {
    return this.cluster.writeKubeconfig(user)
  }

  async run(): Promise<SuiteEnd> {
    return (await this.startSuite()).end()
  }

  configMapData(): Record<string, string> | undefined {
    return configMapData(this.server.store, CONFIG_MAP)
  }

  /** Objects in the namespace that a run left behind. */
  leftovers(): string[] {
    return leftovers(this.server.store, CONFIG_MAP)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster[Symbol.asyncDispose]()
  }
}

const TEXT_FILES = [
  'report.json',
  'junit_dpdk-checkup.xml',
  'dpdk-checkup-summary.html',
  'mochawesome.html',
] as const

export class RunningSuite extends WatchedProcess {
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
