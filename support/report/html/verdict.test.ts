import { expect } from 'chai'
import { lossWithCauses, pairsOfNodes } from './examples.fixture.ts'
import { verdictSection } from './verdict.ts'

describe('the head of the page', () => {
  it('says what failed, and leaves causes and remedies to the diagnosis below', () => {
    const report = lossWithCauses()
    const failureReasons = [
      'traffic.no-tx-drops: 1042 packets; cause vm-tx-ring-full: its ring was full; remedy: ask for less',
      'traffic.no-return-loss: 1042 packets; same cause as traffic.no-tx-drops',
      'a VMI is left behind; cause of it is not known',
    ]
    const head = verdictSection({ ...report, failureReasons }).markup
    expect(head).to.include('traffic.no-tx-drops: 1042 packets<').and.include('no-return-loss: 1042 packets<')
    expect(head).to.include('a VMI is left behind; cause of it is not known')
    expect(head).not.to.include('remedy')
  })

  it('says nothing twice of a criterion that another one explains', () => {
    const report = lossWithCauses()
    const criteria = report.criteria.map((one) =>
      one.id === 'traffic.no-return-loss' ? { ...one, explainedBy: 'traffic.no-tx-drops' } : one,
    )
    const failureReasons = ['traffic.no-return-loss: 1042 packets; explained by traffic.no-tx-drops']
    const head = verdictSection({ ...report, criteria, failureReasons }).markup
    expect(head)
      .to.include('traffic.no-return-loss: the same packets as in traffic.no-tx-drops<')
      .and.not.include('1042 packets; explained')
  })

  it('says of which pair its figures are where pairs of nodes were measured', () => {
    expect(verdictSection(pairsOfNodes()).markup).to.include('<dt>Lost by the first pair</dt>')
    expect(verdictSection(lossWithCauses()).markup).to.include('<dt>Lost</dt>')
  })

  it('says all of it where there is no diagnosis', () => {
    const report = lossWithCauses()
    delete report.diagnosis
    const failureReasons = ['x: 1; cause vm-tx-ring-full: y; remedy: z']
    expect(verdictSection({ ...report, failureReasons }).markup).to.include('remedy: z')
  })
})
