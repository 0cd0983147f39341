import { tmpdir } from 'node:os'
import { expect } from 'chai'
import { describeError } from '../../support/common/errors.ts'
import { explainFullDisk, requireSpace } from './disk-space.ts'

describe('room for images', () => {
  it('is asked for before the work begins', async () => {
    await requireSpace(tmpdir(), 1)
    const error: unknown = await requireSpace(tmpdir(), 1e18).catch((thrown: unknown) => thrown)
    expect(error).to.have.property('code', 'disk-full')
    expect(error)
      .to.have.property('message')
      .that.includes(tmpdir())
      .and.includes('1000000000.0 GB are needed')
  })

  for (const text of [
    'ENOSPC: no space left on device, write',
    'tar: write error: No space left on device',
  ]) {
    it(`is what "${text}" is about`, async () => {
      const error = await explainFullDisk(new Error(text), tmpdir())
      expect(error).to.have.property('code', 'disk-full')
      expect(describeError(error)).to.include('XDG_CACHE_HOME').and.include(text)
    })
  }

  it('is not blamed for other faults', async () => {
    const error = new Error('connection refused')
    expect(await explainFullDisk(error, tmpdir())).to.equal(error)
  })
})
