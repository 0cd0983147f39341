import { expect } from 'chai'
import { type GuestCpu, LAB_CPU_SHARE, readGuestCpu } from '../common/lab-facts.ts'
import { exampleReport } from '../report/example.fixture.ts'
import { labSchema } from '../model/machines.ts'
import type { Traffic } from '../model/traffic.ts'
import { describeStarvation, labFacts } from './lab-cpu-share.ts'

const FITTING = { fittingPacketsPerSecond: 2000 }

function reading(at: number, cpus?: GuestCpu['cpus'], host?: GuestCpu['host']): GuestCpu {
  return { at, ...(cpus && { cpus }), ...(host && { host }), ...FITTING }
}

function trafficOf(name: 'passed' | 'lossy', packetsPerSecond: number): Traffic {
  const { traffic } = exampleReport(name)
  if (traffic === undefined) throw new Error('the example has no traffic')
  const { sentFor } = traffic
  const asked = { requestedPacketsPerSecond: packetsPerSecond, requestedDuration: sentFor }
  return { ...traffic, ...asked }
}

/** At the rate that the example's generator reached. */
function ownRate(name: 'passed' | 'lossy'): number {
  const { traffic } = exampleReport(name)
  return Math.floor(((traffic?.ledger.eastToWest.generatorTx ?? 0) * 1000) / (traffic?.sentFor ?? 1))
}

describe("what the lab's guests got of their machine", () => {
  it('is the part of the time they asked for in which they ran, of both guests together', () => {
    const before = [reading(1000, { ran: 500, waited: 100 }), reading(1000, { ran: 5000, waited: 0 })]
    const after = [reading(11_000, { ran: 3500, waited: 4100 }), reading(11_200, { ran: 7000, waited: 1000 })]
    const facts = labFacts(before, after)
    expect(facts).to.deep.equal({ cpuShare: 0.5, cpuRan: 5000, cpuWaited: 5000, ...FITTING })
    expect(labSchema.parse(facts)).to.deep.equal(facts)
  })

  it('is less by what the hypervisor took of this machine', () => {
    const before = [reading(0, { ran: 0, waited: 0 }, { busy: 1000, stolen: 100 })]
    const after = [reading(10_000, { ran: 3000, waited: 4000 }, { busy: 3000, stolen: 600 })]
    // The guests' CPUs ran 3 s in 4 s of this machine: a quarter was stolen.
    const { stolen, cpuShare } = labFacts(before, after) ?? {}
    expect(stolen).to.equal(0.25)
    expect(cpuShare).to.be.closeTo(3 / 8, 1e-9)
  })

  it('is not known where the host does not tell, never all of it', () => {
    const host = { busy: 10, stolen: 0 }
    const counted = reading(1000, { ran: 500, waited: 100 }, host)
    const later = reading(11_000, { ran: 3500, waited: 100 }, host)
    const cases: [(GuestCpu | undefined)[], (GuestCpu | undefined)[]][] = [
      [[reading(1000)], [reading(11_000)]],
      [[counted], [reading(11_000)]],
      [[undefined], [later]],
      [[counted], [undefined]],
      // The lab wrote no new reading, or the guest is another one.
      [[counted], [counted]],
      [[counted], [reading(11_000, { ran: 100, waited: 0 })]],
      [
        [counted, counted],
        [later, reading(11_000)],
      ],
    ]
    for (const [before, after] of cases) expect(labFacts(before, after)).to.deep.equal(FITTING)
  })

  it('is undefined on a real cluster', () => {
    expect(labFacts([], [])).to.equal(undefined)
    expect(labFacts([undefined], [undefined])).to.equal(undefined)
    for (const annotations of [{}, { [LAB_CPU_SHARE]: '{' }, { [LAB_CPU_SHARE]: '{"at":-1}' }])
      expect(readGuestCpu(annotations)).to.equal(undefined)
    const written = reading(1, { ran: 2, waited: 3 }, { busy: 4, stolen: 5 })
    expect(readGuestCpu({ [LAB_CPU_SHARE]: JSON.stringify(written) })).to.deep.equal(written)
  })
})

describe('the warning of a lab short of CPU time', () => {
  const starved = { cpuShare: 0.4199, ...FITTING }
  const fed = { cpuShare: 0.996, ...FITTING }

  it('is absent if nothing was lost and the rate was reached', () => {
    expect(describeStarvation(starved, trafficOf('passed', ownRate('passed')))).to.equal(undefined)
  })

  it('names the share and a rate to try if packets were lost or the rate was missed', () => {
    const sentence = "this machine gave the guests' CPUs 41 % of the CPU time they wanted"
    expect(describeStarvation(starved, trafficOf('passed', 1_000_000))).to.equal(
      `${sentence}: at 1,000,000 packets/s a loss in this lab says nothing about DPDK; try 2k`,
    )
    expect(describeStarvation(starved, trafficOf('lossy', ownRate('lossy')))).to.include(sentence)
    expect(
      describeStarvation({ ...starved, fittingPacketsPerSecond: 1500 }, trafficOf('passed', 1_000_000)),
    ).to.match(/try 1500$/)
  })

  it('suggests no lower rate if the rate fits the machine', () => {
    expect(describeStarvation(starved, trafficOf('lossy', 2000))).to.match(
      /DPDK; stop other programs on this machine and try again$/,
    )
  })

  it('does not explain the loss if the guests got the CPU time they wanted, at a rate that fits', () => {
    expect(describeStarvation(fed, trafficOf('lossy', 2000))).to.equal(
      "this machine gave the guests' CPUs 99 % of the CPU time they wanted",
    )
  })

  it('is that it is not known, where it is not', () => {
    expect(describeStarvation(FITTING, trafficOf('lossy', 2000))).to.equal(
      "the guests' share of this machine's CPU time is unknown",
    )
    expect(describeStarvation(FITTING, trafficOf('lossy', 40_000))).to.match(/is unknown: .* try 2k$/)
  })
})
