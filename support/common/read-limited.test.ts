import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readLimited } from './read-limited.ts'

describe('a file that a user names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'read-limited-'))
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('is read to its end', () => {
    const content = 'x'.repeat(100_000)
    writeFileSync(join(folder, 'long'), content)
    expect(readLimited(join(folder, 'long'), 2 ** 20).toString()).to.equal(content)
    expect(readLimited('/dev/null', 2 ** 20)).to.have.lengthOf(0)
  })

  it('is given up where it does not end', () => {
    expect(() => readLimited('/dev/zero', 2 ** 20)).to.throw('it has more than 1 MiB')
  })

  it('is refused as Node.js does it where it cannot be read', () => {
    expect(() => readLimited(join(folder, 'none'), 1)).to.throw('ENOENT')
    expect(() => readLimited(folder, 1)).to.throw('EISDIR')
  })
})
