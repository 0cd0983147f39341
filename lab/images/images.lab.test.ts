/** The checkup's image, built, and run like in a cluster, against simulated guests. */
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { CONFIG_MAP, ScriptedLab } from '../e2e/scripted-lab.fixture.ts'
import { NAMESPACE } from '../e2e/target-namespace.fixture.ts'
import { parseImagesArguments } from './image-arguments.ts'
import { buildImages } from './build.ts'
import { buildContainerDisk } from './container-disk.ts'
import { UnpackedImage } from './container.fixture.ts'
import { ImageTool } from './image-tool.ts'

const run = promisify(execFile)
const { signal } = new AbortController()

/** In the range from which OpenShift assigns uids. */
const UID = 1_000_680_000
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
/** The most that the image may add to its base. */
const MOST_MEGABYTES = 250

describe('building images', () => {
  let cache: string

  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'images-test-'))
  })
  afterEach(() => rm(cache, { recursive: true }))

  it('says what helps where the base image cannot be pulled, and leaves nothing', async () => {
    const options = parseImagesArguments(['checkup', '--base', '127.0.0.1:1/node:24'])
    const log = () => undefined
    const error: unknown = await buildImages({ ...options, cache, log, signal }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).to.have.property('code', 'base-image')
    expect(error).to.have.property('message').that.includes('127.0.0.1:1').and.includes('--base debian')
    expect(await readdir(cache)).to.deep.equal(['lock'])
  })

  it('leaves nothing when it is interrupted', async () => {
    const interrupted = new AbortController()
    const options = parseImagesArguments(['checkup', '--base', 'debian'])
    const log = (line: string) => {
      if (!line.includes('making a base')) return
      // When mmdebstrap has started.
      setImmediate(() => {
        interrupted.abort(new Error('Ctrl-C'))
      })
    }
    const build = buildImages({ ...options, cache, log, signal: interrupted.signal })
    const error: unknown = await build.catch((thrown: unknown) => thrown)
    expect(error).to.have.property('message', 'Ctrl-C')
    expect(await readdir(cache)).to.deep.equal(['lock'])
  })
})

describe("a guest's container disk", () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'images-test-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it("is one file that qemu may read, as KubeVirt wants it, with the disk's manifest elsewhere", async () => {
    await writeFile(join(folder, 'traffic-gen.qcow2'), 'QFI', { mode: 0o600 })
    await writeFile(join(folder, 'traffic-gen.json'), '{"role":"traffic-gen"}')
    await using tool = await ImageTool.start(join(folder, 'work'), signal)
    const disk = { tool, guests: folder, role: 'traffic-gen', image: 'localhost/disk:main' } as const
    expect(await buildContainerDisk(disk)).to.deep.equal({ role: 'traffic-gen' })
    const archive = join(folder, 'disk.tar')
    expect(await tool.push(disk.image, `oci-archive:${archive}`)).to.match(/^sha256:[0-9a-f]{64}$/)
    await using image = await UnpackedImage.unpack(archive)
    expect((await readdir(image.root)).sort()).to.deep.equal(['disk', 'manifest.json'])
    expect(await readdir(join(image.root, 'disk'))).to.deep.equal(['disk.qcow2'])
    const { uid, gid, mode } = await stat(join(image.root, 'disk/disk.qcow2'))
    expect({ uid, gid, readable: (mode & 0o400) !== 0 }).to.deep.equal({ uid: 107, gid: 107, readable: true })
    expect(await readFile(join(image.root, 'disk/disk.qcow2'), 'utf8')).to.equal('QFI')
  })
})

describe("the checkup's image", () => {
  const stack = new AsyncDisposableStack()
  let folder: string
  let image: UnpackedImage

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'images-test-'))
    stack.defer(() => rm(folder, { recursive: true }))
    const options = parseImagesArguments(['checkup', '--base', 'debian', '--output', join(folder, 'out')])
    const log = () => undefined
    const [built] = await buildImages({ ...options, log, signal, cache: join(folder, 'cache') })
    image = stack.use(await UnpackedImage.unpack(built?.place ?? ''))
  })
  after(() => stack.disposeAsync())

  /** The mounts and environment that the kubelet gives a pod of the README's account. */
  async function asPod(lab: ScriptedLab) {
    const config = new KubeConfig()
    config.loadFromString(lab.kubeconfig())
    const { server = '', caData = '' } = config.getCurrentCluster() ?? {}
    const account = await mkdtemp(join(folder, 'account-'))
    await writeFile(join(account, 'token'), config.getCurrentUser()?.token ?? '')
    await writeFile(join(account, 'ca.crt'), Buffer.from(caData, 'base64'))
    await writeFile(join(account, 'namespace'), NAMESPACE)
    await run('chmod', ['-R', 'a+rX', account])
    const { hostname, port } = new URL(server)
    return {
      uid: UID,
      mounts: { [ACCOUNT]: account },
      env: {
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        CONFIGMAP_NAMESPACE: NAMESPACE,
        CONFIGMAP_NAME: CONFIG_MAP,
        DPDK_CHECKUP_VERBOSE: '1',
      },
    }
  }

  it('holds the suite and nothing that only develops it', async () => {
    const app = join(image.root, image.config.WorkingDir)
    expect((await readdir(app)).sort()).to.deep.equal(
      [
        '.mocharc.json',
        'LICENSE',
        'THIRD-PARTY-NOTICES.txt',
        'fixtures',
        'node_modules',
        'package.json',
        'sbom.cdx.json',
        'specs',
        'support',
      ].sort(),
    )
    expect(await readdir(join(app, 'support'))).not.to.include('lab')
    const packages = await readdir(join(app, 'node_modules'))
    expect(packages).to.include('mocha').and.not.include.any.members(['node', 'typescript', 'eslint', 'hono'])
    const { stdout } = await run('du', ['-sm', app])
    expect(Number.parseInt(stdout)).to.be.within(10, MOST_MEGABYTES)
    expect(image.config.Entrypoint).to.deep.equal(['node', 'support/cli/image.mjs'])
    expect(image.config.User).to.match(/^[1-9]\d*:0$/)
  })

  it('really runs without rights where these tests run it', async () => {
    const script = `
      const { readFileSync, writeFileSync } = require('node:fs')
      const status = readFileSync('/proc/self/status', 'utf8')
      const field = (name) => new RegExp('^' + name + ':[ \\t]*(.*)$', 'm').exec(status)[1]
      let refused
      try { writeFileSync('/opt/checkup/written', '') } catch (error) { refused = error.code }
      const names = ['Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapAmb', 'NoNewPrivs']
      console.log(JSON.stringify({ ...Object.fromEntries(names.map((name) => [name, field(name)])), refused }))`
    const container = image.start({ uid: UID, args: ['node', '-e', script] })
    const { output } = await container.end()
    const ids = (id: number) => Array(4).fill(id).join('\t')
    const no = '0'.repeat(16)
    expect(JSON.parse(output)).to.deep.equal({
      Uid: ids(UID),
      Gid: ids(0),
      Groups: '',
      CapInh: no,
      CapPrm: no,
      CapEff: no,
      CapAmb: no,
      NoNewPrivs: '1',
      refused: 'EROFS',
    })
  })

  it('judges a cluster as any uid, without a capability, on a read-only root file system', async () => {
    await using lab = await ScriptedLab.start({ tls: true })
    const { exitCode, output } = await image.start(await asPod(lab)).end()
    expect(exitCode, output).to.equal(0)
    expect(lab.configMapData()).to.include({
      'status.succeeded': 'true',
      'status.result.verdict': 'passed',
      'status.result.vmUnderTestReceivedPackets': '20000',
      // The reports were written to /tmp, the only writable folder, and are kept in a ConfigMap.
      'status.result.reportConfigMap': `${CONFIG_MAP}-report`,
    })
    expect(lab.leftovers()).to.deep.equal([])
    expect(output).not.to.include('could not be written')
  })

  it('removes the VMIs and says so when its pod is told to end', async () => {
    await using lab = await ScriptedLab.start({ tls: true })
    const container = image.start(await asPod(lab))
    await container.said('boot the guests …')
    expect(lab.leftovers()).not.to.deep.equal([])
    await container.terminate()
    const { exitCode, output } = await container.end()
    expect(exitCode, output).to.equal(2)
    const data = lab.configMapData()
    expect(data).to.include({ 'status.succeeded': 'false', 'status.result.verdict': 'error' })
    expect(data?.['status.failureReason']).to.include('interrupted by SIGTERM')
    expect(lab.leftovers()).to.deep.equal([])
  })
})

describe("the rootless pods' image", () => {
  const stack = new AsyncDisposableStack()
  let image: UnpackedImage
  let contents: { readonly packages: Readonly<Record<string, string>> }

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'images-test-'))
    stack.defer(() => rm(folder, { recursive: true }))
    const options = parseImagesArguments(['testpmd', '--output', join(folder, 'out')])
    const log = () => undefined
    const [built] = await buildImages({ ...options, log, signal, cache: join(folder, 'cache') })
    contents = JSON.parse(await readFile(built?.contents ?? '', 'utf8')) as typeof contents
    image = stack.use(await UnpackedImage.unpack(built?.place ?? ''))
  })
  after(() => stack.disposeAsync())

  const SCRIPTS = fileURLToPath(new URL('../../fixtures/rootless/testpmd/base/scripts', import.meta.url))
  const inContainer = (...args: string[]) =>
    image
      .start({ uid: UID, args, mounts: { '/testpmd': SCRIPTS }, env: { HOME: '/tmp', RUN_DIR: '/tmp' } })
      .end()

  it('says whom it runs as and what is in it', () => {
    expect(image.config.User).to.equal('1001:2001')
    expect(contents.packages).to.include.keys('ethtool', 'iproute2', 'librte-eal23')
    expect(contents.packages).not.to.include.any.keys('dpdk-dev', 'python3')
  })

  it('has a dpdk-testpmd that starts as any uid, with all that it is linked with', async () => {
    const { exitCode, output } = await inContainer('dpdk-testpmd', '-v', '--help')
    expect(exitCode, output).to.equal(0)
    expect(output)
      .to.match(/DPDK 22\.11/)
      .and.not.include('error while loading shared libraries')
  })

  it('has what its entry point calls, which says what is missing', async () => {
    const { exitCode, output } = await inContainer('sh', '/testpmd/entrypoint.sh', 'neither')
    expect(exitCode, output).to.equal(1)
    expect(output).to.include("the application is portforwarder or tap, not 'neither'")
    const tools = await inContainer(
      'sh',
      '-c',
      'for each in ethtool ip ping capsh ps; do command -v $each; done',
    )
    expect(tools.output.trim().split('\n')).to.have.lengthOf(5)
  })
})
