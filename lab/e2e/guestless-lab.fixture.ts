/** A lab whose guests never boot, for what the suite does before and without guests. It starts in milliseconds. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { ApiExtension, KubeObject, ResourceKind, SubresourceHandler } from '../apiserver/contract.ts'
import type { ApiServer } from '../apiserver/server.ts'
import {
  createObjects,
  PERMISSIONS_MANIFEST,
  PREFLIGHT_MANIFEST,
  preflightBinding,
  readManifest,
} from '../apply.ts'
import { assembleLab } from '../assemble-lab.ts'
import { FakeRuntime } from '../kubevirt/fake-runtime.fixture.ts'
import type { KubeletConfigs } from '../nodes/kubelet-config.ts'
import { labNetwork } from '../nodes/network-attachments.ts'
import { exitCodeOf, startSuite } from '../suite-process.ts'
import { configMapData, leftovers, NAMESPACE } from './target-namespace.fixture.ts'

export const CONFIG_MAP = 'config'
const SERVICE_ACCOUNT = 'dpdk-checkup-sa'
export const VALID = { 'spec.timeout': '10m', 'spec.param.networkAttachmentDefinitionName': 'dpdk-network' }

export interface SuiteResult {
  readonly exitCode: number
  readonly output: string
  /** The ConfigMap's data after the run; undefined if it does not exist. */
  readonly data: Readonly<Record<string, string>> | undefined
  readonly junit: string
}

function logs(podLog: () => string): SubresourceHandler {
  return {
    group: '',
    version: 'v1',
    plural: 'pods',
    subresource: 'log',
    method: 'GET',
    respond: () => new Response(podLog(), { headers: { 'Content-Type': 'text/plain' } }),
  }
}

export class GuestlessLab implements AsyncDisposable {
  readonly server: ApiServer
  /** The runtime of the guests that are started. */
  readonly runtime: FakeRuntime
  readonly kubelets: KubeletConfigs
  /** Assign `admitAny` to add policies, quotas and webhooks that check every later creation. */
  readonly admission: Pick<ApiExtension, 'admitAny'>
  readonly #folder: string
  readonly #stack: AsyncDisposableStack

  private constructor(
    {
      server,
      runtime,
      kubelets,
      admission,
    }: Pick<GuestlessLab, 'server' | 'runtime' | 'kubelets' | 'admission'>,
    folder: string,
    stack: AsyncDisposableStack,
  ) {
    this.server = server
    this.runtime = runtime
    this.kubelets = kubelets
    this.admission = admission
    this.#folder = folder
    this.#stack = stack
  }

  static async start(
    options: {
      readonly kubevirt?: boolean
      /** Whether the account has the README's optional permissions for the preflight. */
      readonly preflightPermissions?: boolean
      /** Which container disks can be pulled: all, or those for which the function returns true. Default: none. */
      readonly images?: boolean | ((image: string) => boolean)
      /** Admission of launcher pods, in addition to KubeVirt's. Throws to refuse one. */
      readonly admitPod?: ((pod: KubeObject) => void) | undefined
      /** The log of every pod. Without it, the server does not serve logs. */
      readonly podLog?: () => string
    } = {},
  ): Promise<GuestlessLab> {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'dpdk-checkup-test-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const { podLog, images = false } = options
    const canPull = typeof images === 'function' ? images : () => images
    const runtime = new FakeRuntime()
    const admission: ApiExtension = { kinds: [], subresources: [] }
    const kubeVirt = {
      runtime,
      resolveImage: (image: string) => (canPull(image) ? image : undefined),
      ...(options.admitPod === undefined ? {} : { admitPod: options.admitPod }),
    }
    const { server, kubelets } = stack.use(
      await assembleLab({
        namespace: NAMESPACE,
        ...(options.kubevirt === false ? {} : { kubeVirt }),
        sriovOperator: true,
        extensions: [
          admission,
          ...(podLog === undefined ? [] : [{ kinds: [], subresources: [logs(podLog)] }]),
        ],
        objects: [
          labNetwork({ namespace: NAMESPACE, name: 'dpdk-network' }),
          ...(await readManifest(PERMISSIONS_MANIFEST)),
          ...(options.preflightPermissions === true
            ? [...(await readManifest(PREFLIGHT_MANIFEST)), preflightBinding(NAMESPACE, SERVICE_ACCOUNT)]
            : []),
        ],
      }),
    )
    return new GuestlessLab({ server, runtime, kubelets, admission }, folder, stack.move())
  }

  async createConfigMap(data?: Record<string, string>): Promise<void> {
    const metadata = { name: CONFIG_MAP }
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      ...(data === undefined ? {} : { data }),
    }
    await createObjects(this.server.kubeconfig('admin', NAMESPACE), [configMap])
  }

  /** Runs the suite as the README's service account, or with the given kubeconfig. */
  async run(options: { kubeconfig?: string; env?: Record<string, string> } = {}): Promise<SuiteResult> {
    const path = await this.writeKubeconfig(options.kubeconfig)
    const reports = await mkdtemp(join(this.#folder, 'reports-'))
    const env = { DPDK_CHECKUP_REPORTS: reports, ARTIFACTS: '', ARTIFACT_DIR: '', ...options.env }
    const suite = startSuite({
      kubeconfig: path,
      namespace: NAMESPACE,
      configMap: CONFIG_MAP,
      env,
      stdio: 'pipe',
    })
    const [exitCode, ...output] = await Promise.all([
      exitCodeOf(suite),
      suite.stdout === null ? '' : text(suite.stdout),
      suite.stderr === null ? '' : text(suite.stderr),
    ])
    const junit = await readFile(join(reports, 'junit_dpdk-checkup.xml'), 'utf8')
    return { exitCode, output: output.join('\n'), data: this.configMapData(), junit }
  }

  /** Writes a kubeconfig; default: the README's service account's. Returns its path. */
  async writeKubeconfig(text?: string): Promise<string> {
    const account = `system:serviceaccount:${NAMESPACE}:${SERVICE_ACCOUNT}`
    const path = join(this.#folder, 'kubeconfig')
    await writeFile(path, text ?? this.server.kubeconfig(account, NAMESPACE), { mode: 0o600 })
    return path
  }

  /** Changes an object in the store directly, without a request. */
  change(
    kind: ResourceKind,
    name: string,
    change: (object: KubeObject) => Partial<KubeObject>,
    namespace?: string,
  ): void {
    const { store } = this.server
    const found = store.get(kind, namespace, name)
    if (found === undefined) throw new Error(`${kind.kind} ${name} is not there`)
    store.update(kind, { ...found, ...change(found) })
  }

  configMapData(): Record<string, string> | undefined {
    return configMapData(this.server.store, CONFIG_MAP)
  }

  /** Objects in the namespace that a run left behind. */
  leftovers(): string[] {
    return leftovers(this.server.store, CONFIG_MAP)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
