/** A cluster of simulated guests with faults, and the real suite as a process against it. */
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '../../support/common/logger.ts'
import type { ApiServer } from '../apiserver/server.ts'
import { PERMISSIONS_MANIFEST, PREFLIGHT_MANIFEST, preflightBinding, readManifest } from '../apply.ts'
import { assembleLab } from '../assemble-lab.ts'
import { createScriptedRuntime, type ScriptedRuntimeOptions } from '../guests/scripted/scripted-runtime.ts'
import { fastKubeVirt } from '../fast-kubevirt.ts'
import { labNetwork } from '../nodes/network-attachments.ts'
import { LAB_CONTAINER_RUNTIME, labNodes, nodesOf } from '../nodes/node-objects.ts'
import { startSuite } from '../suite-process.ts'
import { FaultyProxy } from './api-proxy.ts'
import type { Fault, ReportsFault } from './fault.ts'

const SERVICE_ACCOUNT = 'dpdk-checkup-sa'

export interface ScriptedClusterOptions
  extends
    Omit<ScriptedRuntimeOptions, 'faults'>,
    Partial<
      Pick<
        Fault,
        'scripted' | 'api' | 'vfs' | 'scarce' | 'labNodes' | 'network' | 'containerRuntime' | 'hidden'
      >
    > {
  readonly namespace: string
  /** Names of the checkup's ConfigMap and of its network. */
  readonly configMap: string
  readonly networkName: string
  /** The ConfigMap's data. */
  readonly data: Readonly<Record<string, string>>
  /** The API server uses HTTPS, which a pod expects. */
  readonly tls?: boolean
  /** Readiness probes have their real delays. */
  readonly realProbes?: boolean
  readonly log?: Logger
}

export interface SuiteOptions {
  readonly reports?: ReportsFault | undefined
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdio?: 'inherit' | 'pipe'
}

export class ScriptedCluster implements AsyncDisposable {
  readonly namespace: string
  readonly configMap: string
  readonly server: ApiServer
  readonly proxy: FaultyProxy | undefined
  /** A folder that is removed with the cluster. */
  readonly folder: string
  readonly #stack: AsyncDisposableStack

  private constructor(
    { namespace, configMap }: ScriptedClusterOptions,
    server: ApiServer,
    proxy: FaultyProxy | undefined,
    folder: string,
    stack: AsyncDisposableStack,
  ) {
    this.namespace = namespace
    this.configMap = configMap
    this.server = server
    this.proxy = proxy
    this.folder = folder
    this.#stack = stack
  }

  static async start(options: ScriptedClusterOptions): Promise<ScriptedCluster> {
    const { namespace, configMap, data, api, scripted = {} } = options
    const nodes = nodesOf(options.labNodes)
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'dpdk-checkup-scripted-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const { server } = stack.use(
      await assembleLab({
        namespace,
        kubeVirt: fastKubeVirt(
          stack.use(createScriptedRuntime({ ...options, ...nodes, faults: scripted })),
          options.realProbes !== true,
        ),
        sriovOperator: options.nic ?? true,
        nodes: labNodes({ containerRuntime: LAB_CONTAINER_RUNTIME, ...options, ...nodes }),
        objects: [
          labNetwork({ namespace, name: options.networkName, config: options.network ?? {} }),
          ...(await readManifest(PERMISSIONS_MANIFEST)),
          ...(options.hidden === true
            ? []
            : [...(await readManifest(PREFLIGHT_MANIFEST)), preflightBinding(namespace, SERVICE_ACCOUNT)]),
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: configMap }, data },
        ],
        tls: options.tls ?? false,
      }),
    )
    const proxy = api === undefined ? undefined : stack.use(await FaultyProxy.start(server.url, api))
    return new ScriptedCluster(options, server, proxy, folder, stack.move())
  }

  /** Starts the suite as the README's service account. Disposing of the cluster kills it. */
  async startSuite({ reports, env = {}, stdio = 'pipe' }: SuiteOptions = {}): Promise<{
    readonly suite: ChildProcess
    /** The folder of its reports; undefined for the default one. */
    readonly reports: string | undefined
    /** The suite's kubeconfig; it names the proxy, if there is one. */
    readonly kubeconfig: string
  }> {
    const { server, proxy } = this
    const kubeconfig = this.kubeconfig().replace(server.url, proxy?.url ?? server.url)
    const path = await this.writeKubeconfig(SERVICE_ACCOUNT, kubeconfig)
    const folder = await this.#reportsFolder(reports, env, path)
    const suite = startSuite({
      kubeconfig: path,
      namespace: this.namespace,
      configMap: this.configMap,
      env: { ...env, ...(folder === undefined ? {} : { DPDK_CHECKUP_REPORTS: folder }) },
      stdio,
      ...(reports === 'full disk' && folder !== undefined ? { within: onFullDisk(folder) } : {}),
    })
    this.#stack.defer(() => {
      suite.kill('SIGKILL')
    })
    return { suite, reports: folder, kubeconfig }
  }

  /** A kubeconfig of the README's service account with a fresh token. */
  kubeconfig(): string {
    const { namespace, server } = this
    return server.kubeconfig(`system:serviceaccount:${namespace}:${SERVICE_ACCOUNT}`, namespace)
  }

  /** Writes a kubeconfig of any user, for programs other than the suite. Returns its path. */
  async writeKubeconfig(
    user: string,
    content: string = this.server.kubeconfig(user, this.namespace),
  ): Promise<string> {
    const path = join(this.folder, `${user}.kubeconfig`)
    await writeFile(path, content, { mode: 0o600 })
    return path
  }

  /** The folder that the fault needs, or that the environment names; undefined for the default folder. */
  async #reportsFolder(
    fault: ReportsFault | undefined,
    { DPDK_CHECKUP_REPORTS: asked }: Readonly<Record<string, string>>,
    file: string,
  ): Promise<string | undefined> {
    // A path below a regular file cannot be created, not even by root.
    if (fault === 'no folder') return file
    return fault === 'full disk' ? await mkdtemp(join(this.folder, 'reports-')) : asked
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** A command that mounts a file system of 16 KiB on this folder; its mount namespace ends with the process. */
function onFullDisk(folder: string): string[] {
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const mount = 'mount -t tmpfs -o size=16k tmpfs "$1" && shift && exec "$@"'
  return ['unshare', '--mount', ...asRoot, 'sh', '-c', mount, 'sh', folder]
}
