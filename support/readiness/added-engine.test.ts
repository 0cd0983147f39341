/** A new engine needs only its record: all other code finds it there. */
import { expect } from 'chai'
import { type Engine, generatorPlan } from '../dataplane/engines/engine.ts'
import { ENGINES } from '../dataplane/engines/engines.ts'
import { FakeShell, soon } from '../dataplane/testing/fake-shell.ts'
import { provedByError } from '../diagnosis/causes/failure.ts'
import { diagnose } from '../diagnosis/diagnose.ts'
import { criterion, findings, failure } from '../diagnosis/findings.fixture.ts'
import { readGuestEvidence } from '../diagnosis/guest-evidence.ts'
import { configMapManifest } from './manifests.ts'
import { readParameters } from './read-parameters.ts'
import { planTestbed } from './plan-testbed.ts'

const counters = { eastTx: 1, eastRx: 0, westTx: 0, westRx: 1, outputErrors: 0, inputErrors: 0 }
const shout: Engine = {
  name: 'shout',
  title: 'Shout',
  needs: 'a program shout',
  missingShows: 'command -v shout',
  dataPlane: 'kernel',
  guestFiles: ({ peers: { east } }) => [
    { name: 'shout.conf', mode: '0644', target: '/etc/shout.conf', content: `to ${east}\n` },
  ],
  create: ({ shell }) => ({
    engine: 'shout',
    aim: () => Promise.resolve(),
    clear: () => Promise.resolve(),
    start: () => Promise.resolve(),
    prepare: async (limits) => {
      await shell.check('shout --prepare', limits)
    },
    links: () => Promise.resolve({ east: 'up', west: 'up' }),
    sample: () => Promise.resolve({ counters, isSending: false }),
    stop: () => Promise.resolve({ sentFor: 1, shortfall: [], counters }),
  }),
  diagnostics: { what: 'the log of shout', command: 'cat /var/log/shout', lines: 5 },
  causes: [
    {
      id: 'shout-hoarse',
      title: 'shout has no voice',
      looksAt: 'its log',
      provedBy: 'a rasp',
      remedy: 'give it tea',
      explains: ['traffic.*'],
      codes: ['engine-not-available'],
    },
  ],
}

const GIVEN = {
  'spec.timeout': '10m',
  'spec.param.networkAttachmentDefinitionName': 'net',
  'spec.param.trafficGenEngine': 'shout',
}

describe('a traffic engine that is added', () => {
  const parameters = readParameters(GIVEN, { engines: [...ENGINES, shout] })
  const { trafficGenEngine: engine } = parameters
  const testbed = planTestbed(parameters, { namespace: 'ns', configMap: 'c', pod: undefined }, 'run')
  const plan = generatorPlan(testbed, parameters)

  it('is a value of the parameter', () => {
    expect(engine).to.equal(shout)
    expect(parameters.asUsed).to.include({ trafficGenEngine: 'shout' })
    expect(() => readParameters(GIVEN)).to.throw('must be trex or pktgen, not "shout"')
  })

  it('has its files in the guest', () => {
    const { data } = configMapManifest(testbed, testbed.vmis['traffic-generator'], engine.guestFiles(plan))
    expect(data).to.include({
      install: 'shout.conf 0644 /etc/shout.conf\n',
      'shout.conf': `to ${testbed.vmis['vm-under-test'].east.mac}\n`,
    })
  })

  it('is created with a shell in the guest', async () => {
    const shell = new FakeShell({ run: () => '' })
    await engine.create({ shell, plan }).prepare(soon)
    expect(shell.typed).to.deep.equal(['shout --prepare'])
  })

  it('is asked for its last words', async () => {
    const shell = new FakeShell({ run: () => '@@ engine\nno voice\n' })
    const addresses = { east: '0000:06:00.0', west: '0000:07:00.0' }
    const evidence = await readGuestEvidence(shell, addresses, soon, engine.diagnostics)
    expect(shell.typed[0]).to.include('cat /var/log/shout')
    expect(evidence.engine).to.deep.equal(['no voice'])
  })

  it('brings causes of its own', () => {
    const error = failure('engine-not-available', 'shout rasps', { criterion: 'traffic.no-loss' })
    const failed = findings({ criteria: [criterion('traffic.no-loss', 'error')], failures: [error] })
    const [cause] = diagnose(failed, engine.causes.map(provedByError))
    expect(cause).to.include({ id: 'shout-hoarse', sentence: 'shout rasps', remedy: 'give it tea' })
  })
})
