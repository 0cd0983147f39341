/** Hugepages in a guest: their number, and their mount point. */
import { quote } from '../../common/shell-quote.ts'
import type { Limits } from '../../common/wait.ts'
import type { Shell } from '../console/shell.ts'
import { quoteTail } from '../../common/sentence.ts'

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
  /** Why it could not be mounted: the guest's output. */
  readonly problem?: string
}

/** Mount point of hugetlbfs: the images mount it there, otherwise the suite does. */
export const HUGEPAGE_MOUNT = '/mnt/huge'

const GIB_IN_KIB = 1024 * 1024
const SYSFS = '/sys/kernel/mm/hugepages'
/** No kernel prints numbers with more digits; such a line is ignored. */
const POOL = /^pool \S*hugepages-(\d{1,9})kB (\d{1,9}) (\d{1,9})$/gm

/**
 * Reads the pools, and mounts hugetlbfs unless it is mounted, by one command. Missing pages are a fact, not an error.
 */
export async function prepareHugepages(
  shell: Shell,
  limits: Limits,
  mountPoint = HUGEPAGE_MOUNT,
): Promise<HugepageFacts> {
  const output = await shell.check(`${READ_POOLS}; ${mount(mountPoint)}`, limits)
  const [, failure] = /^mount failed: ?([^]*)/m.exec(output) ?? []
  const pools = parsePools(output)
  const big = pools.find(({ sizeKiB, total }) => sizeKiB === GIB_IN_KIB && total > 0)
  return {
    pools,
    oneGiB: { total: big?.total ?? 0, free: big?.free ?? 0 },
    mountPoint,
    mounted: failure === undefined,
    ...(failure === undefined ? {} : { problem: quoteTail(failure, 500) }),
  }
}

/** Uses only the shell; sets `$big` to the number of pages of 1 GiB. */
const READ_POOLS =
  `big=0; for d in ${SYSFS}/hugepages-*kB; do if [ -d $d ]; then ` +
  'read -r n <$d/nr_hugepages; read -r f <$d/free_hugepages; echo "pool $d $n $f"; ' +
  `case $d in *-${GIB_IN_KIB}kB) big=$n;; esac; fi; done`

function mount(mountPoint: string): string {
  const at = quote(mountPoint)
  const isMounted = `grep -qs ${quote(` ${mountPoint} hugetlbfs `)} /proc/mounts`
  const options = '$([ "$big" = 0 ] || echo "-o pagesize=1G")'
  const attempt = `mkdir -p ${at} && mount -t hugetlbfs ${options} hugetlbfs ${at}`
  return `${isMounted} || w=$( { ${attempt}; } 2>&1 ) || echo "mount failed: $w"`
}

function parsePools(output: string): HugepagePool[] {
  const pools = [...output.matchAll(POOL)].map(([, size, total, free]) => ({
    sizeKiB: Number(size),
    total: Number(total),
    free: Number(free),
  }))
  return pools.sort((a, b) => a.sizeKiB - b.sizeKiB)
}
