/** Parts of a VM on different NUMA nodes of its node. */
import { describeApart } from '../../model/numa.ts'
import { ROLES, TITLES } from '../../model/role.ts'
import { type CauseEntry, evidence } from '../cause.ts'

export const NUMA_CAUSES: readonly CauseEntry[] = [
  {
    id: 'numa-apart',
    title: 'VFs, CPUs and hugepages of a VM are on different NUMA nodes',
    looksAt: 'the guest’s /sys/devices/system/node and numa_node of its ports',
    provedBy: 'CPUs on several NUMA nodes, or ports or hugepages on a NUMA node without these CPUs',
    remedy:
      'set the kubelets of the nodes for DPDK to place a whole pod on one NUMA node: topologyManagerPolicy: single-numa-node with cpuManagerPolicy: static and memoryManagerPolicy: Static (on OpenShift numa.topologyPolicy of the PerformanceProfile); do not set excludeTopology: true in the SriovNetworkNodePolicy; provide enough CPUs and hugepages on the NUMA node of the NIC; in your own VMs set dedicatedCpuPlacement and numa.guestMappingPassthrough, which shows the guest the node’s NUMA nodes',
    explains: ['guest.numa-aligned'],
    find: ({ guests }) => {
      const found = ROLES.flatMap((role) => {
        const numa = guests[role]?.numa
        const where = numa === undefined ? undefined : describeApart(numa)
        return where === undefined ? [] : [{ title: TITLES[role], where }]
      })
      if (found.length === 0) return undefined
      return {
        certainty: 'proved',
        sentence: found.map(({ title, where }) => `the ${title} has its ${where}`).join('; '),
        evidence: found.flatMap(({ title, where }) => evidence([`NUMA nodes in the ${title}`, where])),
      }
    },
  },
]
