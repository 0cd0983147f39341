/** A lab of simulated guests in which users create everything through kubectl, as in the README. */
import { execFile } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ApiServer } from '../apiserver/server.ts'
import { assembleLab } from '../assemble-lab.ts'
import { labNetwork } from '../nodes/network-attachments.ts'
import { createScriptedRuntime, type ScriptedRuntimeOptions } from '../guests/scripted/scripted-runtime.ts'
import { checkupImage, LAB_CHECKUP_IMAGE } from '../workloads/local-image.ts'
import type { ContainerRuntime } from '../workloads/container-runtime.ts'
import { fastKubeVirt } from '../fast-kubevirt.ts'
import { configMapData, leftovers, NAMESPACE } from './target-namespace.fixture.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const COMMAND = join(ROOT, 'support/cli/dpdk-checkup.mjs')

/** The names in the README's manifests. */
const CONFIG_MAP = 'dpdk-checkup-config'
const NETWORK = 'dpdk-network'
/** Parameters for simulated guests, in addition to the README's two keys. */
const PARAMETERS = {
  'spec.param.trafficGenEngine': 'pktgen',
  'spec.param.trafficGenPacketsPerSecond': '10k',
}

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface JobLabOptions extends ScriptedRuntimeOptions {
  /** How long packets are sent, e.g. `2s`. */
  readonly testDuration?: string
  readonly runtime?: ContainerRuntime
}

export class JobLab implements AsyncDisposable {
  readonly server: ApiServer
  readonly folder: string
  readonly #stack: AsyncDisposableStack

  private constructor(server: ApiServer, folder: string, stack: AsyncDisposableStack) {
    this.server = server
    this.folder = folder
    this.#stack = stack
  }

  static async start(options: JobLabOptions = {}): Promise<JobLab> {
    await using stack = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'dpdk-checkup-test-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const { runtime } = options
    const { server } = stack.use(
      await assembleLab({
        namespace: NAMESPACE,
        kubeVirt: fastKubeVirt(stack.use(createScriptedRuntime(options))),
        workloads: {
          ...(runtime === undefined ? {} : { runtimes: () => runtime }),
          folder,
          findImage: (image) => (image === LAB_CHECKUP_IMAGE ? checkupImage() : undefined),
        },
        objects: [labNetwork({ namespace: NAMESPACE, name: NETWORK })],
        tls: true,
      }),
    )
    await writeFile(join(folder, 'kubeconfig'), server.kubeconfig('admin'), { mode: 0o600 })
    const lab = new JobLab(server, folder, stack.move())
    await lab.fillIn(options.testDuration ?? '2s')
    return lab
  }

  /** Writes the manifests where the README's commands expect them, with every placeholder filled in. */
  async fillIn(testDuration: string): Promise<void> {
    const manifests = join(this.folder, 'fixtures/manifests')
    await mkdir(manifests, { recursive: true })
    for (const name of ['permissions', 'preflight-permissions', 'configmap', 'job'].map(
      (stem) => `${stem}.yaml`,
    )) {
      const file = join(manifests, name)
      await copyFile(join(ROOT, 'fixtures/manifests', name), file)
      await chmod(file, 0o644)
      await writeFile(file, filledIn(await readFile(file, 'utf8')))
    }
    const more = { ...PARAMETERS, 'spec.param.testDuration': testDuration }
    const lines = Object.entries(more).map(([key, value]) => `  ${key}: ${value}\n`)
    const configMap = join(manifests, 'configmap.yaml')
    await writeFile(configMap, (await readFile(configMap, 'utf8')) + lines.join(''))
  }

  /** Runs a command line of the README in a shell. Runs `npx dpdk-checkup` without npx, which takes seconds. */
  run(line: string, signal?: AbortSignal): Promise<CommandResult> {
    const text = filledIn(line).replace(/^npx dpdk-checkup/, '"$NODE" "$COMMAND"')
    const env = {
      PATH: process.env['PATH'] ?? '',
      KUBECONFIG: join(this.folder, 'kubeconfig'),
      KUBECACHEDIR: join(this.folder, 'cache'),
      NODE: process.execPath,
      COMMAND,
    }
    return new Promise((resolve) => {
      const options = { cwd: this.folder, env, ...(signal === undefined ? {} : { signal }) }
      execFile('sh', ['-c', text], options, (error, stdout, stderr) => {
        resolve({
          exitCode: typeof error?.code === 'number' ? error.code : error === null ? 0 : 2,
          stdout,
          stderr,
        })
      })
    })
  }

  /** Writes a kubeconfig for a user of the cluster, given by user name. */
  async writeKubeconfig(file: string, user: string): Promise<void> {
    await writeFile(file, this.server.kubeconfig(user, NAMESPACE), { mode: 0o600 })
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

function filledIn(text: string): string {
  return text
    .replaceAll('<target-namespace>', NAMESPACE)
    .replaceAll('<network-name>', NETWORK)
    .replaceAll('<checkup-image>', LAB_CHECKUP_IMAGE)
}
