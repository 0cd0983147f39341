import { expect } from 'chai'
import type { Criterion } from './criterion-result.ts'
import type { Cause } from './diagnosis.ts'
import { reasonsOf } from './reasons.ts'

const criterion = (id: string, message: string): Criterion => ({
  id,
  title: `claims ${id}`,
  outcome: 'failed',
  message,
  evidence: [],
  duration: 1,
})
const cause = (id: string, explains: string[], sentence = `${id} is so`): Cause => ({
  id,
  explains,
  sentence,
  remedy: `mend ${id}`,
  evidence: [],
})

describe('reasons of a failure', () => {
  const unmet = [
    criterion('traffic.no-tx-drops', '200 packets dropped'),
    criterion('traffic.no-return-loss', '200 of 20,000 packets were lost'),
    criterion('guest.hugepages', ''),
  ]

  it('are a line for each criterion: what, number, cause and remedy', () => {
    const causes = [
      cause('vm-tx-ring-full', ['traffic.no-tx-drops', 'traffic.no-return-loss']),
      cause('other', ['traffic.no-tx-drops']),
    ]
    expect(reasonsOf(unmet, causes)).to.deep.equal([
      'traffic.no-tx-drops: 200 packets dropped; cause vm-tx-ring-full: vm-tx-ring-full is so; remedy: mend vm-tx-ring-full',
      'traffic.no-return-loss: 200 of 20,000 packets were lost; same cause as traffic.no-tx-drops',
      'guest.hugepages: claims guest.hugepages',
    ])
  })

  it('say which criterion shows the same, where one does', () => {
    const [first, second] = unmet
    if (first === undefined || second === undefined) throw new Error('there are three')
    const explained = { ...second, explainedBy: first.id }
    const reasons = reasonsOf([first, explained], [cause('same', [first.id, second.id])])
    expect(reasons[1]).to.equal(
      'traffic.no-return-loss: 200 of 20,000 packets were lost; explained by traffic.no-tx-drops',
    )
  })

  it('do not say a sentence twice', () => {
    const [first] = reasonsOf(unmet, [cause('same', ['traffic.no-tx-drops'], '200 packets dropped')])
    expect(first).to.equal('traffic.no-tx-drops: 200 packets dropped; cause same; remedy: mend same')
  })

  it('stay one line each, and short, whatever a message holds', () => {
    const long = criterion('guest.nics-bound', `not bound:\n${'words '.repeat(1000)}"${'said '.repeat(100)}"`)
    const [line] = reasonsOf([long], [])
    expect(line).to.have.length.below(450).and.not.include('\n')
  })
})
