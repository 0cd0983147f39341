import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const BOOTSTRAP = fileURLToPath(new URL('bootstrap.mjs', import.meta.url))

/** Other users may not reach this tree, so a program takes itself for one of them. */
const NOT_ROOT = { NODE_OPTIONS: '--import=data:text/javascript,process.getuid=()=>65534' }

/** Runs it with a search path of one folder, in which the programs named are. */
async function bootstrap(words: string[], programs: string[], env: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'bootstrap-test-'))
  try {
    await chmod(folder, 0o755)
    for (const name of programs) await writeFile(join(folder, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const { status, stderr, stdout } = spawnSync(process.execPath, [BOOTSTRAP, ...words], {
      env: { PATH: folder, XDG_CACHE_HOME: folder, ...env },
      encoding: 'utf8',
    })
    return { status, stderr, stdout }
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('the bootstrap', () => {
  it('names the Debian packages where there is no apt', async () => {
    const { status, stderr } = await bootstrap(['start'], [])
    expect(status).to.equal(2)
    expect(stderr).to.include('there is no apt-get').and.include('qemu-system-x86').and.include('mmdebstrap')
  })

  it('wants a browser for the tests, and for nothing else', async () => {
    expect((await bootstrap(['test'], [])).stderr).to.include('chromium')
    expect((await bootstrap(['start'], [])).stderr).not.to.include('chromium')
  })

  it('says what root would have to run, to whoever is not root', async () => {
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
    const words = ['start', '--suite', 'rootless', '--runtime', 'scripted', 'nonsense']
    const { stderr } = await bootstrap(words, ['bash'])
    expect(stderr).to.include('kubectl could not be fetched').and.include('see --help')
    expect((await bootstrap(['start', '--help'], ['bash'])).stderr).to.equal('')
  })

  it('helps without installing anything', async () => {
    const { status, stdout } = await bootstrap(['start', '--help'], [])
    expect(stdout).to.include('npm start -- [options]')
    expect(status).to.equal(0)
  })
})
