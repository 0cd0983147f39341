/** The files in /proc and /sys of a guest that the suite reads, and its distribution's files. */
import { cpuList } from './cpu-set.ts'
import type { GuestFiles } from './guest-files.ts'
import type { Machine } from './machine.ts'

export interface Mount {
  readonly source: string
  readonly target: string
  readonly type: string
  readonly options: string
}

/** The state that these files show. */
export interface Kernel {
  readonly machine: Machine
  readonly files: GuestFiles
  readonly bootId: string
  readonly kernelArguments: string
  readonly cpus: readonly number[]
  readonly isolated: readonly number[]
  readonly housekeeping: readonly number[]
  readonly mounts: readonly Mount[]
  readonly hugepages: number
  readonly hugepagesInUse: number
}

export function mountKernelFiles(kernel: Kernel): void {
  addProc(kernel)
  addCpus(kernel)
  addHugepages(kernel)
  addNuma(kernel)
  addDistribution(kernel)
}

function addProc(kernel: Kernel): void {
  const { files, machine, cpus } = kernel
  const [release, version] = machine.profile.kernel
  files.addLive('/proc/cmdline', { read: () => `${kernel.kernelArguments}\n` })
  files.add('/proc/sys/kernel/random/boot_id', `${kernel.bootId}\n`)
  files.add('/proc/sys/kernel/osrelease', `${release}\n`)
  files.add('/proc/version', `Linux version ${release} ${version}\n`)
  const startedAt = performance.now()
  files.addLive('/proc/uptime', {
    read: () =>
      `${((performance.now() - startedAt) / 1000 / (machine.faults.slowClock ?? 1)).toFixed(2)} 0.00\n`,
  })
  addActivity(kernel, startedAt)
  addThreads(kernel, startedAt)
  files.addLive('/proc/mounts', {
    read: () => kernel.mounts.map((m) => `${m.source} ${m.target} ${m.type} ${m.options} 0 0\n`).join(''),
  })
  // tuned sets systemd's CPU affinity, which all its children inherit, to the other CPUs; isolcpus= has the same
  // effect.
  files.add(
    '/proc/1/status',
    `Name:\tsystemd\nPid:\t1\nCpus_allowed_list:\t${cpuList(kernel.housekeeping)}\n`,
  )
  const { threads } = machine.spec.cpu
  const blocks = cpus.map((cpu) =>
    [
      `processor\t: ${cpu}`,
      'vendor_id\t: GenuineIntel',
      'model name\t: Simulated processor',
      `siblings\t: ${cpus.length}`,
      `core id\t\t: ${Math.floor(cpu / threads)}`,
      '',
    ].join('\n'),
  )
  files.add('/proc/cpuinfo', `${blocks.join('\n')}\n`)
}

/** The CPUs' activity since the guest booted. Stolen time is counted in USER_HZ, which is 100. */
function addActivity({ files, machine, cpus }: Kernel, startedAt: number): void {
  const { interrupts = 0, stolen = 0 } = machine.faults
  const seconds = () => (performance.now() - startedAt) / 1000
  const columns = (count: number) => cpus.map(() => String(count).padStart(10)).join(' ')
  files.addLive('/proc/stat', {
    read: () => {
      const steal = Math.floor(seconds() * stolen * 100)
      return `cpu  0 0 0 0 0 0 0 ${steal * cpus.length} 0 0\n${cpus.map((cpu) => `cpu${cpu} 0 0 0 0 0 0 0 ${steal} 0 0\n`).join('')}`
    },
  })
  files.addLive('/proc/interrupts', {
    read: () =>
      [
        `     ${cpus.map((cpu) => `CPU${cpu}`.padStart(10)).join(' ')}`,
        `  4: ${columns(0)}   IO-APIC   4-edge      ttyS0`,
        ` 25: ${columns(Math.floor(seconds() * interrupts))}   PCI-MSI 81920-edge      virtio0-req.0`,
        `LOC: ${columns(Math.floor(seconds()))}   Local timer interrupts`,
        '',
      ].join('\n'),
  })
}

/** Threads, and how long they waited for a CPU. If two threads want the same CPU, one of them always waits. */
function addThreads({ files, machine, cpus }: Kernel, startedAt: number): void {
  const { busyLoop } = machine.faults
  const seconds = () => (performance.now() - startedAt) / 1000
  const stat = (tid: number, name: string, state: string, cpu: number, ticks: number) =>
    `${tid} (${name}) ${state} 1 ${tid} ${tid} 0 -1 4194304 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 100 ${'0 '.repeat(16)}${cpu} 0 0 0 0 0 0 0 0 0 0 0 0 0\n`
  files.add('/proc/1/task/1/stat', stat(1, 'systemd', 'S', 0, 150))
  if (busyLoop !== undefined)
    files.addLive('/proc/812/task/812/stat', {
      read: () => stat(812, busyLoop.name, 'R', busyLoop.cpu, Math.floor(seconds() * 50) + 100),
    })
  files.addLive('/proc/schedstat', {
    read: () =>
      [
        'version 15',
        'timestamp 4295000000',
        ...cpus.flatMap((cpu) => [
          `cpu${cpu} 0 0 0 0 0 0 1000000 ${cpu === busyLoop?.cpu ? Math.floor(seconds() * 1e9) : 120_000} 40`,
          'domain0 ff 0 0 0 0 0 0 0 0',
        ]),
        '',
      ].join('\n'),
  })
}

function addCpus({ files, cpus, isolated, machine }: Kernel): void {
  const folder = '/sys/devices/system/cpu'
  for (const name of ['online', 'present']) files.add(`${folder}/${name}`, `${cpuList(cpus)}\n`)
  const { sockets, cores, threads, maxSockets = sockets } = machine.spec.cpu
  files.add(`${folder}/possible`, `${cpuList([...Array(maxSockets * cores * threads).keys()])}\n`)
  const list = cpuList(isolated)
  files.add(`${folder}/isolated`, `${machine.profile.isolation === 'tuned' ? '' : list}\n`)
  files.add(`${folder}/nohz_full`, `${list === '' ? '(null)' : list}\n`)
}

function addHugepages(kernel: Kernel): void {
  const { files } = kernel
  const folder = (kiB: number) => `/sys/kernel/mm/hugepages/hugepages-${kiB}kB`
  const big = folder(1024 * 1024)
  files.addLive(`${big}/nr_hugepages`, { read: () => `${kernel.hugepages}\n` })
  files.addLive(`${big}/free_hugepages`, { read: () => `${kernel.hugepages - kernel.hugepagesInUse}\n` })
  for (const name of ['nr_hugepages', 'free_hugepages']) files.add(`${folder(2048)}/${name}`, '0\n')
  files.mkdirSync('/sys/kernel/iommu_groups', { recursive: true })
  files.mkdirSync('/mnt/huge', { recursive: true })
}

/**
 * One NUMA node, like a guest that does not see its node's NUMA nodes. With the fault `apart` the last two CPUs are
 * on a second node (Documentation/ABI/stable/sysfs-devices-node).
 */
function addNuma(kernel: Kernel): void {
  const { files, cpus, machine } = kernel
  const isApart = machine.faults.numa === 'apart'
  const nodes = isApart ? [cpus.slice(0, -2), cpus.slice(-2)] : [cpus]
  nodes.forEach((own, id) => {
    const folder = `/sys/devices/system/node/node${id}`
    files.add(`${folder}/cpulist`, `${cpuList(own)}\n`)
    files.addLive(`${folder}/hugepages/hugepages-1048576kB/nr_hugepages`, {
      read: () => `${id === 0 ? kernel.hugepages : 0}\n`,
    })
    files.add(`${folder}/hugepages/hugepages-2048kB/nr_hugepages`, '0\n')
  })
}

function addDistribution({ files, machine }: Kernel): void {
  const { osRelease, hostname } = machine.profile
  const lines = Object.entries(osRelease).map(([key, value]) => `${key}="${value}"\n`)
  files.install('/etc/os-release', lines.join(''))
  files.install('/etc/hostname', `${hostname}\n`)
  files.mkdirSync('/run/systemd/system', { recursive: true })
  for (const [path, content] of Object.entries(machine.profile.files)) files.install(path, content)
}
