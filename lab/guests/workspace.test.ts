import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdtemp, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identify } from './process-identity.ts'
import { sweep, Workspace } from './workspace.ts'

describe('workspaces', () => {
  let parent: string

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'w-'))
  })
  afterEach(() => rm(parent, { recursive: true, force: true }))

  async function abandon(name: string, owner: object | undefined): Promise<string> {
    const path = join(parent, name)
    await mkdir(path)
    if (owner !== undefined) await writeFile(join(path, 'owner.json'), JSON.stringify(owner))
    return path
  }

  it('leave nothing when they are disposed of', async () => {
    {
      await using workspace = await Workspace.create(parent)
      await writeFile(join(await workspace.folder('g1'), 'disk'), 'x')
      expect(await readdir(parent)).to.have.length(1)
    }
    expect(await readdir(parent)).to.deep.equal([])
  })

  it('remove those whose owner is dead, and no others', async () => {
    const dead = spawnSync('true').pid
    const killed = await abandon('dpdk-lab-killed', { pid: dead, startTime: '1' })
    // The number now belongs to another process.
    const reused = await abandon('dpdk-lab-reused', { pid: process.pid, startTime: '1' })
    await abandon('dpdk-lab-alive', (await identify(process.pid)) ?? {})
    await abandon('dpdk-lab-starting', undefined)
    const ownerless = await abandon('dpdk-lab-ownerless', undefined)
    await utimes(ownerless, 0, 0)
    await abandon('other', { pid: dead, startTime: '1' })
    expect((await sweep(parent)).sort()).to.deep.equal([killed, ownerless, reused])
    expect((await readdir(parent)).sort()).to.deep.equal(['dpdk-lab-alive', 'dpdk-lab-starting', 'other'])
  })
})
