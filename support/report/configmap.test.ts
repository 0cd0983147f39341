import { expect } from 'chai'
import { configMapStatus } from './configmap.ts'
import { exampleReport } from './example.fixture.ts'
import { exampleLatency } from './latency.fixture.ts'
import { secrets } from '../common/secrets.ts'

const README_KEYS = [
  'status.succeeded',
  'status.failureReason',
  'status.startTimestamp',
  'status.completionTimestamp',
  'status.result.trafficGenSentPackets',
  'status.result.trafficGenOutputErrorPackets',
  'status.result.trafficGenInputErrorPackets',
  'status.result.trafficGenActualNodeName',
  'status.result.vmUnderTestActualNodeName',
  'status.result.vmUnderTestReceivedPackets',
  'status.result.vmUnderTestRxDroppedPackets',
  'status.result.vmUnderTestTxDroppedPackets',
]

describe('ConfigMap status', () => {
  for (const name of ['passed', 'lossy', 'error'] as const) {
    it(`has exactly the documented keys and the verdict (${name})`, () => {
      expect(configMapStatus(exampleReport(name))).to.have.all.keys([
        ...README_KEYS,
        'status.result.verdict',
        'status.result.warnings',
      ])
    })
  }

  it('tells the highest p99 of a run that measured latencies', () => {
    const status = configMapStatus({ ...exampleReport('passed'), latency: exampleLatency() })
    expect(status).to.include({ 'status.result.p99LatencyMicroseconds': '900' })
  })

  it('tells a success', () => {
    expect(configMapStatus(exampleReport('passed'))).to.deep.equal({
      'status.succeeded': 'true',
      'status.failureReason': '',
      'status.startTimestamp': '2026-03-04T05:06:07.000Z',
      'status.completionTimestamp': '2026-03-04T05:08:09.000Z',
      'status.result.verdict': 'passed',
      'status.result.warnings': '',
      'status.result.trafficGenSentPackets': '100000',
      'status.result.trafficGenOutputErrorPackets': '0',
      'status.result.trafficGenInputErrorPackets': '0',
      'status.result.trafficGenActualNodeName': 'worker-2',
      'status.result.vmUnderTestActualNodeName': 'worker-1',
      'status.result.vmUnderTestReceivedPackets': '100000',
      'status.result.vmUnderTestRxDroppedPackets': '0',
      'status.result.vmUnderTestTxDroppedPackets': '0',
    })
  })

  it('tells of a simulated cluster, and of no other', () => {
    const simulated = configMapStatus({ ...exampleReport('lossy'), simulated: true })
    const { 'status.result.simulated': told, ...others } = simulated
    expect(told).to.equal('true')
    expect(others).to.deep.equal(configMapStatus(exampleReport('lossy')))
  })

  it('tells the packets from west to east by themselves, where the run sent them', () => {
    const { traffic, ...report } = exampleReport('passed')
    if (traffic === undefined) expect.fail('the example has traffic')
    const westToEast = { ...traffic.ledger.eastToWest, generatorTx: 7, vmRx: 6, generatorRx: 5 }
    const both = { ...traffic, directions: 2 as const, ledger: { ...traffic.ledger, westToEast } }
    const { 'status.result.trafficGenSentPackets': sent } = configMapStatus({ ...report, traffic })
    expect(configMapStatus({ ...report, traffic: both })).to.include({
      'status.result.trafficGenSentPackets': sent,
      'status.result.westToEastSentPackets': '7',
      'status.result.westToEastReceivedPackets': '6',
      'status.result.westToEastReturnedPackets': '5',
    })
  })

  it('tells a failure with its reasons and numbers', () => {
    const report = exampleReport('lossy')
    const status = configMapStatus(report)
    expect(status['status.succeeded']).to.equal('false')
    expect(status['status.failureReason']).to.equal(report.failureReasons.join(',\n'))
    expect(status['status.result.vmUnderTestTxDroppedPackets']).to.equal('1042')
  })

  it('counts nothing where nothing was measured', () => {
    const status = configMapStatus(exampleReport('error'))
    expect(status['status.result.trafficGenSentPackets']).to.equal('0')
    expect(status['status.result.vmUnderTestActualNodeName']).to.equal('')
  })

  it('never writes an exponent or a fraction', () => {
    const report = exampleReport('passed')
    if (report.traffic === undefined) throw new Error('the example has traffic')
    report.traffic.ledger.eastToWest.generatorTx = Number.MAX_SAFE_INTEGER
    expect(configMapStatus(report)['status.result.trafficGenSentPackets']).to.equal('9007199254740991')
  })

  it('gives a reason even where none was found, and never an endless one', () => {
    const report = exampleReport('error')
    expect(configMapStatus({ ...report, failureReasons: [] })['status.failureReason']).not.to.equal('')
    const long = configMapStatus({ ...report, failureReasons: ['x'.repeat(2 ** 20)] })['status.failureReason']
    expect(long).to.have.lengthOf.at.most(4096)
  })

  it('says how many reasons did not fit, by whole lines and in bytes', () => {
    const failureReasons = Array.from(
      { length: 20 },
      (_, index) => `traffic.number-${index}: ${'ä'.repeat(150)}`,
    )
    const reason =
      configMapStatus({ ...exampleReport('error'), failureReasons })['status.failureReason'] ?? ''
    const lines = reason.split(',\n')
    expect(Buffer.byteLength(reason)).to.be.at.most(4096).and.above(3500)
    expect(failureReasons).to.include.members(lines.slice(0, -1))
    expect(lines.at(-1)).to.equal(`… ${20 - (lines.length - 1)} more in the reports`)
  })

  it('cuts a reason that is longer than all the room, and no character in two', () => {
    const failureReasons = ['ä'.repeat(5000), 'another']
    const reason =
      configMapStatus({ ...exampleReport('error'), failureReasons })['status.failureReason'] ?? ''
    expect(Buffer.byteLength(reason)).to.be.at.most(4096)
    expect(reason).to.match(/^ä+…,\n… 1 more in the reports$/)
  })

  it('holds no secret', () => {
    secrets.add('hunter2-configmap')
    const status = configMapStatus({
      ...exampleReport('error'),
      failureReasons: ['login with hunter2-\x1b[1mconfigmap'],
    })
    expect(status['status.failureReason']).to.equal('login with [redacted]')
  })
})
