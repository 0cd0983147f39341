import { expect } from 'chai'
import { InvalidInputError } from '../common/errors.ts'
import { exampleReport } from '../report/example.fixture.ts'
import { configMapKey, isAskedFor, readSuiteParameters, rootlessStatus } from './config-map.ts'
import { defaultParameters } from './parameters.ts'

describe("the rootless suite's ConfigMap", () => {
  it('is asked for by the variables of the readiness suite', () => {
    expect(isAskedFor({})).to.equal(false)
    expect(isAskedFor({ CONFIGMAP_NAME: 'a', CONFIGMAP_NAMESPACE: 'b' })).to.equal(true)
    // A missing variable is an error; it is not ignored.
    expect(isAskedFor({ CONFIGMAP_NAME: 'a' })).to.equal(true)
  })

  it('has a key of its own for every parameter', () => {
    expect(configMapKey('TAP_QUEUES')).to.equal('spec.param.tapQueues')
    expect(configMapKey('MAC_DPDK_OVERRIDE')).to.equal('spec.param.macDpdkOverride')
    expect(configMapKey('ROOT')).to.equal('spec.param.root')
  })

  it('goes before the defaults, and the environment before it', () => {
    const data = {
      'spec.timeout': '10m',
      'spec.param.tapQueues': '2',
      'spec.param.testpmdCpus': '4',
      'spec.param.root': 'true',
      'spec.param.pingFrom': 'ns/pod',
      'status.startTimestamp': 'x',
    }
    expect(readSuiteParameters({ TESTPMD_CPUS: '6', HOME: '/' }, data)).to.deep.equal({
      parameters: { ...defaultParameters(), TAP_QUEUES: '2', TESTPMD_CPUS: '6' },
      variant: 'root',
      pingFrom: 'ns/pod',
      timeout: 600_000,
      forceConflicts: false,
      resetNetwork: false,
    })
    expect(readSuiteParameters({}, undefined)).to.deep.equal({
      parameters: defaultParameters(),
      variant: 'default',
      pingFrom: undefined,
      timeout: undefined,
      forceConflicts: false,
      resetNetwork: false,
    })
    const forced = { 'spec.param.forceConflicts': 'true' }
    expect(readSuiteParameters({}, forced)).to.include({ forceConflicts: true, resetNetwork: false })
    const reset = { 'spec.param.resetNetwork': 'true' }
    expect(readSuiteParameters({}, reset)).to.include({ forceConflicts: false, resetNetwork: true })
  })

  it('is refused with every violation in it', () => {
    const data = { 'spec.timeout': 'soon', 'spec.param.tapQueue': '2', 'spec.param.pingFrom': 'pod; id' }
    const env = { PRIVILEGED: 'maybe', FORCE_CONFLICTS: 'yes', RESET_NETWORK: 'yes' }
    expect(() => readSuiteParameters(env, data))
      .to.throw(InvalidInputError)
      .with.property('violations')
      .with.length(6)
  })

  it('has the verdict and its reason as its status, and nothing of VMs', () => {
    expect(Object.keys(rootlessStatus(exampleReport('passed')))).to.have.members([
      'status.startTimestamp',
      'status.completionTimestamp',
      'status.succeeded',
      'status.failureReason',
      'status.result.verdict',
    ])
  })

  it('says of a simulated cluster that it is one', () => {
    const status = rootlessStatus({ ...exampleReport('passed'), simulated: true })
    expect(status).to.include({ 'status.result.simulated': 'true' })
  })
})
