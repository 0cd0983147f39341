import { expect } from 'chai'
import type { Progress } from './progress.ts'
import { RunLog } from './run-log.ts'

function shown(): { progress: Progress; lines: string[] } {
  const lines: string[] = []
  const said = (text: string) => void lines.push(text)
  return {
    lines,
    progress: {
      phase: (name) => {
        said(`phase ${name}`)
        return {
          end: () => {
            said(`end ${name}`)
          },
          [Symbol.dispose]: () => undefined,
        }
      },
      waiting: ({ claim }) => {
        said(`waiting ${claim}`)
      },
      traffic: () => undefined,
      line: said,
      criterion: () => undefined,
      group: ({ title }) => {
        said(`group ${title}`)
      },
      expect: () => undefined,
      showDetails: () => undefined,
      close: () => {
        said('closed')
      },
    },
  }
}

const wait = (lastSeen: string) => ({ claim: 'both links to be up', lastSeen, elapsed: 1, limit: 2 })

describe("the run's log", () => {
  it('keeps what was shown, each line with its time, and waits when they see something new', () => {
    const { progress, lines } = shown()
    const log = new RunLog(progress)
    const phase = log.phase('log in')
    for (const seen of ['east down', 'east down', 'west down']) log.waiting(wait(seen))
    phase.end('failed')
    phase.end()
    log.line('two\nlines \u001b[31mred')
    const kept = log.text().trimEnd().split('\n')
    for (const line of kept) expect(line).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z \S/)
    const said = kept.map((line) => line.slice(25))
    expect(said.toSpliced(3, 1)).to.deep.equal([
      'log in …',
      'waiting for both links to be up: east down',
      'waiting for both links to be up: west down',
      'two lines red',
    ])
    expect(said[3]).to.match(/^log in: failed after /)
    expect(lines.filter((line) => line.startsWith('waiting'))).to.have.length(3)
  })

  it('is bounded: the begin and the end of a run of days stay', () => {
    const log = new RunLog(shown().progress)
    for (let line = 0; line < 40_000; line += 1) log.line(`line ${line} of many`)
    const text = log.text()
    expect(text.split('\n').length).to.be.below(15_010)
    expect(text)
      .to.include('line 0 of')
      .and.include('line 39999 of')
      .and.match(/… \d+ lines left out …/)
    expect(text).to.not.include('line 20000 of')
  })
})
