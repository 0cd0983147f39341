import { expect } from 'chai'
import { chmod, cp, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { imageKey } from './image-inputs.ts'
import { ensureGuestImages } from './images.ts'

const { signal } = new AbortController()

describe("a guest image's key", () => {
  let sources: string

  beforeEach(async () => {
    sources = await mkdtemp(join(tmpdir(), 'sources-'))
    await mkdir(join(sources, 'files'))
    await writeFile(join(sources, 'build.sh'), 'echo')
    await writeFile(join(sources, 'files', 'a'), 'x')
  })
  afterEach(() => rm(sources, { recursive: true, force: true }))

  const key = (changes = {}) =>
    imageKey({ sources, variant: 'minimal' as const, trexArchive: undefined, ...changes })

  it('is the same for a copy made later elsewhere', async () => {
    const copy = `${sources}-copy`
    await cp(sources, copy, { recursive: true })
    await utimes(join(copy, 'build.sh'), 0, 0)
    expect(await key({ sources: copy })).to.equal(await key())
    await rm(copy, { recursive: true })
  })

  it('changes with contents, names, executable bits, the variant and the TRex archive', async () => {
    const keys = [
      await key(),
      await key({ variant: 'full' }),
      await key({ trexArchive: join(sources, 'build.sh') }),
    ]
    await writeFile(join(sources, 'files', 'a'), 'y')
    keys.push(await key())
    await chmod(join(sources, 'build.sh'), 0o755)
    keys.push(await key())
    await writeFile(join(sources, 'files', 'b'), '')
    keys.push(await key())
    expect(new Set(keys).size).to.equal(keys.length)
  })
})

describe('guest images', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'images-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const ensure = (build: (path: string) => Promise<void>, variant: 'minimal' | 'full' = 'minimal') =>
    ensureGuestImages({ variant, log: () => undefined, signal, folder, build })
  const never = () => Promise.reject(new Error('built'))

  it('are built once', async () => {
    const images = await ensure((path) => writeFile(join(path, 'vmlinuz'), 'k'))
    expect(await ensure(never)).to.deep.equal(images)
    expect(images.kernel).to.match(/minimal-[0-9a-f]{16}\/vmlinuz$/)
  })

  it('are built by one of two who want them at once', async () => {
    let builds = 0
    const build = async () => {
      builds++
      await sleep(100)
    }
    const [one, other] = await Promise.all([ensure(build), ensure(build)])
    expect(one).to.deep.equal(other)
    expect(builds).to.equal(1)
  })

  for (const [what, name] of [
    ['is not there', 'v3.tar.gz'],
    ['is a folder', '.'],
  ] as const)
    it(`are not begun for a TRex archive that ${what}`, async () => {
      const trexArchive = join(folder, name)
      const options = { variant: 'minimal', log: () => undefined, signal, folder, build: never } as const
      const error: unknown = await ensureGuestImages({ ...options, trexArchive }).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).to.have.property('code', 'trex-archive')
      expect(error).to.have.property('message').that.includes(trexArchive)
    })

  it('leave nothing of a build that failed', async () => {
    const failed = ensure(async (path) => {
      await writeFile(join(path, 'half'), '')
      throw new Error('no mirror')
    })
    const error: unknown = await failed.catch((thrown: unknown) => thrown)
    expect(error).to.have.property('message', 'no mirror')
    expect(await readdir(folder)).to.deep.equal(['lock'])
  })

  it('remove what a killed build left, and the oldest finished ones', async () => {
    await mkdir(join(folder, 'partial-abc'))
    for (const [index, name] of ['1', '2', '3'].entries()) {
      const old = join(folder, `minimal-${name.repeat(16)}`)
      await mkdir(old)
      await utimes(old, index + 1, index + 1)
    }
    await ensure(() => Promise.resolve())
    const names = (await readdir(folder)).sort()
    expect(names)
      .to.include(`minimal-${'2'.repeat(16)}`)
      .and.include(`minimal-${'3'.repeat(16)}`)
    expect(names).to.have.length(4)
  })
})
