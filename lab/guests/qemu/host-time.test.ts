import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { parseSchedstat, readHostTime, readThreadTimes } from './host-time.ts'

describe('the time that a process got of this machine', () => {
  it('is read in milliseconds', () => {
    expect(parseSchedstat('5221500 1033000 52\n')).to.deep.equal({ ran: 5.2215, waited: 1.033 })
    expect(parseSchedstat('')).to.equal(undefined)
  })

  it('is the sum of the threads asked for, and not known where one of them does not tell', async function () {
    const threads = (await readdir(`/proc/${process.pid}/task`)).map(Number)
    const own = await readThreadTimes(process.pid, [process.pid])
    if (own === undefined) this.skip()
    const all = await readThreadTimes(process.pid, threads)
    expect(all?.ran).to.be.above(own.ran)
    expect(await readThreadTimes(process.pid, [process.pid, 1])).to.equal(undefined)
    expect(await readThreadTimes(process.pid, [])).to.equal(undefined)
  })

  it('grows while it runs, and is not known of one that has ended', async function () {
    const own = await readHostTime(process.pid)
    if (own === undefined) this.skip()
    let later = own
    while (later.ran <= own.ran) later = (await readHostTime(process.pid)) ?? own
    expect(later.waited).to.be.at.least(own.waited)
    const child = spawn('true')
    await once(child, 'close')
    expect(await readHostTime(child.pid ?? 0)).to.equal(undefined)
  })
})
