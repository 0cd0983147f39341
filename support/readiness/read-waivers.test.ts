import { expect } from 'chai'
import fc from 'fast-check'
import { currentCatalogue } from '../report/catalogue.ts'
import { readWaivers } from './read-waivers.ts'

const NOW = new Date('2026-12-01T04:00:00Z')

const VALID = `
waivers:
  - criterion: traffic.no-rx-drops
    scope: { cluster: 6f1c0d2e, node: worker-3, nic: '8086:1889' }
    reason: The old NIC of worker-3 is replaced in March.
    owner: network team
    ticket: NET-12
    issued: 2026-11-01
    expires: 2027-03-01
    limit: 1000
`

function read(text: string) {
  return readWaivers(text, currentCatalogue(), NOW)
}

describe('a file of waivers', () => {
  it('is read, with its dates as they are written', () => {
    const { waivers, violations } = read(VALID)
    expect(violations).to.deep.equal([])
    expect(waivers).to.deep.equal([
      {
        criterion: 'traffic.no-rx-drops',
        scope: { cluster: '6f1c0d2e', node: 'worker-3', nic: '8086:1889' },
        reason: 'The old NIC of worker-3 is replaced in March.',
        owner: 'network team',
        ticket: 'NET-12',
        issued: '2026-11-01',
        expires: '2027-03-01',
        limit: 1000,
      },
    ])
  })

  for (const [what, text, sentence] of [
    ['is no YAML', 'waivers: [', 'the waivers are not valid YAML: '],
    ['is a sentence', 'all is waived', 'the waivers must be a list under the key waivers: '],
    ['is another object', 'apiVersion: v1', 'the waivers must be a list under the key waivers: '],
    ['is two documents', `${VALID}---\n${VALID}`, 'the waivers are not valid YAML: '],
    ['uses aliases', 'a: &a [x]\nwaivers: *a', 'the waivers are not valid YAML: '],
    ['is too long', `# ${'x'.repeat(300_000)}${VALID}`, 'the waivers are longer than 256 KiB'],
    ['names no owner', VALID.replace(/owner:.*/, "owner: ''"), 'waiver 1: owner: '],
    ['names no cluster', VALID.replace('cluster: 6f1c0d2e, ', ''), 'waiver 1: scope.cluster: '],
    ['has a day that is none', VALID.replace('2027-03-01', '2027-02-30'), 'waiver 1: expires: '],
    ['has a word for a limit', VALID.replace('limit: 1000', 'limit: few'), 'waiver 1: limit: '],
    ['has an unknown key', VALID.replace('owner:', 'approver: me\n    owner:'), 'waiver 1: Unrecognized key'],
    [
      'has a NIC by its name',
      VALID.replace("'8086:1889'", 'X710'),
      'waiver 1: scope.nic: must be PCI ids such as 8086:1889',
    ],
    [
      'has expired',
      VALID.replace('2027-03-01', '2026-11-30'),
      'waiver 1 (traffic.no-rx-drops) has expired on 2026-11-30',
    ],
    [
      'waives what guards the result',
      VALID.replace('traffic.no-rx-drops', 'traffic.rate-reached'),
      'waiver 1 (traffic.rate-reached) cannot be: this criterion guards the honesty of the result',
    ],
  ] as const) {
    it(`that ${what} is refused, in a sentence`, () => {
      const { waivers, violations } = read(text)
      expect(waivers).to.deep.equal([])
      expect(violations[0]).to.match(new RegExp(`^${sentence.replace(/[.*()]/g, '\\$&')}`))
      for (const violation of violations) expect(violation).not.to.include('\n')
    })
  }

  it('may be anything: it is refused in sentences, and nothing is thrown', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.nat(VALID.length).map((end) => VALID.slice(0, end)),
        ),
        (text) => {
          const { waivers, violations } = read(text)
          expect(waivers.length === 0 || violations.length === 0).to.equal(true)
        },
      ),
    )
  })
})
