import { expect } from 'chai'
import fc from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { SaxesParser } from 'saxes'
import { exampleReport } from './example.fixture.ts'
import { pass } from './html/examples.fixture.ts'
import { junitViolations, spyglassTests } from './junit-readers.fixture.ts'
import { renderJunit } from './junit.ts'
import type { Report } from '../model/report.ts'

interface TestCaseElement {
  readonly '@classname': string
  readonly '@name': string
  readonly '@time': string
  readonly failure?: { readonly '@message': string; readonly '#text': string }
  readonly error?: { readonly '@message': string; readonly '@type': string; readonly '#text': string }
  readonly skipped?: { readonly '@message': string; readonly '#text': string }
  readonly 'system-out'?: string
  readonly 'system-err'?: { readonly '#text': string }
}

interface SuiteElement {
  readonly '@name': string
  readonly '@time': string
  readonly '@timestamp': string
  readonly '@tests': string
  readonly '@failures': string
  readonly '@errors': string
  readonly '@skipped': string
  readonly properties: { readonly property: { '@name': string; '@value': string }[] }
  readonly testcase: TestCaseElement[]
}

describe('JUnit report', () => {
  it('is a failure with cause, evidence and ledger where the cluster failed', () => {
    const { testcase } = readBack(exampleReport('lossy'))
    const failed = testcase.filter(({ failure }) => failure !== undefined)
    expect(failed.map((each) => each['@name'])).to.deep.equal([
      'traffic.no-tx-drops the VM under test drops no packets on send',
      'traffic.no-return-loss every packet returns to the traffic generator',
    ])
    expect(failed[0]?.['@classname']).to.equal('dpdk-checkup.traffic')
    expect(failed[0]?.failure?.['@message']).to.contain('TX drops at the VM under test: 1,042 packets')
    expect(failed[0]?.failure?.['#text'])
      .to.contain('TX drops at the VM under test: 1,042 packets')
      .and.to.contain('dropped on transmit: 1042')
      .and.to.match(/VM west tx +98,958 +1,042 +TX drops at the VM +◀ first loss/)
  })

  it('tells of the traffic in words and numbers alone', () => {
    const junit = renderJunit(pass())
    expect(junit).to.include('name="traffic.vmBytes.eastRx" value="6000000"')
    expect(junit).to.include('name="vm.east.queue1.emptyPercent" value="91"')
    expect(junit).to.include('name="vm.east.queue1.packets" value="50790"')
    expect(junit).not.to.include('[object')
  })

  it('has a property of a simulated cluster, and of no other', () => {
    const property = '<property name="simulated" value="true"/>'
    expect(renderJunit({ ...pass(), simulated: true })).to.include(property)
    expect(renderJunit(pass())).not.to.include('simulated')
  })

  it('keeps the rules that Jenkins publishes', () => {
    for (const name of ['passed', 'lossy', 'error'] as const) {
      expect(junitViolations(renderJunit(exampleReport(name)))).to.deep.equal([])
      expect(junitViolations(renderJunit({ ...exampleReport(name), criteria: [] }))).to.deep.equal([])
    }
    const bad =
      '<testsuites skipped="1"><testsuite name="a" time="1e3">x<testcase><properties/></testcase></testsuite></testsuites>'
    expect(junitViolations(bad)).to.have.members([
      'testsuites with skipped',
      ...['tests', 'failures', 'errors'].map((name) => `testsuite without ${name}`),
      'testsuite with the time 1e3',
      'text in testsuite',
      'testcase without name',
      'properties in testcase',
    ])
  })

  it('says in Spyglass what failed, why, and how to mend it, and folds no two criteria into one', () => {
    const report = exampleReport('lossy')
    const twice = [1, 2].map((index) => ({
      id: 'suite.fault',
      title: 'the suite runs without faults',
      outcome: 'error' as const,
      message: `fault ${index}`,
      evidence: [],
      duration: 0,
    }))
    const criteria = [...report.criteria, ...twice]
    const tests = spyglassTests(renderJunit({ ...report, criteria }))
    expect(tests).to.have.lengthOf(criteria.length)
    const failed = tests.filter(({ status }) => status === 'failed')
    expect(failed.map(({ name }) => name)).to.deep.equal([
      'dpdk-checkup.traffic: traffic.no-tx-drops the VM under test drops no packets on send',
      'dpdk-checkup.traffic: traffic.no-return-loss every packet returns to the traffic generator',
    ])
    for (const { shown } of failed) expect(shown).to.contain('Evidence:').and.to.contain('first loss')
    expect(tests.at(-1)?.name).to.equal('dpdk-checkup.suite: suite.fault the suite runs without faults (2)')
    const { status } = spyglassTests(renderJunit(exampleReport('error'))).at(-1) ?? {}
    expect(status).to.equal('skipped')
  })

  it('tells an error from a failure, and says why something was skipped', () => {
    const { testcase, ...suite } = readBack(exampleReport('error'))
    expect(suite).to.include({ '@tests': '4', '@failures': '0', '@errors': '1', '@skipped': '2' })
    expect(testcase[1]?.error).to.include({ '@type': 'error' })
    expect(testcase[1]?.error?.['#text']).to.contain('Insufficient hugepages-1Gi')
    expect(testcase[2]?.skipped?.['@message']).to.equal('the VM under test is not ready')
  })

  it('has the reason of what Spyglass shows none of, errors and skips, in what a test wrote', () => {
    const { testcase } = readBack(exampleReport('error'))
    expect(testcase.map((one) => one['system-err'] !== undefined)).to.deep.equal([false, true, true, true])
    expect(testcase[1]?.['system-err']?.['#text']).to.contain('Insufficient hugepages-1Gi')
    expect(testcase[2]?.['system-err']?.['#text']).to.contain('the VM under test is not ready')
    const none = renderJunit({ ...exampleReport('error'), criteria: [] })
    expect(none).to.match(/<system-err>[^<]*last saw phase Pending/)
  })

  it('says which criterion shows what another one fails by, and keeps both', () => {
    const report = exampleReport('lossy')
    const criteria = report.criteria.map((criterion) =>
      criterion.id === 'traffic.no-return-loss'
        ? { ...criterion, explainedBy: 'traffic.no-tx-drops' }
        : criterion,
    )
    const { testcase, ...suite } = readBack({ ...report, criteria })
    expect(suite).to.include({ '@failures': '2' })
    expect(testcase.at(-1)?.failure?.['@message']).to.equal(
      'explained by traffic.no-tx-drops: 1,042 of 100,000 packets were lost end to end',
    )
  })

  it('never blames the cluster for a generator that was too slow', () => {
    const report = exampleReport('passed')
    const [first] = report.criteria
    if (first === undefined) throw new Error('the example has criteria')
    const slow = { ...first, outcome: 'inconclusive', message: 'it sent 5 of 10' } as const
    const { testcase } = readBack({ ...report, verdict: 'inconclusive', criteria: [slow] })
    expect(testcase[0]).not.to.have.property('failure')
    expect(testcase[0]?.error).to.include({ '@type': 'inconclusive', '@message': 'it sent 5 of 10' })
  })

  it('carries the verdict, the ledger and each criterion’s id', () => {
    const suite = readBack(exampleReport('lossy'))
    const properties = asRecord(suite.properties.property)
    expect(properties).to.include({
      verdict: 'failed',
      'ledger.eastToWest.generatorTx': '100000',
      'ledger.eastToWest.vmTxDropped': '1042',
      'parameter.testDuration': '10s',
      'guest.vm-under-test': 'vmi-under-test-x7k2p on worker-1',
    })
    for (const { id, outcome } of exampleReport('lossy').criteria) {
      expect(properties[`outcome.${id}`]).to.equal(outcome)
    }
  })

  it('has a case that says why where nothing was judged', () => {
    const { testcase } = readBack({ ...exampleReport('error'), criteria: [] })
    expect(testcase).to.have.lengthOf(1)
    expect(testcase[0]?.error?.['@message']).to.contain('Insufficient hugepages-1Gi')
  })

  it('writes times as plain decimals', () => {
    const report = exampleReport('passed')
    const durations = [0, 1e-7, 0.4, 1, 999.9, 3_600_000, NaN]
    const [first] = report.criteria
    if (first === undefined) throw new Error('the example has criteria')
    const { testcase, ...suite } = readBack({
      ...report,
      criteria: durations.map((duration) => ({ ...first, duration })),
    })
    for (const element of [suite, ...testcase]) expect(element['@time']).to.match(/^\d+(\.\d+)?$/)
    expect(suite['@time']).to.equal('122')
  })

  it('is valid and complete whatever the texts are', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        '\x1b[31m',
        ']]>',
        '<![CDATA[',
        '&amp;',
        '<script>',
        '"',
        '\x00',
        '\ud800',
        '\udc00',
        '\uffff',
        '\r\n',
        '--',
        '<?xml?>',
      ),
    )
    const hostile = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(
        hostile,
        fc.constantFrom('passed', 'failed', 'error', 'inconclusive', 'not-judged'),
        (text, outcome) => {
          const report = hostileReport(text, outcome)
          const { testcase } = readBack(report)
          expect(testcase).to.have.lengthOf(1)
          expect(junitViolations(renderJunit(report))).to.deep.equal([])
        },
      ),
      { numRuns: 300 },
    )
  })

  it('keeps the end of a CDATA section as text', () => {
    const { testcase } = readBack(hostileReport('a ]]> b', 'failed'))
    expect(testcase[0]?.failure?.['#text']).to.contain('a ]]> b')
  })

  it('stays small where a message is large', () => {
    const xml = renderJunit(hostileReport('x'.repeat(2 ** 20), 'failed'))
    expect(xml.length).to.be.below(300_000)
    expect(xml).to.contain('1048576 characters in all')
  })
})

function hostileReport(text: string, outcome: Report['criteria'][number]['outcome']): Report {
  return {
    ...exampleReport('lossy'),
    verdict: 'error',
    failureReasons: [text],
    cluster: { namespace: text, configMap: text },
    parameters: { [text]: text },
    guests: [{ role: 'vm-under-test', vmiName: text, nodeName: text, image: text, nics: [] }],
    warnings: [text],
    leftovers: [text],
    criteria: [
      {
        id: 'traffic.no-loss',
        title: text,
        outcome,
        message: text,
        evidence: [{ what: text, value: text }],
        duration: 1,
      },
    ],
  }
}

/**
 * Parses as strictly as Go's XML decoder, which Spyglass uses: one invalid character makes the whole file unreadable.
 */
function readBack(report: Report): SuiteElement {
  const xml = renderJunit(report)
  expect(xml).to.match(/^[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u)
  const strict = new SaxesParser({})
  strict.on('error', (error) => {
    throw error
  })
  strict.write(xml).close()
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    parseTagValue: false,
    trimValues: false,
    htmlEntities: true,
    alwaysCreateTextNode: true,
    isArray: (name) => name === 'testcase' || name === 'property',
  })
  const { testsuites } = parser.parse(xml) as { testsuites: { testsuite: SuiteElement } }
  return testsuites.testsuite
}

function asRecord(properties: readonly { '@name': string; '@value': string }[]): Record<string, string> {
  return Object.fromEntries(properties.map((each) => [each['@name'], each['@value']]))
}
