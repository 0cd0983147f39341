import { mock } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { expect } from 'chai'
import { Secrets } from '../common/secrets.ts'
import { exampleReport } from './example.fixture.ts'
import type { LedgerSample } from '../model/ledger.ts'
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

  /** What stands on the terminal in the end: each line as its last redraw left it. */
  get screen(): string[] {
    return this.text
      .split('\n')
      .map((line) => stripVTControlCharacters(line.slice(line.lastIndexOf('\r') + 1)))
  }
}

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
    it('is a line per phase', () => {
      const { stream, progress } = start(false)
      const phase = progress.phase('boot the guests')
      mock.timers.tick(3000)
      phase.end()
      phase.end('failed')
      expect(stream.text).to.equal('boot the guests …\nboot the guests: done after 3s\n')
    })

    it('says every 10 s what is waited for, however often it is told', () => {
      const { stream, progress } = start(false)
      progress.phase('boot the guests')
      for (let elapsed = 0; elapsed < 25_000; elapsed += 500) {
        progress.waiting({ claim: 'VMI a to be ready', lastSeen: 'Scheduling', elapsed, limit: 120_000 })
        mock.timers.tick(500)
      }
      expect(stream.text.split('\n').slice(1, -1)).to.deep.equal([
        'waiting for VMI a to be ready (10s of 2m): Scheduling',
        'waiting for VMI a to be ready (20s of 2m): Scheduling',
      ])
    })

    it('says that a phase goes on when nothing else is known', () => {
      const { stream, progress } = start(false)
      progress.phase('remove the testbed')
      mock.timers.tick(20_000)
      expect(stream.text).to.contain('remove the testbed: still going on after 20s\n')
    })

    it('has no control codes', () => {
      const { stream, progress } = start(false)
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
      const { stream, progress } = start(true)
      const phase = progress.phase('send packets')
      progress.traffic(sample(2500), { requestedPacketsPerSecond: 10_000, remaining: 7500 })
      mock.timers.tick(1000)
      expect(stream.screen.at(-1)).to.match(/^. send packets 1s · sent 2,500 → VM 2,500/)
      expect(stream.screen).to.have.lengthOf(1)
      phase.end()
      expect(stream.screen).to.deep.equal(['send packets: done after 1s', ''])
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
      const { stream, progress } = start(true, { NO_COLOR: '1' })
      exampleReport('lossy').criteria.forEach((criterion) => {
        progress.criterion(criterion)
      })
      expect(stream.text).not.to.contain('\x1b')
    })

    it('is plain where the terminal can do nothing', () => {
      const { stream, progress } = start(true, { TERM: 'dumb' })
      progress.phase('x').end()
      expect(stream.text).not.to.contain('\r')
    })
  })

  for (const isTTY of [true, false]) {
    it(`prints criteria as they are judged, and leaves what is skipped to the summary (${isTTY ? 'terminal' : 'log'})`, () => {
      const { stream, progress } = start(isTTY)
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
      progress.line('hunter2-\x1b[1mprogress')
      progress.waiting({ claim: 'hunter2-progress', lastSeen: 'hunter2-progress', elapsed: 0, limit: 1 })
      mock.timers.tick(10_000)
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
