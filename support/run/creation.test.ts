import { expect } from 'chai'
import type { Limits } from '../common/wait.ts'
import { Creation } from './creation.ts'

const limits = (timeout: number, signal = new AbortController().signal): Limits => ({ signal, timeout })

/** A server that answers when the test tells it to, or never: then only the request's own signal ends it. */
function server() {
  const answer = Promise.withResolvers<undefined>()
  const ask = ({ signal }: Limits) => {
    signal.addEventListener('abort', () => {
      answer.reject(signal.reason as Error)
    })
    return answer.promise
  }
  return { answer, ask }
}

describe('the making of an object', () => {
  it('is over before its undo begins', async () => {
    const { answer, ask } = server()
    const creation = new Creation()
    const done: string[] = []
    const made = creation.make(60_000, async (asked) => {
      await ask(asked)
      done.push('made')
      return 'its uid'
    })
    const undone = creation.undo(limits(60_000), (_, uid) => {
      done.push(`undone ${uid}`)
      return Promise.resolve()
    })
    answer.resolve(undefined)
    await Promise.all([made, undone])
    expect(done).to.deep.equal(['made', 'undone its uid'])
  })

  it('is undone all the same where no answer comes, within the time for it, and named', async () => {
    const { ask } = server()
    const creation = new Creation()
    const made = creation.make(60_000, ask).catch((error: unknown) => error)
    let left = 0
    const undone = creation.undo(limits(100), (rest) => {
      left = rest().timeout
      return Promise.resolve()
    })
    expect(await undone.catch((error: unknown) => error)).to.have.property('code', 'may-come-yet')
    expect(left).to.be.at.most(50)
    expect(await made).to.have.property('message', 'the run has ended')
  })

  it('is given up at once where the undo has no time any more', async () => {
    const { ask } = server()
    const creation = new Creation()
    const made = creation.make(60_000, ask).catch((error: unknown) => error)
    const signalled = new AbortController()
    const undone = creation
      .undo(limits(60_000, signalled.signal), () => Promise.resolve())
      .catch((error: unknown) => error)
    signalled.abort(new Error('cut short'))
    expect(await undone).to.have.property('code', 'may-come-yet')
    await made
  })
})
