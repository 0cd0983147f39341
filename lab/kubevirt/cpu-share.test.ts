import { expect } from 'chai'
import { type GuestCpu, LAB_CPU_SHARE, readGuestCpu } from '../../support/common/lab-facts.ts'
import type { GuestCpuTime } from '../guests/guest-runtime.ts'
import { VMI } from './kubevirt-kinds.ts'
import { dpdkVmi, NAMESPACE, TestLab } from './lab.fixture.ts'

const NAME = 'vmi-under-test-x7k2p'
const HOST = { busy: 100, stolen: 7 }

async function labWith(cpuTime: (() => Promise<GuestCpuTime | undefined>) | undefined): Promise<TestLab> {
  const lab = new TestLab({
    cpuShare: { fittingPacketsPerSecond: 2000, readHostCpu: () => Promise.resolve(HOST) },
  })
  lab.runtime.cpuTime = cpuTime
  await lab.running(dpdkVmi(NAME))
  return lab
}

function told(lab: TestLab): GuestCpu | undefined {
  return readGuestCpu(lab.vmi(NAME)?.metadata.annotations ?? {})
}

describe("the annotation of how a guest shares the lab's machine", () => {
  it('is there while the guest runs, and follows what its CPUs got', async () => {
    let time = { ran: 100, waited: 20 }
    await using lab = await labWith(() => Promise.resolve(time))
    const first = await lab.until(() => told(lab))
    expect(first).to.deep.include({ cpus: time, host: HOST, fittingPacketsPerSecond: 2000 })
    time = { ran: 900, waited: 220 }
    await lab.clock.pass(1)
    const second = await lab.until(() => told(lab)?.cpus?.ran === 900 && told(lab))
    expect(second.cpus).to.deep.equal(time)
    expect(second.at).to.be.at.least(first.at)
  })

  it('is written only when something has changed', async () => {
    await using lab = await labWith(() => Promise.resolve({ ran: 100, waited: 20 }))
    await lab.until(() => told(lab))
    let writes = 0
    lab.store.onChange(VMI, () => (writes += 1))
    await lab.clock.pass(9)
    expect(writes).to.equal(0)
  })

  it('says nothing of times that the host does not tell', async () => {
    await using lab = await labWith(() => Promise.resolve(undefined))
    const { at, ...rest } = await lab.until(() => told(lab))
    expect(at).to.be.above(0)
    expect(rest).to.deep.equal({ fittingPacketsPerSecond: 2000 })
  })

  it('is not there for simulated guests', async () => {
    await using lab = await labWith(undefined)
    await lab.clock.pass(3)
    expect(lab.store.get(VMI, NAMESPACE, NAME)?.metadata.annotations ?? {}).not.to.include.keys(LAB_CPU_SHARE)
  })
})
