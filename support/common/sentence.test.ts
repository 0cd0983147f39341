import { expect } from 'chai'
import { SuiteError, describeError, excerptsOf, summarizeError } from './errors.ts'
import { fullText, type Sentence, shortText } from './sentence.ts'

const LAST_WORDS = 'EAL: lcores\n"quoted" and \\ escaped, and so on for longer than anybody reads it'
const COMMAND = 'dpdk-testpmd --lcores 0@2-3,1@4,2@5,3@6,4@7 -a 0000:06:00.0 -a 0000:07:00.0 -- -i'
const ENDED: Sentence = ({ command, printed }) =>
  `${command(COMMAND)} ended on the VM under test with exit code 139; its last words: ${printed(LAST_WORDS)}`

describe('sentences that quote', () => {
  it('are short for people, long command lines and outputs left out', () => {
    expect(shortText(ENDED).text).to.equal(
      '`dpdk-testpmd …` ended on the VM under test with exit code 139; its last words: "…"',
    )
  })

  it('keep what they leave out as it was said', () => {
    expect(shortText(ENDED).excerpts).to.deep.equal([COMMAND, LAST_WORDS])
  })

  it('are whole in a log', () => {
    expect(fullText(ENDED)).to.equal(
      `\`${COMMAND}\` ended on the VM under test with exit code 139; its last words: ${JSON.stringify(LAST_WORDS)}`,
    )
  })

  it('keep names and values where they are', () => {
    const named: Sentence = ({ command, printed }) =>
      `the profile ${printed('nowhere')} is unknown: ${command('tuned-adm list')}, and an odd " quote`
    const whole = 'the profile "nowhere" is unknown: `tuned-adm list`, and an odd " quote'
    expect(shortText(named)).to.deep.equal({ text: whole, excerpts: [] })
    expect(fullText(named)).to.equal(whole)
    expect(shortText(({ printed }) => `last saw ${printed(' \r\n')}`).text).to.equal('last saw nothing')
  })

  it('cost no more than what they quote, whatever that is', () => {
    const nasty = '"\\'.repeat(200_000)
    expect(shortText(({ printed }) => printed(nasty)).text).to.equal('"…"')
  })

  it('are told apart through a chain of errors', () => {
    const cause = new SuiteError('program-ended', ENDED)
    const error = new SuiteError('testpmd-start-failed', 'testpmd did not start', { cause })
    expect(summarizeError(error)).to.equal(`testpmd did not start: ${shortText(ENDED).text}`)
    expect(describeError(error)).to.include(COMMAND)
    expect(excerptsOf(error)).to.deep.equal([COMMAND, LAST_WORDS])
  })
})
