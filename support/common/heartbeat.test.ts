import { expect } from 'chai'
import { withHeartbeat } from './heartbeat.ts'

describe('work that takes long', () => {
  it('is told of while it goes on, with what was seen last', async () => {
    const told = Promise.withResolvers<string>()
    const work = Promise.withResolvers<number>()
    let lines = 0
    let seen = 'nothing'
    const options = {
      what: 'waiting for a guest',
      lastSeen: () => seen,
      every: 1,
      tell: (line: string) => {
        lines += 1
        if (line.endsWith('a login prompt')) told.resolve(line)
      },
    }
    const end = withHeartbeat(options, () => work.promise)
    seen = 'a login prompt'
    expect(await told.promise).to.match(/^waiting for a guest, for \S+: a login prompt$/)
    work.resolve(7)
    expect(await end).to.equal(7)
    const atTheEnd = lines
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(lines).to.equal(atTheEnd)
  })

  it('is told of when it tells nothing itself, with what it told last', async () => {
    const told: string[] = []
    const repeated = Promise.withResolvers<undefined>()
    const tell = (line: string) => {
      told.push(line)
      if (line.startsWith('building, for')) repeated.resolve(undefined)
    }
    await withHeartbeat({ tell, what: 'building', every: 1 }, (passOn) => {
      passOn('unpacking')
      return repeated.promise
    })
    expect(told[0]).to.equal('unpacking')
    expect(told[1]).to.match(/^building, for \S+: unpacking$/)
  })

  it('is told of no more once it has failed', async () => {
    let lines = 0
    const failing = withHeartbeat({ what: 'x', tell: () => (lines += 1), every: 1 }, () =>
      Promise.reject(new Error('no mirror')),
    )
    expect(await failing.catch((error: unknown) => (error as Error).message)).to.equal('no mirror')
    const atTheEnd = lines
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(lines).to.equal(atTheEnd)
  })
})
