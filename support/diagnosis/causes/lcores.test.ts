/** Whether another thread ran on the CPU of a polling lcore, or the host did not run the CPUs. */
import { foreign } from '../../common/foreign-text.ts'
import { expect } from 'chai'
import { diagnose } from '../diagnose.ts'
import type { GuestThread } from '../findings.ts'
import { guest, traffic } from '../findings.fixture.ts'
import { lossy, spread } from '../proofs.fixture.ts'

const DROPPED = { vmRx: 19_800, vmRxDropped: 200, vmTx: 19_800, generatorRx: 19_800 }

function causes(waited: Record<number, number>, threads: readonly GuestThread[] = []) {
  const activity = {
    seconds: 69,
    interrupts: [],
    ticks: new Map(),
    stolen: new Map(),
    waited: new Map(Object.entries(waited).map(([cpu, seconds]) => [Number(cpu), seconds])),
  }
  const guests = { 'vm-under-test': guest({ evidence: { activity, threads } }) }
  const measured = traffic(DROPPED, { queues: spread(19_800) })
  return diagnose(lossy('traffic.no-rx-drops', measured, { guests })).map(({ id }) => id)
}

const thread = (name: string, cpu = 4): GuestThread => ({
  tid: 225,
  name: foreign(name),
  cpu,
  seconds: 1.4,
  isRunnable: false,
})

describe('a polling core that is shared', () => {
  it('is not one that the kernel’s own threads waited for, on a host without time (recorded)', () => {
    const threads = [4, 5, 6, 7].map((cpu) => thread(`migration/${cpu}`, cpu))
    expect(causes({ 0: 10.12, 1: 11.14, 4: 2.47, 5: 2.46, 6: 3.47, 7: 1.21 }, threads)).to.deep.equal([
      'pmd-too-slow',
    ])
  })

  it('is one on which another thread was seen', () => {
    const waited = { 4: 2.47, 5: 2.46, 6: 3.47, 7: 1.21 }
    for (const name of ['stress', 'migration/5', 'kworker/u16:3', '/4'])
      expect(causes(waited, [thread(name)]), name).to.deep.equal(['lcore-shared'])
    for (const name of ['kworker/4:1H-kbl', 'ksoftirqd/4'])
      expect(causes(waited, [thread(name)]), name).to.deep.equal(['pmd-too-slow'])
  })

  it('is likely if an lcore waited for it far longer than the other lcores for theirs, even if no thread was seen', () => {
    expect(causes({ 4: 9, 5: 2.46, 6: 3.47, 7: 1.21 })).to.deep.equal(['lcore-shared'])
    expect(causes({ 4: 1, 5: 0, 6: 0, 7: 0 })).to.deep.equal(['pmd-too-slow'])
  })
})
