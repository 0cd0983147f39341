/** The complete terminal output of four runs. */
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { playRun, type Screen } from './terminal-output.fixture.ts'
import { EXAMPLES, type ExampleName } from './terminal-reports.fixture.ts'

const TOOK = [312, 28_100, 41_000, 400, 303_000]
/** Most lines of each run's output on a terminal of 80 columns. */
const LONGEST: Readonly<Record<ExampleName, number>> = {
  pass: 24,
  loss: 30,
  'input error': 8,
  'a VMI that no node takes': 30,
}
const FIXTURES = new URL('../../fixtures/terminal/', import.meta.url)

function play(example: ExampleName, columns?: number, env?: Record<string, string>): Screen {
  return playRun(EXAMPLES[example](), { columns, took: TOOK, ...(env === undefined ? {} : { env }) })
}

describe('the output of a run', () => {
  for (const example of Object.keys(EXAMPLES) as ExampleName[]) {
    for (const columns of [80, 200])
      it(`${example}, on ${columns} columns`, async () => {
        const { lines } = play(example, columns)
        const file = new URL(`${example.replaceAll(' ', '-')}-${columns}.txt`, FIXTURES)
        expect(lines.join('\n')).to.equal(await readFile(file, 'utf8'))
        for (const line of lines) expect(line.length, line).to.be.at.most(columns)
        if (columns === 80) expect(lines.length - 1).to.be.at.most(LONGEST[example])
      })

    it(`${example}, is the same in a log, without control codes`, () => {
      const log = play(example)
      expect(log.text).not.to.match(/[\x00-\x09\x0b-\x1f]/)
      // A wide terminal wraps no line.
      expect(log.lines).to.deep.equal(play(example, 500).lines)
    })

    it(`${example}, says nothing twice`, () => {
      const parts = play(example).lines.flatMap((line) => line.split(/: |; |[()]/))
      const sentences = parts.map((part) => part.trim()).filter((part) => part.split(' ').length > 4)
      expect(sentences.filter((part, index) => sentences.indexOf(part) !== index)).to.deep.equal([])
    })
  }

  it('has colours where they are asked for, on a terminal or not', () => {
    expect(play('loss', undefined, { FORCE_COLOR: '1' }).text).to.include('\x1b[31m✘')
    expect(play('loss', 80, { FORCE_COLOR: '1', NO_COLOR: '1' }).text).to.include('\x1b[31m✘')
    expect(play('loss', undefined, { FORCE_COLOR: '1' }).lines).to.deep.equal(play('loss').lines)
  })

  it('has none where they are not wanted', () => {
    for (const env of [{ NO_COLOR: '1' }, { FORCE_COLOR: '0' }, { TERM: 'dumb' }])
      expect(play('loss', 80, env).text, JSON.stringify(env)).not.to.include('\x1b[3')
  })
})
