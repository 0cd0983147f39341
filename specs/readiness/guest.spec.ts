import { assert } from 'chai'
import {
  criterion,
  holderOf,
  isUsable,
  writeCpuList,
  prepared,
  type PreparedGuest,
  reach,
  TITLES,
  type Witness,
} from '../../support/readiness/index.ts'

describe('guest', () => {
  before('log in to both guests and configure them', reach(prepared))

  criterion(
    'guest.vm-under-test-cpus',
    'isolates the CPUs of the VM under test',
    prepared,
    ({ guests }, witness) => {
      mustBeIsolated(guests['vm-under-test'], witness)
    },
  )

  criterion(
    'guest.traffic-generator-cpus',
    'isolates the CPUs of the traffic generator',
    prepared,
    ({ guests }, witness) => {
      mustBeIsolated(guests['traffic-generator'], witness)
    },
  )

  criterion(
    'guest.hugepages',
    'has hugepages of 1 GiB in the VM under test',
    prepared,
    ({ guests }, witness) => {
      const { hugepages1Gi } = guests['vm-under-test']
      witness('hugepages of 1 GiB', hugepages1Gi)
      assert(hugepages1Gi > 0, 'the VM under test has no hugepages of 1 GiB')
    },
  )

  criterion(
    'guest.nics-bound',
    'binds the ports to the drivers that DPDK wants',
    prepared,
    ({ guests }, witness) => {
      const complaints: string[] = []
      for (const { plan, nics } of Object.values(guests)) {
        for (const nic of nics) {
          const where = `${nic.port} port of the ${TITLES[plan.role]}`
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
    `CPUs ${writeCpuList(missing)} of the ${TITLES[plan.role]} are not isolated${rebooted ? ' after its reboot' : ''}`,
  )
}
