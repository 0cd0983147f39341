import { expect } from 'chai'
import { lossWithCauses } from './examples.fixture.ts'
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

  it('says all of it where there is no diagnosis', () => {
    const report = lossWithCauses()
    delete report.diagnosis
    const failureReasons = ['x: 1; cause vm-tx-ring-full: y; remedy: z']
    expect(verdictSection({ ...report, failureReasons }).markup).to.include('remedy: z')
  })
})
