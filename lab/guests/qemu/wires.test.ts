import { expect } from 'chai'
import { Wires } from './wires.ts'

/** The result of a promise that is already settled, otherwise `pending`. */
async function settled<T>(promise: Promise<T>): Promise<T | 'pending'> {
  await new Promise((resolve) => setImmediate(resolve))
  return Promise.race([promise, Promise.resolve<'pending'>('pending')])
}

function nics(...wires: readonly string[]) {
  return wires.map((wire) => ({ wire }))
}

describe('wires between guests', () => {
  it('lets the first guest listen and the second connect when the first does', async () => {
    const wires = new Wires('/w')
    const first = await wires.attach('a', nics('east', 'west'))
    expect(first.map((end) => end.listens)).to.deep.equal([true, true])
    const second = wires.attach('b', nics('east', 'west'))
    expect(await settled(second)).to.equal('pending')
    wires.listening('a')
    expect(await second).to.deep.equal(first.map(({ path }) => ({ path, listens: false })))
  })

  it('has no two guests started together wait for each other', async () => {
    const wires = new Wires('/w')
    const a = wires.attach('a', nics('east', 'west'))
    const b = wires.attach('b', nics('west', 'east'))
    expect((await a).every((end) => end.listens)).to.equal(true)
    wires.listening('a')
    expect((await b).some((end) => end.listens)).to.equal(false)
  })

  it('makes a waiting guest the listener where the first could not be started', async () => {
    const wires = new Wires('/w')
    await wires.attach('a', nics('east'))
    const b = wires.attach('b', nics('east'))
    wires.release('a')
    expect(await b).to.have.nested.property('[0].listens', true)
  })

  it('starts a new wire for a third guest', async () => {
    const wires = new Wires('/w')
    const [first] = await wires.attach('a', nics('east'))
    wires.listening('a')
    await wires.attach('b', nics('east'))
    const [third] = await wires.attach('c', nics('east'))
    expect(third).to.have.property('listens', true)
    expect(third?.path).not.to.equal(first?.path)
  })

  it('gives the place of a guest that connected and left to the next', async () => {
    const wires = new Wires('/w')
    const [first] = await wires.attach('a', nics('east'))
    wires.listening('a')
    await wires.attach('b', nics('east'))
    wires.release('b')
    expect(await wires.attach('c', nics('east'))).to.deep.equal([{ path: first?.path, listens: false }])
  })

  it('forgets a wire whose listener left', async () => {
    const wires = new Wires('/w')
    const [first] = await wires.attach('a', nics('east'))
    wires.listening('a')
    await wires.attach('b', nics('east'))
    wires.release('a')
    const [next] = await wires.attach('c', nics('east'))
    expect(next).to.have.property('listens', true)
    expect(next?.path).not.to.equal(first?.path)
  })

  it('joins no guest with itself', async () => {
    const wires = new Wires('/w')
    const ends = await wires.attach('a', nics('same', 'same'))
    expect(ends.map((end) => end.listens)).to.deep.equal([true, true])
  })
})
