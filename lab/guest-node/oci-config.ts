/** A container's OCI runtime configuration (config.json, runtime-spec 1.0.2), as CRI-O writes it for crun. */
import type { ContainerPlan } from '../workloads/container-runtime.ts'
import { capabilitySets } from './container-capabilities.ts'
import { type CrioSettings, UNLIMITED } from './machine-config.ts'
import { runtimeDefault } from './seccomp.ts'

/** A character device of the node. */
export interface NodeDevice {
  readonly path: string
  readonly major: number
  readonly minor: number
}

export interface ContainerAllocation {
  /** The container's id for crun, also the name of its network namespace and its cgroup. */
  readonly id: string
  /** A folder in the node with the container's files. */
  readonly folder: string
  readonly cpus: readonly number[]
  /** The devices that the device plugin assigned. */
  readonly devices: readonly NodeDevice[]
  /** Environment variables `PCIDEVICE_…`. */
  readonly variables: Readonly<Record<string, string>>
  readonly crio: CrioSettings
  /** Whether the container uses the node's network namespace. */
  readonly hostNetwork: boolean
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** A placeholder: JavaScript cannot represent 2^64 - 1 exactly, so `toJson` writes the number. */
const RLIM_INFINITY = 'RLIM_INFINITY'

export interface OciProcess {
  readonly args: readonly string[]
  readonly [field: string]: unknown
}

/** The container's first process. Later processes differ only in their arguments. */
export function ociProcess(
  plan: ContainerPlan,
  allocation: ContainerAllocation,
  args: readonly string[],
): OciProcess {
  const { command, user, supplementalGroups, noNewPrivileges, privileged } = plan
  const env = { PATH, ...command.env, ...allocation.variables }
  const { soft, hard } = allocation.crio.memlock
  const limit = (bytes: number) => (bytes === UNLIMITED ? RLIM_INFINITY : bytes)
  return {
    terminal: false,
    user: { ...user, additionalGids: supplementalGroups },
    args: args,
    env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    cwd: command.workingDir || '/',
    capabilities: capabilitySets(plan, allocation.crio.inheritableCapabilities),
    rlimits: [{ type: 'RLIMIT_MEMLOCK', soft: limit(soft), hard: limit(hard) }],
    noNewPrivileges: noNewPrivileges && !privileged,
  }
}

export function ociConfig(plan: ContainerPlan, allocation: ContainerAllocation): object {
  const { id, cpus, devices, hostNetwork } = allocation
  const { privileged, memoryBytes, hugepages } = plan
  const { bounding } = capabilitySets(plan, false)
  const namespaces = ['pid', 'ipc', 'uts', 'mount', 'cgroup'].map((type) => ({ type }))
  return {
    ociVersion: '1.0.2',
    hostname: plan.podName.slice(0, 63),
    process: ociProcess(plan, allocation, plan.command.args),
    root: { path: 'rootfs', readonly: plan.readOnlyRoot },
    mounts: [
      ...baseMounts(privileged),
      ...plan.mounts.map((_, index) => volumeMount(plan, allocation, index)),
    ],
    linux: {
      namespaces: [...namespaces, ...(hostNetwork ? [] : [{ type: 'network', path: `/run/netns/${id}` }])],
      devices: privileged ? [] : devices.map((device) => ownedDevice(device, plan)),
      resources: {
        devices: privileged
          ? [{ allow: true, access: 'rwm' }]
          : [
              { allow: false, access: 'rwm' },
              ...devices.map(({ major, minor }) => ({ allow: true, type: 'c', major, minor, access: 'rw' })),
            ],
        cpu: { cpus: cpus.join(',') },
        ...(memoryBytes === 0 ? {} : { memory: { limit: memoryBytes } }),
        hugepageLimits: Object.entries(hugepages).map(([size, limit]) => ({
          pageSize: size.replace(/i$/, 'B').replace(/^1024MB$/, '1GB'),
          limit,
        })),
      },
      cgroupsPath: `/pods/${id}`,
      ...(plan.seccomp === 'RuntimeDefault' ? { seccomp: runtimeDefault(bounding) } : {}),
      // CRI-O's default: every group may ping without CAP_NET_RAW.
      sysctl: hostNetwork ? {} : { 'net.ipv4.ping_group_range': '0 2147483647' },
      ...(privileged
        ? {}
        : {
            maskedPaths: [
              '/proc/acpi',
              '/proc/kcore',
              '/proc/keys',
              '/proc/latency_stats',
              '/proc/timer_list',
            ],
            readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
          }),
    },
  }
}

/** JSON with RLIM_INFINITY as the number that crun expects, 2^64 - 1. */
export function toJson(config: object): string {
  return JSON.stringify(config).replaceAll(`"${RLIM_INFINITY}"`, '18446744073709551615')
}

/** The container's user owns the device, as with CRI-O's `device_ownership_from_security_context`. */
function ownedDevice({ path, major, minor }: NodeDevice, { user }: ContainerPlan): object {
  // On a node, everybody may use the VFIO container device.
  const mode = path === '/dev/vfio/vfio' ? 0o666 : 0o660
  return { path, type: 'c', major, minor, fileMode: mode, uid: user.uid, gid: user.gid }
}

function baseMounts(privileged: boolean): object[] {
  const mount = (destination: string, type: string, ...options: string[]) => ({
    destination,
    type,
    source: type,
    options: ['nosuid', 'noexec', ...options],
  })
  const access = privileged ? 'rw' : 'ro'
  const dev = privileged
    ? [{ destination: '/dev', type: 'bind', source: '/dev', options: ['rbind', 'rw'] }]
    : [
        {
          destination: '/dev',
          type: 'tmpfs',
          source: 'tmpfs',
          options: ['nosuid', 'mode=755', 'size=65536k'],
        },
        mount('/dev/pts', 'devpts', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'),
        mount('/dev/shm', 'tmpfs', 'nodev', 'mode=1777', 'size=65536k'),
      ]
  return [
    mount('/proc', 'proc', 'nodev'),
    ...dev,
    mount('/sys', 'sysfs', 'nodev', access),
    mount('/sys/fs/cgroup', 'cgroup', 'nodev', access),
    mount('/tmp', 'tmpfs', 'nodev', 'mode=1777'),
    { destination: '/run', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'nodev', 'mode=755'] },
  ]
}

function volumeMount(plan: ContainerPlan, { folder }: ContainerAllocation, index: number): object {
  const mount = plan.mounts[index]
  if (mount === undefined) throw new TypeError('no such volume')
  const { kind, target, writable, pageSize } = mount
  const access = writable ? 'rw' : 'ro'
  // fsGroup is the last group. The kubelet makes such a volume writable for the group and lets new files inherit it.
  const fsGroup = plan.supplementalGroups.at(-1)
  const owned = fsGroup === undefined ? ['mode=0777'] : [`gid=${fsGroup}`, 'mode=2777']
  if (kind === 'hugepages') {
    const size = pageSize === undefined || pageSize === '' ? Object.keys(plan.hugepages)[0] : pageSize
    if (size === undefined) throw new Error(`the container asks for no hugepages to have at ${target}`)
    const group = fsGroup === undefined ? [] : [`gid=${fsGroup}`, 'mode=2775']
    const options = [`pagesize=${size.replace(/i$/, '')}`, access, ...group]
    return { destination: target, type: 'hugetlbfs', source: 'hugetlbfs', options }
  }
  return kind === 'emptyDir'
    ? { destination: target, type: 'tmpfs', source: 'tmpfs', options: ['nodev', access, ...owned] }
    : { destination: target, type: 'bind', source: `${folder}/volumes/${index}`, options: ['rbind', access] }
}
