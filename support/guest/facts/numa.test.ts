import { expect } from 'chai'
import fc from 'fast-check'
import { CASES, hostileText } from '../../common/testing/hostile-text.ts'
import { FakeRoot } from '../testing/fake-root.ts'
import { numaCommand, parseNuma } from './numa.ts'

const PORTS = { east: '0000:06:00.0', west: '0000:07:00.0' }

/** A NUMA node's files in /sys (Documentation/ABI/stable/sysfs-devices-node and testing/sysfs-bus-pci). */
function node(id: number, cpulist: string, pages1Gi: number, pages2Mi = 0): Record<string, string> {
  const folder = `sys/devices/system/node/node${id}`
  return {
    [`${folder}/cpulist`]: `${cpulist}\n`,
    [`${folder}/hugepages/hugepages-1048576kB/nr_hugepages`]: `${pages1Gi}\n`,
    [`${folder}/hugepages/hugepages-2048kB/nr_hugepages`]: `${pages2Mi}\n`,
  }
}

async function numaOf(files: Record<string, string>) {
  await using root = await FakeRoot.create(files)
  const { output } = await root.shell.run(numaCommand(PORTS))
  return parseNuma(output, PORTS)
}

describe("a guest's NUMA nodes", () => {
  it('have its CPUs, its hugepages of all sizes and its ports', async () => {
    const files = {
      ...node(0, '0-1', 1, 512),
      ...node(1, '2-7', 0),
      'sys/bus/pci/devices/0000:06:00.0/numa_node': '1\n',
      'sys/bus/pci/devices/0000:07:00.0/numa_node': '-1\n',
    }
    expect(await numaOf(files)).to.deep.equal({
      nodes: [
        { id: 0, cpus: [0, 1], hugepagesMiB: 2048 },
        { id: 1, cpus: [2, 3, 4, 5, 6, 7], hugepagesMiB: 0 },
      ],
      ports: { east: 1 },
    })
  })

  it('are none where its kernel was built without them, or a port is missing', async () => {
    expect(await numaOf({})).to.deep.equal({ nodes: [], ports: {} })
  })

  it('may be without CPUs, as those of memory alone', async () => {
    expect((await numaOf(node(2, '', 1))).nodes).to.deep.equal([{ id: 2, cpus: [], hugepagesMiB: 1024 }])
  })

  it('are what makes sense of any output', () => {
    fc.assert(
      fc.property(
        fc.oneof(hostileText, fc.constantFrom('numa 0 9-1', 'numa 0 0-999999', 'at 0000:06:00.0 -7')),
        (output) => {
          const { nodes, ports } = parseNuma(output, PORTS)
          for (const { cpus, hugepagesMiB } of nodes)
            expect(cpus.length <= 8192 && hugepagesMiB >= 0).to.equal(true)
          for (const port of Object.values(ports)) expect(Number(port)).to.be.at.least(0)
        },
      ),
      CASES,
    )
  })
})
