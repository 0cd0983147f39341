import { expect } from 'chai'
import { partTimeouts, rootlessTimeouts, timeouts } from './timeouts.ts'

describe('the times of a run', () => {
  it('leave it enough to write its status where Prow kills it 15 s after its signal', () => {
    const { teardownWhenInterrupted, writeStatusWhenInterrupted } = timeouts
    expect(teardownWhenInterrupted + writeStatusWhenInterrupted).to.be.below(15_000)
    // Storing the reports before teardown uses a part of teardown's time.
    const { keepReportsWhenInterrupted, leastTeardownWhenInterrupted } = timeouts
    expect(keepReportsWhenInterrupted + leastTeardownWhenInterrupted).to.be.at.most(teardownWhenInterrupted)
  })

  it('nest: what a part of a step gets leaves the step some', () => {
    const nested: readonly (readonly [part: number, step: number])[] = [
      [partTimeouts.vmiPoll, timeouts.vmiReady],
      [partTimeouts.images, timeouts.vmiReady],
      [partTimeouts.shellSetUp, timeouts.login],
      [partTimeouts.stillThere, timeouts.reboot],
      [partTimeouts.askForReboot + partTimeouts.rebootIgnored + partTimeouts.rebootCommand, timeouts.reboot],
      [partTimeouts.trexConsole, timeouts.sample],
      [partTimeouts.trexAnswer, timeouts.command],
      [partTimeouts.lastAnswer, timeouts.diagnosis],
      [partTimeouts.diagnosisRequest, timeouts.diagnosis],
      [partTimeouts.launcherLog, partTimeouts.diagnosisRequest],
      [rootlessTimeouts.podPoll, rootlessTimeouts.podUp],
      [rootlessTimeouts.network, rootlessTimeouts.podUp],
      [rootlessTimeouts.requestWhenInterrupted, timeouts.teardownWhenInterrupted],
    ]
    for (const [part, step] of nested) expect(part).to.be.below(step)
  })
})
