import { expect } from 'chai'
import { dpdkVmi, TestLab } from './lab.fixture.ts'

const NAME = 'vmi-under-test-x7k2p'

describe("a VMI's readiness and agent", () => {
  it('is ready when its probe passes, ten seconds later than it was told', async () => {
    await using lab = new TestLab()
    const guest = await lab.running(dpdkVmi(NAME))
    guest.connectAgent()
    await lab.clock.pass(99)
    expect(lab.condition(NAME, 'Ready')).to.include({ status: 'False', reason: 'ContainersNotReady' })
    await lab.clock.pass(2)
    expect(lab.condition(NAME, 'Ready')).to.include({ status: 'True' })
    expect(lab.pod(NAME)?.status.containerStatuses?.[0]?.ready).to.equal(true)
  })

  it('is no longer ready after three failures', async () => {
    await using lab = new TestLab()
    const guest = await lab.running(dpdkVmi(NAME))
    guest.connectAgent()
    await lab.clock.pass(101)
    guest.execExitCode = 1
    await lab.clock.pass(20)
    expect(lab.condition(NAME, 'Ready')).to.include({ status: 'True' })
    await lab.clock.pass(10)
    expect(lab.condition(NAME, 'Ready')).to.include({ status: 'False', reason: 'ContainersNotReady' })
    expect(
      lab.events('virt-launcher').some((event) => event.startsWith('Unhealthy: Readiness probe failed')),
    ).to.equal(true)
  })

  it('is not ready without an agent, whatever the probe', async () => {
    await using lab = new TestLab()
    await lab.running(dpdkVmi(NAME, { 'spec.readinessProbe': { guestAgentPing: {} } }))
    await lab.clock.pass(300)
    expect(lab.condition(NAME, 'Ready')).to.include({ status: 'False' })
  })

  it('is ready by a ping of the agent', async () => {
    await using lab = new TestLab()
    const guest = await lab.running(dpdkVmi(NAME, { 'spec.readinessProbe': { guestAgentPing: {} } }))
    guest.connectAgent()
    await lab.clock.pass(11)
    expect(lab.condition(NAME, 'Ready')).to.include({ status: 'True' })
  })

  it('needs as many successes as it was told', async () => {
    await using lab = new TestLab()
    const guest = await lab.running(dpdkVmi(NAME, { 'spec.readinessProbe.successThreshold': 3 }))
    guest.connectAgent()
    await lab.clock.pass(119)
    expect(lab.condition(NAME, 'Ready')).to.include({ status: 'False' })
    await lab.clock.pass(2)
    expect(lab.condition(NAME, 'Ready')).to.include({ status: 'True' })
  })

  it('fails a probe whose agent never answers, after its timeout', async () => {
    await using lab = new TestLab()
    const guest = await lab.running(dpdkVmi(NAME))
    guest.connectAgent()
    if (guest.agent !== undefined) guest.agent.exec = () => new Promise(() => undefined)
    await lab.clock.pass(106)
    expect(lab.events('virt-launcher')).to.include(
      'Unhealthy: Readiness probe failed: command timed out after 5s',
    )
  })

  it('is ready at once where nothing probes it', async () => {
    await using lab = new TestLab()
    await lab.running(dpdkVmi(NAME, { 'spec.readinessProbe': undefined }))
    expect(lab.condition(NAME, 'Ready')).to.include({ status: 'True' })
  })

  it('shows an agent while it is there, and nothing of it afterwards', async () => {
    await using lab = new TestLab()
    const guest = await lab.running(dpdkVmi(NAME))
    guest.interfaces = [
      { name: 'lo', ipAddresses: ['127.0.0.1'] },
      { name: 'enp6s0', mac: '60:00:00:00:00:01', ipAddresses: [] },
      { name: 'dummy0', mac: '02:00:00:00:00:09', ipAddresses: ['10.0.0.9'] },
    ]
    guest.connectAgent()
    await lab.clock.pass(0)
    expect(lab.condition(NAME, 'AgentConnected')).to.include({ status: 'True' })
    expect(lab.vmi(NAME)?.status.guestOSInfo).to.deep.equal({
      id: 'debian',
      prettyName: 'Debian 12',
      kernelRelease: '6.1.0',
      machine: 'x86_64',
    })
    expect(lab.vmi(NAME)?.status.interfaces).to.deep.equal([
      {
        name: 'nic-east',
        mac: '60:00:00:00:00:01',
        interfaceName: 'enp6s0',
        infoSource: 'domain, guest-agent, multus-status',
      },
      { name: 'nic-west', mac: '60:00:00:00:00:02', infoSource: 'domain, multus-status' },
      {
        interfaceName: 'dummy0',
        mac: '02:00:00:00:00:09',
        ipAddress: '10.0.0.9',
        ipAddresses: ['10.0.0.9'],
        infoSource: 'guest-agent',
      },
    ])

    guest.interfaces = [{ name: 'eth7', mac: '60:00:00:00:00:02', ipAddresses: ['10.0.0.7'] }]
    await lab.clock.pass(10)
    expect(lab.vmi(NAME)?.status.interfaces?.map(({ ipAddress }) => ipAddress)).to.deep.equal([
      undefined,
      '10.0.0.7',
    ])

    guest.loseAgent()
    expect(lab.condition(NAME, 'AgentConnected')).to.equal(undefined)
    expect(lab.vmi(NAME)?.status).not.to.have.property('guestOSInfo')
    expect(lab.vmi(NAME)?.status.interfaces).to.deep.equal([
      { name: 'nic-east', mac: '60:00:00:00:00:01', infoSource: 'domain, multus-status' },
      { name: 'nic-west', mac: '60:00:00:00:00:02', infoSource: 'domain, multus-status' },
    ])
    guest.connectAgent()
    expect(lab.condition(NAME, 'AgentConnected')).to.include({ status: 'True' })
  })
})
