import { expect } from 'chai'
import type { NumaPlacement } from '../../model/numa.ts'
import { type Role, ROLES } from '../../model/role.ts'
import { GUEST } from './guest.ts'

const TOGETHER: NumaPlacement = {
  cpus: [0],
  apart: [],
  missing: [],
  shownBy: ["the guest's NUMA nodes"],
  unknown: [],
}

/** What the criterion throws, and the facts that it records. */
function judge(changed: Partial<Record<Role, Partial<NumaPlacement>>>) {
  const criterion = GUEST.find(({ id }) => id === 'guest.numa-aligned')
  const guests = Object.fromEntries(
    ROLES.map((role) => [role, { plan: { role }, numa: { ...TOGETHER, ...changed[role] } }]),
  )
  const seen: string[] = []
  const record = (what: string, value: unknown) => void seen.push(`${what}: ${String(value)}`)
  let thrown = ''
  try {
    criterion?.judge({ guests } as never, record)
  } catch (error) {
    thrown = (error as Error).constructor.name + ': ' + (error as Error).message
  }
  return { thrown, seen }
}

describe('the criterion of NUMA nodes', () => {
  it('is met where both VMs are each on one, and says what shows it', () => {
    expect(judge({})).to.deep.equal({
      thrown: '',
      seen: [
        "VM under test, shown by: the guest's NUMA nodes",
        "traffic generator, shown by: the guest's NUMA nodes",
      ],
    })
  })

  it('is not met where parts of one are apart, whatever is not known of the other', () => {
    const { thrown } = judge({
      'traffic-generator': { apart: [{ what: 'west port', nodes: [1] }] },
      'vm-under-test': { missing: ['VFs'], unknown: ['why'] },
    })
    expect(thrown).to.equal(
      'AssertionError: the traffic generator has its west port on NUMA node 1, and its CPUs on 0',
    )
  })

  it('is skipped where parts are not known, with each reason once', () => {
    const hidden = { missing: ['VFs', 'hugepages'], unknown: ['hidden'], shownBy: [] } as const
    expect(judge({ 'vm-under-test': hidden, 'traffic-generator': hidden })).to.deep.equal({
      thrown:
        'CriterionSkipped: unknown for VFs, hugepages of the VM under test and the traffic generator: hidden',
      seen: [],
    })
  })
})
