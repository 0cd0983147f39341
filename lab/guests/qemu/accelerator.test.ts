import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../../support/common/logger.ts'
import { chooseAccelerator, parseMemory } from './accelerator.ts'

describe('the choice between KVM and TCG', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kvm-'))
    await writeFile(join(folder, 'kvm'), '')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  async function choose(probe: () => Promise<boolean>, device = 'kvm') {
    return chooseAccelerator({
      kernel: '/kernel',
      log: silentLogger,
      signal: new AbortController().signal,
      memory: join(folder, 'memory.json'),
      device: join(folder, device),
      probe,
    })
  }
  const never = () => Promise.reject(new Error('probed'))

  it('is TCG without a probe where there is no KVM', async () => {
    expect(await choose(never, 'absent')).to.equal('tcg')
  })

  for (const [works, accelerator] of [
    [true, 'kvm'],
    [false, 'tcg'],
  ] as const) {
    it(`is ${accelerator} where the probe says ${String(works)}, and remembers it`, async () => {
      expect(await choose(() => Promise.resolve(works))).to.equal(accelerator)
      expect(await choose(never)).to.equal(accelerator)
    })
  }

  it('probes again on another boot or with another QEMU', async () => {
    await writeFile(join(folder, 'memory.json'), JSON.stringify({ key: 'another', works: true }))
    expect(await choose(() => Promise.resolve(false))).to.equal('tcg')
  })

  it('takes a damaged memory for none', () => {
    expect(parseMemory('')).to.equal(undefined)
    expect(parseMemory('{"key": 1, "works": true}')).to.equal(undefined)
    expect(parseMemory('{"key": "k", "works": true}')).to.deep.equal({ key: 'k', works: true })
  })
})
