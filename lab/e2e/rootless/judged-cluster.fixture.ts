/** The rootless suite as a program, against its own cluster with simulated pods. */
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'
import { createReadStream, existsSync } from 'node:fs'
import { text as textOf } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import type { Store } from '../../apiserver/contract.ts'
import { DEPLOYMENTS, NAMESPACES, PODS } from '../../apiserver/kinds.ts'
import { WatchedProcess } from '../../watched-process.ts'
import { SRIOV_NETWORKS } from '../../openshift/openshift-kinds.ts'
import { lastRunFolder } from '../../../support/report/run-folders.fixture.ts'
import { KUBECTL } from '../../../support/common/testing/with-kubectl.ts'
import { type Report, reportSchema } from '../../../support/model/report.ts'
import { type Fate, type OpenShift, startOpenShift } from './openshift.fixture.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const SIMULATION = fileURLToPath(new URL('simulated-kubectl.fixture.ts', import.meta.url))

export interface Scenario {
  readonly env?: Readonly<Record<string, string>>
  /** Default: pods become ready. */
  readonly fate?: Fate
  /** Adds or removes objects before the run. */
  readonly prepare?: (store: Store) => void
  /** Default: all specs. */
  readonly specs?: string
  /** The run gets SIGTERM when its output contains this text. */
  readonly endAt?: string
}

export interface Judged {
  readonly code: number | null
  readonly report: Report
  readonly outcomes: ReadonlyMap<string, string>
  readonly messages: ReadonlyMap<string, string | null | undefined>
  readonly output: string
  /** Files of the bundle by their path in it. */
  readonly bundle: ReadonlyMap<string, string>
  /** Objects that the run should have removed, by kind and name. */
  readonly left: readonly string[]
  /** The store after the run. */
  readonly store: Store
}

export interface Suite extends AsyncDisposable {
  readonly cluster: OpenShift
  readonly program: WatchedProcess
  /** The folder of its reports. */
  readonly reports: string
}

/** Starts the suite. */
export async function startSuite(scenario: Scenario): Promise<Suite> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'rootless-suite-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const kubectl = join(folder, 'kubectl')
  await writeFile(kubectl, `#!/bin/sh\nexec '${process.execPath}' '${SIMULATION}' "$@"\n`)
  await chmod(kubectl, 0o755)
  const cluster = stack.use(await startOpenShift())
  cluster.fate = scenario.fate ?? { isReady: true }
  scenario.prepare?.(cluster.store)
  const args = ['node_modules/mocha/bin/mocha.js', scenario.specs ?? 'specs/rootless']
  const reports = join(folder, 'reports')
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    KUBECONFIG: cluster.kubeconfig,
    KUBECACHEDIR: join(folder, 'cache'),
    WORLD: folder,
    REAL_KUBECTL: KUBECTL,
    DPDK_CHECKUP_REPORTS: reports,
    ...scenario.env,
  }
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const program = new WatchedProcess('the suite', child)
  const owned = stack.move()
  return { cluster, program, reports, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export async function judge(scenario: Scenario): Promise<Judged> {
  await using running = await startSuite(scenario)
  const { cluster, program: suite, reports } = running
  if (scenario.endAt !== undefined) {
    await suite.said(scenario.endAt)
    suite.process.kill('SIGTERM')
  }
  const code = await suite.exitCode
  const text = await readFile(join(reports, 'report.json'), 'utf8')
  const report = reportSchema.parse(JSON.parse(text))
  const { store } = cluster
  return {
    code,
    report,
    store,
    output: suite.output,
    bundle: await unpacked(join(lastRunFolder(reports), 'bundle.tar.gz')),
    outcomes: new Map(report.criteria.map(({ id, outcome }) => [id, outcome])),
    messages: new Map(report.criteria.map(({ id, message }) => [id, message])),
    left: [
      ...(store.get(NAMESPACES, undefined, 'dpdktest') === undefined ? [] : ['namespace dpdktest']),
      ...[DEPLOYMENTS, PODS, SRIOV_NETWORKS].flatMap((kind) =>
        store.list(kind).map(({ metadata }) => `${kind.plural} ${metadata.name}`),
      ),
    ],
  }
}

/** The bundle's files by their path below its folder; empty if there is no bundle. */
async function unpacked(bundle: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  if (!existsSync(bundle)) return files
  for await (const entry of createReadStream(bundle).pipe(createGunzip()).pipe(extract()))
    files.set(entry.header.name.replace(/^[^/]+\//, ''), await textOf(entry))
  return files
}
