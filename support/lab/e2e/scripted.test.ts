import { expect } from 'chai'
import { ScriptedLab } from './scripted-lab.fixture.ts'

/** The whole suite starts for each of these, and sends packets for two seconds. */
const PATIENCE_MS = 60_000
const SENT = 20_000

describe('the whole checkup on simulated guests', function () {
  this.timeout(PATIENCE_MS)

  for (const profile of ['lab', 'centos'] as const) {
    it(`passes with guests like those of the ${profile} images, and leaves nothing behind`, async () => {
      await using lab = await ScriptedLab.start({ profile })
      const { exitCode, data, junit, report, output } = await lab.run()
      expect(exitCode, output).to.equal(0)
      expect(data).to.include({
        'status.succeeded': 'true',
        'status.failureReason': '',
        'status.result.verdict': 'passed',
        'status.result.trafficGenSentPackets': String(SENT),
        'status.result.vmUnderTestReceivedPackets': String(SENT),
        'status.result.vmUnderTestRxDroppedPackets': '0',
        'status.result.vmUnderTestTxDroppedPackets': '0',
      })
      expect(report?.traffic?.ledger).to.deep.include({
        eastToWest: {
          generatorTx: SENT,
          vmRx: SENT,
          vmRxDropped: 0,
          vmTx: SENT,
          vmTxDropped: 0,
          generatorRx: SENT,
        },
      })
      expect(junit).to.include('failures="0"').and.include('errors="0"')
      expect(lab.leftovers()).to.deep.equal([])
    })
  }
})
