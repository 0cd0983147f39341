/** Hugepages in a guest: how many there are, and where programs find them. */
import { quote } from '../common/shell-quote.ts'
import type { Limits } from '../common/wait.ts'
import type { Shell } from './shell.ts'
import { quoteTail } from './terminal-text.ts'

export interface HugepagePool {
  readonly sizeKiB: number
  readonly total: number
  readonly free: number
}

export interface HugepageFacts {
  /** One per size the kernel knows, ascending. */
  readonly pools: readonly HugepagePool[]
  /** Pages of 1 GiB. */
  readonly oneGiB: { readonly total: number; readonly free: number }
  /** Where hugetlbfs is mounted. */
  readonly mountPoint: string
  readonly mounted: boolean
  /** What stood in the way of mounting it, in the guest's own words. */
  readonly problem?: string
}

const GIB_IN_KIB = 1024 * 1024
const SYSFS = '/sys/kernel/mm/hugepages'

/** Reads the pools, and mounts hugetlbfs where it is not mounted yet. Missing pages are a fact, not an error. */
export async function prepareHugepages(
  shell: Shell,
  limits: Limits,
  mountPoint = '/mnt/huge',
): Promise<HugepageFacts> {
  const pools = await readPools(shell, limits)
  const big = pools.find(({ sizeKiB, total }) => sizeKiB === GIB_IN_KIB && total > 0)
  const at = quote(mountPoint)
  const isMounted = `awk '$2 == "'${at}'" && $3 == "hugetlbfs" { found = 1 } END { exit !found }' /proc/mounts`
  const options = big === undefined ? '' : '-o pagesize=1G '
  const mount = `mkdir -p ${at} && mount -t hugetlbfs ${options}hugetlbfs ${at}`
  const { output, exitCode } = await shell.run(`${isMounted} || { ${mount}; }`, limits)
  return {
    pools,
    oneGiB: { total: big?.total ?? 0, free: big?.free ?? 0 },
    mountPoint,
    mounted: exitCode === 0,
    ...(exitCode === 0 ? {} : { problem: quoteTail(output, 500) }),
  }
}

async function readPools(shell: Shell, limits: Limits): Promise<HugepagePool[]> {
  const read = 'echo "pool $d $(cat $d/nr_hugepages) $(cat $d/free_hugepages)"'
  const output = await shell.check(
    `for d in ${SYSFS}/hugepages-*kB; do [ -d $d ] && ${read}; done; true`,
    limits,
  )
  const pools = [...output.matchAll(/^pool \S*hugepages-(\d+)kB (\d+) (\d+)$/gm)].map(
    ([, size, total, free]) => ({
      sizeKiB: Number(size),
      total: Number(total),
      free: Number(free),
    }),
  )
  return pools.sort((a, b) => a.sizeKiB - b.sizeKiB)
}
