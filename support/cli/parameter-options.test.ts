import { expect } from 'chai'
import { InvalidInputError } from '../common/errors.ts'
import { exitCodes } from './exit-code-option.ts'
import { parameterData, validParameters, withTimeout } from './parameter-options.ts'

const NONE = {
  network: undefined,
  rate: undefined,
  duration: undefined,
  engine: undefined,
  nodes: undefined,
  pairs: undefined,
  parallel: undefined,
  'same-node': false,
  timeout: undefined,
  profile: undefined,
  waivers: undefined,
  'accept-waivers': false,
  set: [],
}

describe('parameters on the command line', () => {
  it('are keys of the ConfigMap', () => {
    const options = { ...NONE, network: 'net', rate: '4m', duration: '1m', engine: 'pktgen', nodes: 'a,b' }
    expect(
      parameterData({ ...options, timeout: '9m', set: ['verbose=true'] }, ['portBandwidthGbps=25']),
    ).to.deep.equal({
      'spec.timeout': '9m',
      'spec.param.networkAttachmentDefinitionName': 'net',
      'spec.param.trafficGenPacketsPerSecond': '4m',
      'spec.param.testDuration': '1m',
      'spec.param.trafficGenEngine': 'pktgen',
      'spec.param.vmUnderTestTargetNodeName': 'a',
      'spec.param.trafficGenTargetNodeName': 'b',
      'spec.param.verbose': 'true',
      'spec.param.portBandwidthGbps': '25',
    })
  })

  it('are taken by their whole keys too, and the last one counts', () => {
    const set = ['spec.timeout=1m', 'timeout=2m', 'spec.param.verbose=true', 'verbose=false']
    expect(parameterData({ ...NONE, set })).to.deep.equal({
      'spec.timeout': '2m',
      'spec.param.verbose': 'false',
    })
  })

  it('put both VMs on one node where one is named', () => {
    expect(parameterData({ ...NONE, nodes: 'a' })).to.deep.equal({
      'spec.param.vmUnderTestTargetNodeName': 'a',
      'spec.param.trafficGenTargetNodeName': 'a',
    })
  })

  for (const nodes of ['a,b,c', 'all', 'zone=a'])
    it(`ask for a matrix where nodes are ${nodes}`, () => {
      expect(parameterData({ ...NONE, nodes })).to.deep.equal({ 'spec.param.nodes': nodes })
    })

  it('ask for a matrix of two nodes where pairs of them are asked for', () => {
    expect(parameterData({ ...NONE, nodes: 'a,b', pairs: 'ring', 'same-node': true })).to.deep.equal({
      'spec.param.nodes': 'a,b',
      'spec.param.pairs': 'ring',
      'spec.param.sameNode': 'true',
    })
    expect(parameterData({ ...NONE, nodes: 'a,b', pairs: 'one' })).to.deep.equal({
      'spec.param.vmUnderTestTargetNodeName': 'a',
      'spec.param.trafficGenTargetNodeName': 'b',
    })
  })

  it('are refused all at once where they are none', () => {
    const refused = () => parameterData({ ...NONE, set: ['x'] }, ['y z'])
    expect(refused).to.throw(InvalidInputError, /^x is not a parameter=value pair; y z is not a/)
  })

  it('take the text of a file of waivers', () => {
    const [file, none] = [new URL(import.meta.url).pathname, 'no/waivers.yaml']
    const options = { ...NONE, profile: 'telco', waivers: file, 'accept-waivers': true }
    const data = parameterData(options)
    expect(data).to.include({ 'spec.param.profile': 'telco', 'spec.param.acceptWaivers': 'true' })
    expect(data['spec.param.waivers']).to.include('take the text of a file of waivers')
    expect(() => parameterData({ ...NONE, waivers: none })).to.throw(
      InvalidInputError,
      /^--waivers no\/waivers.yaml cannot be read: /,
    )
  })

  it('are refused where no parameter has their name', () => {
    const refused = () =>
      parameterData({ ...NONE, set: ['testDurtion=10s', 'bad=1'] }, ['spec.param.worse=2'])
    expect(refused).to.throw(
      InvalidInputError,
      /^there is no parameter testDurtion; did you mean testDuration\?; there is no parameter bad; dpdk-checkup list parameters prints all; there is no parameter worse; /,
    )
  })

  it('are checked as a run does, and what is missing is told by its option', () => {
    expect(() => validParameters({ 'spec.timeout': '10m' })).to.throw(
      InvalidInputError,
      /^--network is missing/,
    )
    const data = withTimeout(parameterData({ ...NONE, network: 'net', rate: 'fast' }))
    expect(() => validParameters(data)).to.throw(InvalidInputError, /trafficGenPacketsPerSecond must be/)
    expect(validParameters(withTimeout(parameterData({ ...NONE, network: 'net' }))).timeout).to.equal(900_000)
  })

  it('give a run ten minutes beside its traffic, where no time is asked for', () => {
    expect(withTimeout({})['spec.timeout']).to.equal('15m')
    expect(withTimeout({ 'spec.param.testDuration': '90s' })['spec.timeout']).to.equal('11m30s')
    expect(withTimeout({ 'spec.timeout': '3m' })).to.deep.equal({ 'spec.timeout': '3m' })
    const telco = { 'spec.param.networkAttachmentDefinitionName': 'net', 'spec.param.profile': 'telco' }
    expect(withTimeout(telco)['spec.timeout']).to.equal('25m')
  })
})

describe('--exit-code', () => {
  it('gives verdicts other codes', () => {
    const usual = exitCodes([])
    expect(
      (['passed', 'failed', 'inconclusive', 'error'] as const).map((verdict) => usual(verdict)),
    ).to.deep.equal([0, 1, 2, 2])
    expect([usual('passed-with-waivers'), usual('passed-with-waivers', true)]).to.deep.equal([1, 0])
    const own = exitCodes(['inconclusive=3'])
    expect(
      (['passed', 'failed', 'inconclusive', 'error'] as const).map((verdict) => own(verdict)),
    ).to.deep.equal([0, 1, 3, 2])
  })

  for (const word of [
    'passed=1',
    'inconclusive=0',
    'inconclusive=126',
    'passed-with-waivers=3',
    'nonsense=3',
    'inconclusive',
  ])
    it(`does not take ${word}`, () => {
      expect(() => exitCodes([word])).to.throw(InvalidInputError, `such as inconclusive=3, not ${word}`)
    })
})
