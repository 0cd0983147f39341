import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { WatchedProcess } from '../watched-process.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BOOTSTRAP = join(ROOT, 'support/cli/bootstrap.mjs')
/** Files that run before any package is installed. */
const PROGRAMS = ['support/cli/bootstrap.mjs', 'support/common']
const PACKAGES = JSON.parse(
  readFileSync(new URL('../guests/debian-packages.json', import.meta.url), 'utf8'),
) as readonly { readonly command: string }[]

/** The program pretends to be an unprivileged user: a real one may have no access to this tree. */
const NOT_ROOT = { NODE_OPTIONS: '--import=data:text/javascript,process.getuid=()=>65534' }

/** Runs the bootstrap with a PATH of one folder that holds only the given programs. */
async function bootstrap(args: string[], programs: string[], env: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'bootstrap-test-'))
  try {
    await chmod(folder, 0o755)
    for (const name of programs) await writeFile(join(folder, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const { status, stderr, stdout } = spawnSync(process.execPath, [BOOTSTRAP, ...args], {
      env: { PATH: folder, XDG_CACHE_HOME: folder, ...env },
      encoding: 'utf8',
    })
    return { status, stderr, stdout }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A machine without the lab's Debian packages. Its apt-get waits for the test, then installs them all. */
class FreshMachine implements AsyncDisposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async create(): Promise<FreshMachine> {
    const folder = await mkdtemp(join(tmpdir(), 'bootstrap-test-'))
    const programs = PACKAGES.map(({ command }) => command).filter((command) => !command.startsWith('/'))
    // The installed programs are copies of apt-get itself; the test never runs them.
    const aptGet = `#!/bin/sh
cd ${folder}
case "$*" in *install*)
  echo install >>log
  until [ -e go ]; do sleep 0.05; done
  for program in ${programs.join(' ')}; do cp apt-get $program; done ;;
esac
`
    await writeFile(join(folder, 'apt-get'), aptGet, { mode: 0o755 })
    for (const tool of ['sh', 'sleep', 'cp', 'cat', 'flock']) {
      const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' })
      await symlink(stdout.trim(), join(folder, tool))
    }
    return new FreshMachine(folder)
  }

  start(): WatchedProcess {
    const env = { PATH: this.#folder, XDG_CACHE_HOME: this.#folder }
    return new WatchedProcess(
      'the bootstrap',
      spawn(process.execPath, [BOOTSTRAP, 'start', 'nonsense'], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    )
  }

  /** Resolves when apt-get has been called to install. */
  async installing(): Promise<void> {
    while ((await this.installations()) === 0) await setTimeout(20)
  }

  async letInstall(): Promise<void> {
    await writeFile(join(this.#folder, 'go'), '')
  }

  async installations(): Promise<number> {
    const log = await readFile(join(this.#folder, 'log'), 'utf8').catch(() => '')
    return log.split('\n').length - 1
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true })
  }
}

/** A clone in which nothing is installed; its npm prints its arguments and fails. */
class FreshClone implements AsyncDisposable {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async create(): Promise<FreshClone> {
    const folder = await mkdtemp(join(tmpdir(), 'bootstrap-test-'))
    for (const path of ['package.json', 'package-lock.json', 'lab/package.json', ...PROGRAMS])
      await cp(join(ROOT, path), join(folder, path), { recursive: true })
    await writeFile(join(folder, 'npm'), '#!/bin/sh\necho "npm $*" >&2\nexit 1\n', { mode: 0o755 })
    return new FreshClone(folder)
  }

  /** Leaves what an earlier installation leaves. @param note npm's `.package-lock.json` of it */
  async installed(note: object): Promise<void> {
    const path = join(this.#folder, 'node_modules/.package-lock.json')
    await mkdir(dirname(path))
    await writeFile(path, JSON.stringify(note, undefined, 2))
    await utimes(path, 0, 0)
  }

  run(command: string): string {
    const bootstrapped = join(this.#folder, 'support/cli/bootstrap.mjs')
    const env = { PATH: this.#folder, XDG_CACHE_HOME: this.#folder }
    return spawnSync(process.execPath, [bootstrapped, command, '--help'], { env, encoding: 'utf8' }).stderr
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true })
  }
}

describe('the bootstrap', () => {
  it('installs the lab for what needs it, and production only for what judges a cluster', async () => {
    await using clone = await FreshClone.create()
    expect(clone.run('start')).to.include('npm ci --include=dev')
    expect(clone.run('test')).to.include('npm ci --include=dev')
    expect(clone.run('checkup')).to.include('npm ci --omit=dev')
    await clone.installed({ packages: { 'node_modules/eslint': { dev: true } } })
    expect(clone.run('checkup')).to.include('npm ci --include=dev')
  })

  it('names the Debian packages where there is no apt', async () => {
    const { status, stderr } = await bootstrap(['start'], [])
    expect(status).to.equal(2)
    expect(stderr).to.include('there is no apt-get').and.include('qemu-system-x86').and.include('mmdebstrap')
  })

  it('wants a browser for the tests, and for nothing else', async () => {
    expect((await bootstrap(['test'], [])).stderr).to.include('chromium')
    expect((await bootstrap(['start'], [])).stderr).not.to.include('chromium')
  })

  it('tells a user who is not root what root has to run', async () => {
    const { status, stderr } = await bootstrap(['lab'], ['apt-get'], NOT_ROOT)
    expect(status).to.equal(2)
    expect(stderr).to.include('sudo apt-get install').and.include('qemu-system-x86')
  })

  it('passes on the failure of apt', async function () {
    if (process.getuid?.() !== 0) this.skip()
    const { status, stderr } = await bootstrap(['start'], ['apt-get'])
    expect(status).to.equal(2)
    expect(stderr).to.include('apt-get could not install')
  })

  it('installs once where two are started at once, and says who waits', async function () {
    if (process.getuid?.() !== 0) this.skip()
    await using machine = await FreshMachine.create()
    const first = machine.start()
    await machine.installing()
    const second = machine.start()
    await second.said('waiting for another start, which installs what is missing')
    await machine.letInstall()
    // Both continue, and fail because of their arguments.
    for (const start of [first, second]) {
      expect(await start.exitCode, start.output).to.equal(2)
      expect(start.output).to.include('nonsense is not a parameter=value pair')
    }
    expect(await machine.installations()).to.equal(1)
  })

  it('refuses a command it does not know', async () => {
    const { status, stderr } = await bootstrap(['stop'], [])
    expect(status).to.equal(2)
    expect(stderr).to.include('usage:').and.include('start|lab|images|test')
  })

  it('leaves it to the build of images to say what they need, where it could not install it', async () => {
    const { status, stderr } = await bootstrap(['images', 'none'], [], NOT_ROOT)
    expect(stderr).to.include('there is no image none')
    expect(status).to.equal(2)
  })

  it('fetches a kubectl for the rootless pods, and goes on where there is none to be had', async () => {
    const args = ['start', '--suite', 'rootless', '--runtime', 'scripted', 'nonsense']
    const { stderr } = await bootstrap(args, ['bash'])
    expect(stderr).to.include('kubectl could not be fetched').and.include('--suite readiness only')
    expect((await bootstrap(['start', '--help'], ['bash'])).stderr).to.equal('')
  })

  it('helps without installing anything', async () => {
    const { status, stdout } = await bootstrap(['start', '--help'], [])
    expect(stdout).to.include('npm start -- [options]')
    expect(status).to.equal(0)
  })
})
