import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { TREX_HOME } from '../../support/dataplane/engines/trex/files.ts'
import { packTrexStandIn, STAND_IN_VERSION } from './trex-stand-in.fixture.ts'

const GUEST = fileURLToPath(new URL('../../images/guest', import.meta.url))

/** Archives with the layout of TRex's releases (v3.08: a tar.gz with one folder v3.08/), but without TRex. */
describe('a TRex archive for the traffic generator', () => {
  let folder: string
  let archive: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trex-test-'))
    archive = join(folder, 'v3.08.tar.gz')
    await mkdir(join(folder, 'v3.08/automation'), { recursive: true })
    for (const name of ['t-rex-64', 'trex-console'])
      await writeFile(join(folder, 'v3.08', name), '#!/bin/bash\n', { mode: 0o755 })
    await writeFile(join(folder, 'v3.08/automation/client.py'), '# client\n')
  })
  afterEach(() => rm(folder, { recursive: true }))

  function tar(...names: string[]): void {
    expect(spawnSync('tar', ['-czf', archive, '-C', folder, ...names]).status).to.equal(0)
  }

  function build(path = archive) {
    const args = ['--variant', 'minimal', '--output', join(folder, 'out'), '--trex-archive', path]
    return spawnSync('bash', [join(GUEST, 'build.sh'), ...args], { encoding: 'utf8' })
  }

  it("is unpacked to where the guest's unit and scripts look for it", async () => {
    tar('v3.08')
    const script = '. "$1" && check_trex_archive "$2" && unpack_trex "$2" "$3"'
    const root = join(folder, 'root')
    const args = ['-euc', script, 'unpack', join(GUEST, 'trex.sh'), archive, root]
    const { status, stderr } = spawnSync('bash', args, { encoding: 'utf8' })
    expect(status, stderr).to.equal(0)
    const home = join(root, TREX_HOME)
    for (const name of ['t-rex-64', 'trex-console'])
      expect((await stat(join(home, name))).mode & 0o111, name).to.equal(0o111)
    expect(await readFile(join(home, 'automation/client.py'), 'utf8')).to.equal('# client\n')
  })

  it('has its version in the name of its folder', async () => {
    const script = '. "$1" && trex_version "$2"'
    const standIn = await packTrexStandIn(folder)
    const args = ['-euc', script, 'version', join(GUEST, 'trex.sh'), standIn]
    expect(spawnSync('bash', args, { encoding: 'utf8' }).stdout).to.equal(`${STAND_IN_VERSION}\n`)
  })

  it('makes the same bytes of the same stand-in, so that its image is built once', async () => {
    const first = await readFile(await packTrexStandIn(folder))
    expect(await readFile(await packTrexStandIn(folder))).to.deep.equal(first)
  })

  it('is refused at once where it is none', async () => {
    tar('v3.08/automation')
    expect(build()).to.include({ status: 1 })
    expect(build().stderr).to.include('no release of TRex').and.include('t-rex-64')
    await rm(join(folder, 'v3.08/trex-console'))
    tar('v3.08')
    expect(build().stderr).to.include('no release of TRex').and.include('trex-console')
    await writeFile(archive, 'not found')
    expect(build().stderr).to.include('no tar archive')
    expect(build(folder).stderr).to.include("can't read the TRex archive")
  })
})
