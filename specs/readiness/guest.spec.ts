import { assert } from 'chai'
import {
  criterion,
  holderOf,
  isUsable,
  writeCpuList,
  prepared,
  type PreparedGuest,
  reach,
  type Witness,
} from '../../support/readiness/index.ts'

describe('guest', () => {
  before('log in to both guests and configure them', reach(prepared))

  criterion(
    'guest.vm-under-test-cpus',
    'isolates the CPUs of the VM under test',
    prepared,
    ({ vmUnderTest }, witness) => {
      mustBeIsolated(vmUnderTest, witness)
    },
  )

  criterion(
    'guest.traffic-generator-cpus',
    'isolates the CPUs of the traffic generator',
    prepared,
    ({ trafficGenerator }, witness) => {
      mustBeIsolated(trafficGenerator, witness)
    },
  )

  criterion(
    'guest.hugepages',
    'has hugepages of 1 GiB in the VM under test',
    prepared,
    ({ vmUnderTest }, witness) => {
      witness('hugepages of 1 GiB', vmUnderTest.hugepages1Gi)
      assert(vmUnderTest.hugepages1Gi > 0, 'the VM under test has no hugepages of 1 GiB')
    },
  )

  criterion(
    'guest.nics-bound',
    'binds the ports to the drivers that DPDK wants',
    prepared,
    (facts, witness) => {
      const complaints: string[] = []
      for (const { plan, nics } of [facts.vmUnderTest, facts.trafficGenerator]) {
        for (const nic of nics) {
          const where = `${nic.port} port of the ${plan.title}`
          witness(`driver of the ${where}`, nic.driver)
          if (isUsable(nic)) continue
          for (const line of nic.said) witness(`the guest says of the ${where}`, line)
          complaints.push(
            `the ${where} is not bound to ${nic.wantedDriver ?? 'any driver'} (${holderOf(nic)})`,
          )
        }
      }
      assert(complaints.length === 0, complaints.join('; '))
    },
  )
})

function mustBeIsolated({ plan, isolation }: PreparedGuest, witness: Witness): void {
  const { wanted, isolated, missing, method, problem, rebooted } = isolation
  witness('CPUs to isolate', writeCpuList(wanted))
  witness('isolated CPUs', writeCpuList(isolated) || 'none')
  if (method !== undefined) witness('isolated by', method)
  if (problem !== undefined) witness('the guest says', problem)
  assert(
    missing.length === 0,
    `CPUs ${writeCpuList(missing)} of the ${plan.title} are not isolated${rebooted ? ' after its reboot' : ''}`,
  )
}
