/** The published package: packed here, installed from its tarball elsewhere, and used there. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { describeWithKubectl } from '../../support/common/testing/with-kubectl.ts'
import { reportSchema } from '../../support/model/report.ts'
import { stampedPackage } from '../package/stamp.ts'
import { LAB_CHECKUP_IMAGE } from '../workloads/local-image.ts'
import { JobLab } from './job-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LARGEST_PACKAGE = 1e6
const PARAMETERS = {
  networkAttachmentDefinitionName: 'dpdk-network',
  trafficGenEngine: 'pktgen',
  trafficGenPacketsPerSecond: '10k',
  testDuration: '2s',
}

/** Without variables that name a cluster, those that npm set for this run, and the folders of its packages. */
const ENV = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE|KUBECONFIG|CONFIGMAP_|ARTIFACT)/.test(name)),
  ),
  PATH: (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(delimiter),
}

describe('the published package', () => {
  const stack = new AsyncDisposableStack()
  let folder: string
  let tarball: string
  let lab: JobLab

  /** Asynchronous, because the lab's API server runs in this process. */
  async function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...ENV, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const status = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', resolve)
    })
    const [code, stdout, stderr] = await Promise.all([status, text(child.stdout), text(child.stderr)])
    return { code, stdout, stderr }
  }
  /** Without npx, which takes seconds. */
  const checkup = (...args: string[]) => run(join(folder, 'node_modules/.bin/dpdk-checkup'), args)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'package-install-'))
    stack.defer(() => rm(folder, { recursive: true, force: true }))
    const packed = spawnSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: ROOT,
      env: { ...ENV, DPDK_CHECKUP_IMAGE: LAB_CHECKUP_IMAGE },
      encoding: 'utf8',
    })
    expect(packed.status, packed.stderr).to.equal(0)
    const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }]
    tarball = join(folder, filename)
    await writeFile(join(folder, 'package.json'), '{"private": true}')
    const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', tarball]
    const installed = await run('npm', args)
    expect(installed.code, installed.stderr).to.equal(0)
    lab = stack.use(await JobLab.start())
  })
  after(() => stack.disposeAsync())

  it('is small, and has neither TypeScript nor tests nor the lab', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const files = stdout.trim().split('\n')
    expect(
      files.filter((file) => /(?<!\.d)\.ts$|\.test\.|\.fixture\.|\/testing\/|^package\/lab\//.test(file)),
    ).to.deep.equal([])
    expect(files).to.include.members(['index.js', 'index.d.ts'].map((name) => `package/dist/support/${name}`))
    expect((await stat(tarball)).size).to.be.below(LARGEST_PACKAGE)
  })

  it('tells its version and commit', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    const commit = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).stdout
    const { stdout } = await run('npx', ['dpdk-checkup', '--version'])
    expect(stdout).to.equal(`${version} (${commit.slice(0, 12)})\n`)
  })

  it('names what it is made of, and the licences of that', async () => {
    const built = join(folder, 'node_modules/kubevirt-dpdk-checkup/dist')
    const bill = JSON.parse(await readFile(join(built, 'sbom.cdx.json'), 'utf8')) as {
      metadata: { component: { name: string } }
      components: { name: string }[]
    }
    const names = bill.components.map(({ name }) => name)
    expect(bill.metadata.component.name).to.equal('kubevirt-dpdk-checkup')
    // Packages of production that development needs too are among them.
    expect(names.filter((name) => ['mocha', 'typescript', 'zod'].includes(name))).to.deep.equal([
      'mocha',
      'zod',
    ])
    const notices = await readFile(join(built, 'THIRD-PARTY-NOTICES.txt'), 'utf8')
    for (const name of ['mocha', 'zod'])
      expect(notices).to.match(new RegExp(`^${name} \\d\\S+ \\(MIT\\)$`, 'm'))
    expect(notices).to.include('Permission is hereby granted').and.not.include('\ntypescript ')
  })

  it('explains, lists and prints manifests', async () => {
    expect(await checkup('list', 'criteria')).to.deep.include({ code: 0, stderr: '' })
    expect(await checkup('explain', 'lost-before-vm')).to.deep.include({ code: 0, stderr: '' })
    const printed = await checkup('manifests', '-n', NAMESPACE, '--network', 'n', '--image', 'r.example/x:1')
    expect(printed.code, printed.stderr).to.equal(0)
    expect(printed.stdout).to.include('image: r.example/x:1')
  })

  it('says in one sentence which commands need a clone', async () => {
    for (const args of [
      ['lab', 'run'],
      ['lab', 'up'],
      ['images', 'build'],
      ['list', 'faults'],
    ])
      expect(await checkup(...args), args.join(' ')).to.deep.equal({
        code: 2,
        stdout: '',
        stderr:
          'this command works only in a clone of the repository: the installed package has no lab and cannot build images\n',
      })
    expect((await checkup('--help')).stdout).to.match(/^ {2}images build .* \*$/m)
  })

  it('ends with a sentence where it reaches no cluster', async () => {
    const cluster = { server: `https://127.0.0.1:${await freePort()}`, 'insecure-skip-tls-verify': true }
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'a',
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
      clusters: [{ name: 'a', cluster }],
      users: [{ name: 'a', user: { token: 'a-token' } }],
    }
    await writeFile(join(folder, 'unreachable'), JSON.stringify(config))
    const args = ['run', '--kubeconfig', 'unreachable', '-n', NAMESPACE, '--network', 'n']
    const { code, stdout, stderr } = await checkup(...args)
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
    expect(stderr).to.match(/^creating .* cannot be reached: .*ECONNREFUSED.*\n(Hint: .*\n)?$/)
  })

  it('asks for an image before it creates anything, if it was published without one', async () => {
    const manifest = join(folder, 'node_modules/kubevirt-dpdk-checkup/dist/package.json')
    const published = await readFile(manifest, 'utf8')
    await writeFile(manifest, await stampedPackage(ROOT))
    const { code, stderr } = await checkup('run', '--in-cluster', '-n', NAMESPACE, '--network', 'n')
    await writeFile(manifest, published)
    expect(code).to.equal(2)
    expect(stderr).to.include('dpdk-checkup images build checkup --push')
  })

  it('runs in the cluster the image that it was published with', async () => {
    const args = ['--kubeconfig', join(lab.folder, 'kubeconfig'), '-n', NAMESPACE, '--output', 'by-job']
    const set = Object.entries(PARAMETERS).flatMap(([name, value]) => ['--set', `${name}=${value}`])
    const printed = await checkup('run', '--in-cluster', '--dry-run', ...args, ...set)
    expect(printed.stdout, printed.stderr).to.include(`image: ${LAB_CHECKUP_IMAGE}\n`)
    const { code, stdout, stderr } = await checkup('run', '--in-cluster', ...args, ...set)
    expect(code, stdout + stderr).to.equal(0)
    expect(stdout + stderr).to.match(/^Verdict: passed \(simulated cluster\)$/m)
  })

  it('runs the whole checkup', async () => {
    const args = ['--kubeconfig', join(lab.folder, 'kubeconfig'), '-n', NAMESPACE, '--output', 'by-command']
    const set = Object.entries(PARAMETERS).flatMap(([name, value]) => ['--set', `${name}=${value}`])
    const { code, stdout, stderr } = await checkup('run', ...args, ...set)
    expect(code, stdout + stderr).to.equal(0)
    const report = reportSchema.parse(
      JSON.parse(await readFile(join(folder, 'by-command/report.json'), 'utf8')),
    )
    expect(report.verdict).to.equal('passed')
    expect(report.suite.commit).to.match(/^[0-9a-f]{40}$/)
  })

  it('can be imported: a run, its preflight, and the comparison of reports', async () => {
    const settings = {
      kubeconfig: join(lab.folder, 'kubeconfig'),
      namespace: NAMESPACE,
      parameters: PARAMETERS,
    }
    const program = `
      import { diffReports, preflight, readReport, runCheckup } from 'kubevirt-dpdk-checkup'
      import schema from 'kubevirt-dpdk-checkup/report.schema.json' with { type: 'json' }
      const settings = ${JSON.stringify(settings)}
      const before = await preflight(settings)
      const lines = []
      const report = await runCheckup({ ...settings, output: 'by-import', onLine: (line) => lines.push(line) })
      const changes = diffReports(await readReport('by-import/report.json'), report)
      const isTold = lines.some((line) => line.startsWith('PASSED'))
      const told = [before.verdict, report.verdict, isTold, changes, typeof schema.$schema]
      process.stdout.write(JSON.stringify(told))`
    await writeFile(join(folder, 'program.mjs'), program)
    const { stdout, stderr } = await run('npx', ['node', 'program.mjs'])
    expect(JSON.parse(stdout), stderr).to.deep.equal(['passed', 'passed', true, [], 'string'])
  })

  it('has types that hold', async () => {
    const program = `
      import { runCheckup, type Report } from 'kubevirt-dpdk-checkup'
      const report: Report = await runCheckup({ parameters: { testDuration: '1m' } })
      const verdict: 'passed' | 'passed-with-waivers' | 'failed' | 'inconclusive' | 'error' = report.verdict
      // @ts-expect-error a verdict is not a number
      const wrong: number = report.verdict
      console.log(verdict, wrong)`
    await writeFile(join(folder, 'program.mts'), program)
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--lib', 'es2024,dom']
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { code, stdout } = await run(process.execPath, [tsc, ...options, 'program.mts'])
    expect(code, stdout).to.equal(0)
  })

  describeWithKubectl('for kubectl', () => {
    it('is a plugin where it is on the search path', async () => {
      const found = (process.env['PATH'] ?? '').split(delimiter)
      const PATH = [join(folder, 'node_modules/.bin'), ENV.PATH, ...found].join(delimiter)
      const args = ['dpdk-checkup', 'status', '--kubeconfig', join(lab.folder, 'kubeconfig'), '-n', NAMESPACE]
      const { code, stdout, stderr } = await run('kubectl', args, { PATH })
      expect({ code, stdout }, stderr).to.deep.equal({
        code: 0,
        stdout: `there is no checkup in namespace ${NAMESPACE}\n`,
      })
    })
  })
})

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
