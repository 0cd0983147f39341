/** The NUMA nodes of a guest's CPUs, hugepages and ports, as its kernel reports them. */
import { parseCpuList } from '../../model/cpu-list.ts'
import type { GuestNuma } from '../../model/numa.ts'
import { assertPciAddress, type PerPort, PORT_NAMES } from '../../model/ports.ts'

/** More than any machine has; output with more is not the kernel's. */
const MOST_NODES = 64

/**
 * Uses shell builtins only. Prints lines `numa <node> <cpus>`, `pages <node> <kB> <count>` and `at <address> <node>`.
 */
export function numaCommand(addresses: PerPort<string>): string {
  const list = PORT_NAMES.map((port) => assertPciAddress(addresses[port])).join(' ')
  return (
    'for d in /sys/devices/system/node/node[0-9]*; do [ ! -r $d/cpulist ] || { read -r c <$d/cpulist; echo "numa ${d##*node} $c"; ' +
    'for h in $d/hugepages/hugepages-*kB; do [ ! -r $h/nr_hugepages ] || { read -r n <$h/nr_hugepages; s=${h##*-}; ' +
    'echo "pages ${d##*node} ${s%kB} $n"; }; done; }; done; ' +
    `for a in ${list}; do f=/sys/bus/pci/devices/$a/numa_node; [ ! -r $f ] || { read -r n <$f; echo "at $a $n"; }; done`
  )
}

/** Ignores all other lines. */
export function parseNuma(output: string, addresses: PerPort<string>): GuestNuma {
  const pages = [...output.matchAll(/^pages (\d{1,4}) (\d{1,9}) (\d{1,9})\r?$/gm)].map(
    ([, id, size, count]) => ({
      id: Number(id),
      mebibytes: (Number(size) * Number(count)) / 1024,
    }),
  )
  const nodes = [...output.matchAll(/^numa (\d{1,4}) ?([\d,-]*)\r?$/gm)]
    .slice(0, MOST_NODES)
    .flatMap(([, id, list]) => {
      const cpus = cpusOf(list ?? '')
      if (cpus === undefined) return []
      const own = pages.filter((one) => one.id === Number(id))
      return [{ id: Number(id), cpus, hugepagesMiB: own.reduce((sum, { mebibytes }) => sum + mebibytes, 0) }]
    })
  const ports = PORT_NAMES.flatMap((port) => {
    const node = new RegExp(`^at ${addresses[port]} (-?\\d{1,4})\\r?$`, 'm').exec(output)?.[1]
    return node === undefined || node.startsWith('-') ? [] : [[port, Number(node)] as const]
  })
  return { nodes, ports: Object.fromEntries(ports) }
}

function cpusOf(list: string): readonly number[] | undefined {
  try {
    return parseCpuList(list)
  } catch {
    return undefined
  }
}
