import { expect } from 'chai'
import { InterruptedError } from '../common/errors.ts'
import { JointPhase } from './joint-phase.ts'

describe('joint phase', () => {
  const joint = (parties: number) => {
    const log: string[] = []
    const phase = new JointPhase(() => {
      log.push('begun')
      return (outcome) => log.push(outcome)
    }, parties)
    return { log, phase }
  }

  it('goes on from the first one’s begin to the last one’s end', async () => {
    const { log, phase } = joint(2)
    const slow = Promise.withResolvers<undefined>()
    const first = phase.run(() => slow.promise)
    expect(await phase.run(() => Promise.resolve('a result'))).to.equal('a result')
    expect(log).to.deep.equal(['begun'])
    slow.resolve(undefined)
    await first
    expect(log).to.deep.equal(['begun', 'done'])
  })

  it('waits for one that has not come yet', async () => {
    const { log, phase } = joint(2)
    await phase.run(() => Promise.resolve())
    expect(log).to.deep.equal(['begun'])
    await phase.run(() => Promise.resolve())
    expect(log).to.deep.equal(['begun', 'done'])
  })

  it('is over when one fails, whatever the other does', async () => {
    const { log, phase } = joint(2)
    const failure = await phase
      .run(() => Promise.reject(new Error('refused')))
      .catch((error: unknown) => error)
    expect(failure).to.have.property('message', 'refused')
    expect(log).to.deep.equal(['begun', 'failed'])
  })

  it('tells an interruption from a failure', async () => {
    const { log, phase } = joint(1)
    await phase.run(() => Promise.reject(new InterruptedError('SIGTERM'))).catch(() => undefined)
    expect(log).to.deep.equal(['begun', 'interrupted'])
  })
})
