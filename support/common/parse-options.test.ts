import { expect } from 'chai'
import { InvalidInputError } from './errors.ts'
import { parseOptions } from './parse-options.ts'

const OPTIONS = { nic: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const

describe('the words of a command line', () => {
  it('are options and what stands between them', () => {
    const { values, positionals } = parseOptions(['a=b', '--nic', 'virtio', '-h', 'c'], OPTIONS)
    expect(values).to.deep.equal({ __proto__: null, nic: 'virtio', help: true })
    expect(positionals).to.deep.equal(['a=b', 'c'])
  })

  for (const [words, complaint] of [
    [['--nick'], "Unknown option '--nick'; see --help"],
    [['--nic'], "Option '--nic <value>' argument missing; see --help"],
    [['--help=yes'], "Option '-h, --help' does not take an argument; see --help"],
  ] as const) {
    it(`are refused in one sentence: ${words.join(' ')}`, () => {
      expect(() => parseOptions(words, OPTIONS))
        .to.throw(InvalidInputError)
        .with.property('message', complaint)
    })
  }
})
