/** A TRex without enough CPU time postpones its schedule: it sends all packets, but late. */
import { expect } from 'chai'
import { FakeShell, soon } from '../../testing/fake-shell.ts'
import { readTranscript } from '../../testing/transcript.ts'
import { type TimedExchange, timedExchanges } from '../../testing/trex-console.ts'
import type { GeneratorEnd } from '../../traffic-generator.ts'
import { trexText } from './console-output.ts'
import { TrexGenerator } from './generator.ts'

describe('a TRex generator that is starved of its CPU', () => {
  /** Plays a recorded console with its times: each start with what followed it. */
  async function replay(name: string): Promise<readonly GeneratorEnd[]> {
    const exchanges = timedExchanges(readTranscript(`trex-live/${name}.events.gz`))
    let clock = 0
    let next: TimedExchange | undefined
    const shell = new FakeShell({
      run: (line) => (line.includes('systemctl show') ? 'ActiveState=active\nlistening' : ''),
      send: () => {
        clock = next?.answered ?? clock
        return next?.answer
      },
    })
    const at = (exchange: TimedExchange) => {
      next = exchange
      clock = exchange.asked
    }
    const generator = new TrexGenerator(shell, 1, undefined, () => clock)
    await generator.prepare(soon)
    const ends: GeneratorEnd[] = []
    let isRunning = false
    for (const [index, exchange] of exchanges.entries()) {
      const { typed, answer } = exchange
      const [, rate, duration] = /^start .* -m (\d+)pps -p 0 -d (\d+)$/.exec(typed) ?? []
      if (rate !== undefined) {
        at(exchanges[index - 1] ?? exchange)
        await generator.clear(soon)
        at(exchange)
        await generator.start({ packetsPerSecond: Number(rate), duration: Number(duration) * 1000 }, soon)
        isRunning = true
      } else if (typed.includes('stats') && isRunning) {
        at(exchange)
        if ((await generator.sample(soon)).isSending) continue
        expect(trexText(answer)).includes('IDLE')
        ends.push(await generator.stop(soon))
        isRunning = false
      }
    }
    return ends
  }

  it('is short where it took 10.6 s for 6 s of packets, though it sent them all', async () => {
    const [end] = await replay('75-cpu-taken-away-5s')
    expect(end?.counters?.eastTx).within(6000, 6001)
    expect(end?.sentFor).within(9000, 11_600)
    expect(end?.shortfall[0]).matches(/^it sent 6,00[01] packets in \d+(?:\.\d)?s instead of 6s: /)
  })

  it('is short where it was asked for more than it can; its load is evidence', async () => {
    const ends = await replay('76-more-than-it-can')
    expect(ends.map(({ shortfall }) => shortfall)).deep.equals([
      [],
      [
        'it sent 2,982,384 of 3,000,000 packets in 12.4s instead of 3s: 240,435 packets/s of the 1,000,000 requested',
        'its sending threads were busy for 95.8 % of their time (m_cpu_util)',
      ],
      [
        'it sent 3,222,815 of 15,000,000 packets in 12.3s instead of 3s: 261,217 packets/s of the 5,000,000 requested',
        'its sending threads were busy for 99.8 % of their time (m_cpu_util)',
      ],
    ])
  })
})
