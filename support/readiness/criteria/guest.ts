/** CPUs, hugepages and ports of both guests, before their programs start. */
import { assert } from 'chai'
import { holderOf, isUsable } from '../../guest/facts/pci-binding.ts'
import { writeCpuList } from '../../model/cpu-list.ts'
import { describeApart } from '../../model/numa.ts'
import { TITLES } from '../../model/role.ts'
import { skipCriterion } from '../../run/criterion.ts'
import type { RecordFact } from '../../run/criterion-record.ts'
import type { PreparedGuest } from '../prepare.ts'
import type { ReadinessCriterion } from './stage-facts.ts'
import { cpuStalls } from './stalls.ts'

export const GUEST: readonly ReadinessCriterion[] = [
  {
    id: 'guest.vm-under-test-cpus',
    title: 'the CPUs of the VM under test are isolated',
    rationale: "While a task of the guest's kernel runs on a polling CPU, packets are lost.",
    remediation: 'Use an image in which isolcpus or tuned isolates the CPUs.',
    isEssential: true,
    stage: 'prepared',
    judge: ({ guests }, record) => {
      mustBeIsolated(guests['vm-under-test'], record)
    },
  },
  {
    id: 'guest.traffic-generator-cpus',
    title: 'the CPUs of the traffic generator are isolated',
    rationale:
      'A generator whose CPUs are interrupted sends in bursts, and bursts cause losses that a steady load does not.',
    remediation: 'Use an image in which isolcpus or tuned isolates the CPUs.',
    guardsHonesty: true,
    isEssential: true,
    stage: 'prepared',
    judge: ({ guests }, record) => {
      mustBeIsolated(guests['traffic-generator'], record)
    },
  },
  {
    id: 'guest.hugepages',
    title: 'the VM under test has 1 GiB hugepages',
    rationale: 'DPDK allocates its packet buffers from hugepages.',
    remediation: 'Use an image whose kernel arguments reserve hugepages of 1 GiB.',
    isEssential: true,
    stage: 'prepared',
    judge: ({ guests }, record) => {
      const { hugepages1Gi } = guests['vm-under-test']
      record('hugepages of 1 GiB', hugepages1Gi)
      assert(hugepages1Gi > 0, 'the VM under test has no hugepages of 1 GiB')
    },
  },
  {
    id: 'guest.nics-bound',
    title: 'the ports are bound to the drivers that DPDK needs',
    rationale: 'DPDK reaches a port only through the driver that its NIC needs.',
    remediation: 'Load vfio-pci, or the driver of the NIC, in the image, and bind the ports to this driver.',
    isEssential: true,
    stage: 'prepared',
    judge: ({ guests }, record) => {
      const violations: string[] = []
      for (const { plan, nics } of Object.values(guests)) {
        for (const nic of nics) {
          const where = `${nic.port} port of the ${TITLES[plan.role]}`
          record(`driver of the ${where}`, nic.driver)
          if (isUsable(nic)) continue
          for (const line of nic.messages) record(`the guest says of the ${where}`, line)
          violations.push(
            `the ${where} is not bound to ${nic.wantedDriver ?? 'any driver'} (${holderOf(nic)})`,
          )
        }
      }
      assert(violations.length === 0, violations.join('; '))
    },
  },
  {
    id: 'guest.numa-aligned',
    title: 'VFs, CPUs and hugepages of each VM are on one NUMA node',
    rationale:
      'A VF that works with memory or CPUs of another NUMA node loses a large part of its throughput.',
    remediation:
      "Set the kubelets' topologyManagerPolicy to single-numa-node, and guestMappingPassthrough in the VMs.",
    mustIn: ['performance'],
    stage: 'prepared',
    judge: ({ guests }, record) => {
      const all = Object.values(guests).map(({ plan, numa }) => ({ title: TITLES[plan.role], numa }))
      for (const { title, numa } of all)
        if (numa.shownBy.length > 0) record(`${title}, shown by`, numa.shownBy.join(', '))
      const apart = all.flatMap(({ title, numa }) => {
        const where = describeApart(numa)
        return where === undefined ? [] : [`the ${title} has its ${where}`]
      })
      assert(apart.length === 0, apart.join('; '))
      const unknown = all.filter(({ numa }) => numa.missing.length > 0)
      const byParts = [...Map.groupBy(unknown, ({ numa }) => numa.missing.join(', '))]
      const of = byParts.map(
        ([parts, both]) => `${parts} of the ${both.map(({ title }) => title).join(' and the ')}`,
      )
      const why = new Set(unknown.flatMap(({ numa }) => numa.unknown))
      if (unknown.length > 0) skipCriterion(`unknown for ${of.join(', ')}: ${[...why].join('; ')}`)
    },
  },
  cpuStalls,
]

function mustBeIsolated({ plan, isolation }: PreparedGuest, record: RecordFact): void {
  const { wanted, isolated, missing, method, problem, rebooted } = isolation
  record('CPUs to isolate', writeCpuList(wanted))
  record('isolated CPUs', writeCpuList(isolated) || 'none')
  if (method !== undefined) record('isolated by', method)
  if (problem !== undefined) record('the guest says', problem)
  assert(
    missing.length === 0,
    `CPUs ${writeCpuList(missing)} of the ${TITLES[plan.role]} are not isolated${rebooted ? ' after its reboot' : ''}`,
  )
}
