import { expect } from 'chai'
import { quoteTail } from '../../guest/terminal-text.ts'
import { excerptsOf, withoutExcerpts } from './excerpts.ts'

const LAST_WORDS = 'EAL: lcores\n"quoted" and \\ escaped, and so on for longer than anybody reads it'
const COMMAND = 'dpdk-testpmd --lcores 0@2-3,1@4,2@5,3@6,4@7 -a 0000:06:00.0 -a 0000:07:00.0 -- -i'
const MESSAGE = `\`${COMMAND}\` ended on the VM under test with exit code 139; its last words: ${quoteTail(LAST_WORDS)}`

describe('excerpts of consoles in errors', () => {
  it('are taken out of the sentence, long command lines with them', () => {
    expect(withoutExcerpts(MESSAGE)).to.equal(
      '`dpdk-testpmd …` ended on the VM under test with exit code 139; its last words: "…"',
    )
  })

  it('are kept as they were said', () => {
    expect(excerptsOf(MESSAGE)).to.deep.equal([LAST_WORDS, COMMAND])
  })

  it('leave names and values where they are', () => {
    for (const sentence of [
      'the profile "nowhere" is unknown: `tuned-adm list`',
      'an odd " quote',
      'a lone ` tick',
      '',
    ]) {
      expect(withoutExcerpts(sentence)).to.equal(sentence)
      expect(excerptsOf(sentence)).to.deep.equal([])
    }
  })

  it('cost no more than their length, whatever the quotes', () => {
    const nasty = '"\\'.repeat(200_000)
    expect(withoutExcerpts(nasty)).to.have.length.at.most(nasty.length)
  })
})
