import { expect } from 'chai'
import { dpdkVmi, TestLab } from './lab.fixture.ts'

describe("the life of a VMI in the lab's KubeVirt", () => {
  it('goes through its phases to Running with the guest it asked for', async () => {
    await using lab = new TestLab()
    const name = 'vmi-under-test-x7k2p'
    const guest = await lab.running(dpdkVmi(name))
    expect(guest.spec).to.deep.include({
      bootDisk: '/images/known/vm:main.qcow2',
      cpu: { sockets: 1, cores: 4, threads: 2 },
      memoryMiB: 4096,
      nics: [
        {
          name: 'nic-east',
          mac: '60:00:00:00:00:01',
          pciAddress: '0000:06:00.0',
          wire: 'checkup/dpdk/nic-east',
        },
        {
          name: 'nic-west',
          mac: '60:00:00:00:00:02',
          pciAddress: '0000:07:00.0',
          wire: 'checkup/dpdk/nic-west',
        },
      ],
    })
    const { status } = lab.vmi(name) ?? {}
    expect(status?.phaseTransitionTimestamps?.map(({ phase }) => phase)).to.deep.equal([
      'Pending',
      'Scheduling',
      'Scheduled',
      'Running',
    ])
    lab.delete(name)
    await lab.untilGone(name)
    expect(guest.disposed).to.equal(true)
  })
})
