/** A lab whose guests never boot, for what the suite does before and without them. It starts in milliseconds. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { CONFIG_MAPS } from '../api/kinds.ts'
import { type ApiServer, startApiServer } from '../api/server.ts'
import { createObjects, PERMISSIONS_MANIFEST, readManifest } from '../apply.ts'
import { FakeRuntime } from '../kubevirt/fake-runtime.fixture.ts'
import {
  createKubeVirt,
  KUBEVIRT_NAMESPACE,
  kubeVirtObject,
  labNetwork,
  labNodes,
  VMI,
} from '../kubevirt/index.ts'
import { exitCodeOf, startSuite } from '../suite-process.ts'

export const NAMESPACE = 'target'
export const CONFIG_MAP = 'config'
export const VALID = { 'spec.timeout': '10m', 'spec.param.networkAttachmentDefinitionName': 'dpdk-network' }

export interface SuiteResult {
  readonly exitCode: number
  readonly output: string
  /** The ConfigMap's data afterwards; undefined where it does not exist. */
  readonly data: Readonly<Record<string, string>> | undefined
  readonly junit: string
}

export class GuestlessLab implements AsyncDisposable {
  readonly server: ApiServer
  readonly #folder: string
  readonly #stack: AsyncDisposableStack

  private constructor(server: ApiServer, folder: string, stack: AsyncDisposableStack) {
    this.server = server
    this.#folder = folder
    this.#stack = stack
  }

  static async start(options: { readonly kubevirt?: boolean } = {}): Promise<GuestlessLab> {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'dpdk-checkup-test-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const extensions = []
    const kubeVirt = createKubeVirt({ runtime: new FakeRuntime(), resolveImage: () => undefined })
    if (options.kubevirt !== false) extensions.push(stack.use(kubeVirt))
    const server = stack.use(await startApiServer({ extensions }))
    if (options.kubevirt !== false) kubeVirt.start(server.store)
    await createObjects(server.kubeconfig('admin', NAMESPACE), [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: KUBEVIRT_NAMESPACE } },
      ...labNodes(),
      labNetwork({ namespace: NAMESPACE, name: 'dpdk-network' }),
      ...(options.kubevirt === false ? [] : [kubeVirtObject()]),
      ...(await readManifest(PERMISSIONS_MANIFEST)),
    ])
    return new GuestlessLab(server, folder, stack.move())
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

  /** Runs the suite as the README's service account, or with the kubeconfig that is given. */
  async run(options: { kubeconfig?: string; env?: Record<string, string> } = {}): Promise<SuiteResult> {
    const account = `system:serviceaccount:${NAMESPACE}:dpdk-checkup-sa`
    const path = join(this.#folder, 'kubeconfig')
    await writeFile(path, options.kubeconfig ?? this.server.kubeconfig(account, NAMESPACE), { mode: 0o600 })
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

  configMapData(): Record<string, string> | undefined {
    const found = this.server.store.get(CONFIG_MAPS, NAMESPACE, CONFIG_MAP)
    return found === undefined ? undefined : ((found['data'] ?? {}) as Record<string, string>)
  }

  /** What a run could have left in its namespace. */
  leftovers(): string[] {
    const vmis = this.server.store.list(VMI, NAMESPACE)
    const configMaps = this.server.store
      .list(CONFIG_MAPS, NAMESPACE)
      .filter(({ metadata }) => metadata.name !== CONFIG_MAP && metadata.name !== 'kube-root-ca.crt')
    return [...vmis, ...configMaps].map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}
