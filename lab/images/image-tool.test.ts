import { expect } from 'chai'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ImageTool } from './image-tool.ts'

const { signal } = new AbortController()

describe('the tool that builds images', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tool-test-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  async function toolAmong(...programs: string[]): Promise<string> {
    for (const name of programs) {
      await writeFile(join(folder, name), '#!/bin/sh\n')
      await chmod(join(folder, name), 0o755)
    }
    await using tool = await ImageTool.start(join(folder, 'work'), signal, folder)
    return tool.name
  }

  it('is buildah, or podman where that is there instead', async () => {
    expect(await toolAmong('podman')).to.equal('podman')
    expect(await toolAmong('podman', 'buildah')).to.equal('buildah')
  })

  it('is named where there is none, and how to get it', async () => {
    const error: unknown = await toolAmong().catch((thrown: unknown) => thrown)
    expect(error).to.have.property('code', 'missing-packages')
    expect(error)
      .to.have.property('message')
      .that.includes('buildah or podman')
      .and.includes('apt-get install')
  })

  it('leaves nothing behind', async () => {
    await toolAmong('buildah')
    expect(await readdir(folder)).to.deep.equal(['buildah'])
  })
})
