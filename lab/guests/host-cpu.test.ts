import { expect } from 'chai'
import { parseHostCpu, readHostCpu } from './host-cpu.ts'

describe("what this machine's hypervisor takes", () => {
  it('is the eighth field of all CPUs, and part of what they were busy for', () => {
    const text = 'cpu  581 59 121 52421 438 7 10 536 0 0\ncpu0 290 30 60 26210 219 3 5 268 0 0\nintr 1\n'
    expect(parseHostCpu(text)).to.deep.equal({ busy: 581 + 59 + 121 + 7 + 10 + 536, stolen: 536 })
  })

  it('is not known where the kernel does not tell', () => {
    for (const text of ['', 'cpu  1 2 3 4\n', 'cpu0 1 2 3 4 5 6 7 8 9 10\n'])
      expect(parseHostCpu(text), text).to.equal(undefined)
  })

  it('can be read on this machine', async () => {
    const seen = await readHostCpu()
    expect(seen?.busy).to.be.above(seen?.stolen ?? Infinity)
  })
})
