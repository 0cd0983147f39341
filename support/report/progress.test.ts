import { mock } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import { Secrets } from '../common/secrets.ts'
import { exampleReport } from './example.fixture.ts'
import type { LedgerSample } from '../model/ledger.ts'
import type { Progress } from './progress.ts'
import { createProgress } from './terminal.ts'

class FakeStream {
  readonly isTTY: boolean
  readonly columns: number
  text = ''

  constructor(isTTY: boolean, columns = 60) {
    this.isTTY = isTTY
    this.columns = columns
  }

  write(text: string): void {
    this.text += text
  }

  /** The final screen: each line after its last redraw. */
  get screen(): string[] {
    return this.text
      .split('\n')
      .map((line) => stripVTControlCharacters(line.slice(line.lastIndexOf('\r') + 1)))
  }
}

const GROUP = { title: 'Links', outcome: 'passed', detail: 'east and west up', took: 400 } as const

function start(isTTY: boolean, env: Record<string, string> = {}, columns = 60) {
  const stream = new FakeStream(isTTY, columns)
  const secrets = new Secrets()
  secrets.add('hunter2-progress')
  return { stream, progress: createProgress({ stream, env, secrets }) }
}

describe('progress', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval', 'Date'] })
  })
  afterEach(() => {
    mock.timers.reset()
  })

  describe('in a log', () => {
    it('is a line per group, when it has ended, and nothing of phases', () => {
      const { stream, progress } = start(false)
      const phase = progress.phase('boot the guests')
      mock.timers.tick(3000)
      phase.end()
      progress.group(GROUP)
      expect(stream.text).to.equal(
        '✔ Links        east and west up                                           400ms\n',
      )
    })

    it('has phases and criteria too where details are asked for', () => {
      for (const [env, ask] of [
        [{ DPDK_CHECKUP_VERBOSE: '1' }, () => undefined],
        [
          {},
          (progress: Progress) => {
            progress.showDetails()
          },
        ],
      ] as const) {
        const { stream, progress } = start(false, env)
        ask(progress)
        const phase = progress.phase('boot the guests')
        mock.timers.tick(3000)
        phase.end()
        phase.end('failed')
        progress.criterion({
          id: 'a.b',
          title: 'has a link',
          outcome: 'passed',
          message: '',
          evidence: [],
          duration: 1,
        })
        expect(stream.text).to.equal('boot the guests …\nboot the guests: done after 3s\n✔ has a link\n')
      }
    })

    it('says what is waited for when nothing was said for 30 s', () => {
      const { stream, progress } = start(false)
      progress.phase('boot the guests')
      for (let elapsed = 0; elapsed < 65_000; elapsed += 500) {
        progress.waiting({ claim: 'VMI a to be ready', lastSeen: 'Scheduling', elapsed, limit: 120_000 })
        mock.timers.tick(500)
      }
      expect(stream.text.split('\n').slice(0, -1)).to.deep.equal([
        'waiting for VMI a to be ready (30s of 2m): Scheduling',
        'waiting for VMI a to be ready (1m of 2m): Scheduling',
      ])
    })

    it('says that a phase goes on when nothing else is known', () => {
      const { stream, progress } = start(false)
      progress.phase('remove the testbed')
      mock.timers.tick(30_000)
      expect(stream.text).to.equal('remove the testbed: still going on after 30s\n')
    })

    it('says what has begun when all before it was silent', () => {
      const { stream, progress } = start(false)
      const first = progress.phase('log in')
      mock.timers.tick(29_000)
      progress.phase('bind the ports')
      first.end()
      mock.timers.tick(1000)
      expect(stream.text).to.equal('bind the ports …\n')
    })

    it('tells traffic of hours less and less often: after 10 s, a minute, ten minutes', () => {
      const { stream, progress } = start(false)
      progress.phase('send packets')
      for (let second = 1; second <= 7200; second += 1) {
        progress.traffic(
          { ...sample(second * 1000), at: second * 1000 },
          { requestedPacketsPerSecond: 1000, remaining: (7200 - second) * 1000 },
        )
        mock.timers.tick(1000)
      }
      const told = stream.text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' of ')[0])
      expect(told.slice(0, 8)).to.deep.equal(['10s', '20s', '30s', '40s', '50s', '1m', '2m', '3m'])
      expect(told.slice(-3)).to.deep.equal(['1h40m', '1h50m', '2h'])
      expect(told).to.have.lengthOf.below(30)
    })

    it('has no control codes', () => {
      const { stream, progress } = start(false, { DPDK_CHECKUP_VERBOSE: '1' })
      progress.phase('x').end()
      exampleReport('lossy').criteria.forEach((criterion) => {
        progress.criterion(criterion)
      })
      expect(stream.text).not.to.match(/[\x00-\x09\x0b-\x1f]/)
    })

    it('is silent between phases', () => {
      const { stream, progress } = start(false)
      progress.phase('x').end()
      const before = stream.text
      mock.timers.tick(60_000)
      expect(stream.text).to.equal(before)
    })
  })

  describe('on a terminal', () => {
    it('redraws one line with the live counts and leaves none of it behind', () => {
      const { stream, progress } = start(true, {}, 90)
      const phase = progress.phase('send packets')
      progress.traffic(sample(2500), { requestedPacketsPerSecond: 10_000, remaining: 7500 })
      mock.timers.tick(1000)
      expect(stream.screen.at(-1)).to.match(
        /^. send packets 1s · 1s of 9s · 10.0 kpps · sent 2,500 · lost 0 · about 7s left$/,
      )
      expect(stream.screen).to.have.lengthOf(1)
      phase.end()
      expect(stream.screen).to.deep.equal([''])
    })

    it('shows how long the whole run still takes, and cuts other things first', () => {
      const { stream, progress } = start(true)
      progress.expect({ remaining: 480_000, isUsual: true })
      progress.phase('x'.repeat(200))
      mock.timers.tick(60_000)
      expect(stream.screen.at(-1))
        .to.match(/^. x+… · about 7m left$/)
        .and.to.have.lengthOf.below(60)
      progress.expect({ remaining: 900_000, isUsual: false })
      mock.timers.tick(100)
      expect(stream.screen.at(-1)).to.match(/ · at most 15m left$/)
      mock.timers.tick(901_000)
      expect(stream.screen.at(-1)).not.to.include('left')
    })

    it('counts as lost what was sent three seconds ago and is not back yet', () => {
      const { stream, progress } = start(true, {}, 90)
      progress.phase('send packets')
      const at = (second: number, sent: number, back: number) => {
        const of = sample(sent)
        const eastToWest = { ...of.eastToWest, generatorRx: back }
        progress.traffic(
          { ...of, at: second * 1000, eastToWest },
          { requestedPacketsPerSecond: 1000, remaining: 5000 },
        )
        return / lost ([\d,]+)/.exec(stream.screen.at(-1) ?? '')?.[1]
      }
      expect([at(1, 1000, 900), at(2, 2000, 1400), at(3, 3000, 2900)]).to.deep.equal(['0', '0', '0'])
      expect([at(4, 4000, 3900), at(5, 5000, 1990)]).to.deep.equal(['0', '10'])
    })

    it('never wraps', () => {
      const { stream, progress } = start(true)
      progress.phase('x'.repeat(200))
      mock.timers.tick(500)
      expect(stream.screen.at(-1)).to.have.lengthOf.below(60)
    })

    it('takes a terminal of unknown size for one of 80 columns', () => {
      const { stream, progress } = start(true, {}, 0)
      progress.phase('x'.repeat(200))
      mock.timers.tick(500)
      expect(stream.screen.at(-1)).to.have.lengthOf.within(70, 79)
    })

    it('keeps lines above the one that is redrawn', () => {
      const { stream, progress } = start(true)
      progress.phase('boot the guests')
      progress.line('the node has 2 NUMA cells')
      mock.timers.tick(100)
      expect(stream.screen.slice(0, -1)).to.deep.equal(['the node has 2 NUMA cells'])
      expect(stream.screen.at(-1)).to.contain('boot the guests')
    })

    it('has no colours where they are not wanted', () => {
      const { stream, progress } = start(true, { NO_COLOR: '1', DPDK_CHECKUP_VERBOSE: '1' })
      exampleReport('lossy').criteria.forEach((criterion) => {
        progress.criterion(criterion)
      })
      expect(stream.text).not.to.contain('\x1b')
    })

    it('keeps a group that is too long for the terminal in its column', () => {
      const { stream, progress } = start(true)
      const detail = 'VM on worker-1.cluster.example, generator on worker-2.cluster.example'
      progress.group({ ...GROUP, title: 'Scheduling', detail })
      expect(stream.screen).to.deep.equal([
        '✔ Scheduling   VM on worker-1.cluster.example, generator on',
        '               worker-2.cluster.example  400ms',
        '',
      ])
    })

    it('is plain where the terminal can do nothing', () => {
      const { stream, progress } = start(true, { TERM: 'dumb' })
      progress.phase('x').end()
      progress.group(GROUP)
      expect(stream.text).not.to.contain('\r')
    })
  })

  for (const isTTY of [true, false]) {
    it(`prints criteria as they are judged where details are asked for (${isTTY ? 'terminal' : 'log'})`, () => {
      const { stream, progress } = start(isTTY, { DPDK_CHECKUP_VERBOSE: '1' })
      const criterion = { id: 'link.up', title: 'has a link', evidence: [], duration: 1 }
      progress.criterion({ ...criterion, outcome: 'passed', message: '' })
      progress.criterion({ ...criterion, outcome: 'failed', message: 'east is\r\n\x1b[2Jdown' })
      progress.criterion({ ...criterion, outcome: 'not-judged', message: 'there is no guest' })
      progress.criterion({ ...criterion, outcome: 'inconclusive', message: 'too slow' })
      progress.criterion({ ...criterion, outcome: 'error', message: 'console lost' })
      expect(stripVTControlCharacters(stream.text).split('\n')).to.deep.equal([
        '✔ has a link',
        '✘ has a link — east is down',
        '? has a link (inconclusive: too slow)',
        '! has a link (error: console lost)',
        '',
      ])
    })

    it(`never shows a secret (${isTTY ? 'terminal' : 'log'})`, () => {
      const { stream, progress } = start(isTTY)
      progress.phase('login hunter2-progress')
      progress.group({ ...GROUP, detail: 'hunter2-progress' })
      progress.line('hunter2-\x1b[1mprogress')
      progress.waiting({ claim: 'hunter2-progress', lastSeen: 'hunter2-progress', elapsed: 0, limit: 1 })
      mock.timers.tick(30_000)
      expect(stream.text).not.to.contain('hunter2-progress')
      expect(stream.text).to.contain('[redacted]')
    })
  }
})

function sample(sent: number): LedgerSample {
  const { traffic } = exampleReport('passed')
  if (traffic === undefined) throw new Error('the example has traffic')
  const eastToWest = {
    ...traffic.ledger.eastToWest,
    generatorTx: sent,
    vmRx: sent,
    vmTx: sent,
    generatorRx: sent,
  }
  return { ...traffic.ledger, eastToWest, at: 1000 }
}
