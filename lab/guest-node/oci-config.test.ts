import { expect } from 'chai'
import { ContainerLog } from '../workloads/container-log.ts'
import type { ContainerPlan } from '../workloads/container-runtime.ts'
import { capabilitySets } from './container-capabilities.ts'
import { CpuManager } from './cpu-manager.ts'
import { type ContainerAllocation, ociConfig, toJson } from './oci-config.ts'

const CRIO = { inheritableCapabilities: true, memlock: { soft: -1, hard: -1 } }
const NEEDED = ['CAP_IPC_LOCK', 'CAP_SYS_RESOURCE']

const PLAN: ContainerPlan = {
  podUid: 'uid',
  podName: 'tap',
  namespace: 'dpdktest',
  name: 'testpmd',
  image: 'testpmd',
  command: { args: ['sh', '/testpmd/entrypoint.sh'], workingDir: '', env: { TAP_QUEUES: '1' } },
  user: { uid: 1001, gid: 2001 },
  supplementalGroups: [3, 2002],
  noNewPrivileges: true,
  capabilities: { add: ['IPC_LOCK', 'SYS_RESOURCE'], drop: ['ALL'] },
  privileged: false,
  readOnlyRoot: false,
  seccomp: 'Unconfined',
  cpus: 4,
  memoryBytes: 2 ** 30,
  hugepages: { '1Gi': 2 ** 30 },
  resources: {},
  networks: [],
  folder: '/nowhere',
  log: new ContainerLog(),
  mounts: [
    { kind: 'files', source: '/scripts', target: '/testpmd', writable: false },
    { kind: 'emptyDir', source: '/empty', target: '/run/testpmd', writable: true },
    { kind: 'hugepages', source: '/huge', target: '/mnt/huge', writable: true },
  ],
}
const ALLOCATION: ContainerAllocation = {
  id: 'uid-1',
  folder: '/run/pods/uid-1',
  cpus: [2, 3, 4, 5],
  crio: CRIO,
  hostNetwork: false,
  devices: [
    { path: '/dev/vfio/12', major: 245, minor: 0 },
    { path: '/dev/vfio/vfio', major: 10, minor: 196 },
  ],
  variables: { PCIDEVICE_OPENSHIFT_IO_VFIO_PCI_0: '0000:01:00.0' },
}

interface Config {
  readonly process: {
    readonly user: object
    readonly env: readonly string[]
    readonly cwd: string
    readonly capabilities: Readonly<Record<string, readonly string[]>>
    readonly rlimits: readonly object[]
    readonly noNewPrivileges: boolean
  }
  readonly mounts: readonly {
    readonly destination: string
    readonly type: string
    readonly source: string
    readonly options: readonly string[]
  }[]
  readonly linux: {
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[]
    readonly devices: readonly object[]
    readonly resources: { readonly devices: readonly object[]; readonly [name: string]: unknown }
  }
}
const config = (plan: Partial<ContainerPlan> = {}, allocation: Partial<ContainerAllocation> = {}) =>
  ociConfig({ ...PLAN, ...plan }, { ...ALLOCATION, ...allocation }) as Config

describe('the OCI configuration of a container in a lab node', () => {
  it('has the user, groups and capabilities of the plan, and the limits of CRI-O', () => {
    const { process } = config()
    expect(process.user).to.deep.equal({ uid: 1001, gid: 2001, additionalGids: [3, 2002] })
    expect(process.capabilities).to.deep.equal({
      bounding: NEEDED,
      effective: NEEDED,
      permitted: NEEDED,
      inheritable: NEEDED,
      ambient: [],
    })
    expect(process).to.deep.include({ noNewPrivileges: true, cwd: '/' })
    expect(process.env).to.include.members(['TAP_QUEUES=1', 'PCIDEVICE_OPENSHIFT_IO_VFIO_PCI_0=0000:01:00.0'])
    expect(toJson(config())).to.include(
      '"rlimits":[{"type":"RLIMIT_MEMLOCK","soft":18446744073709551615,"hard":18446744073709551615}]',
    )
  })

  it('has nothing inheritable, and little memory to lock, where CRI-O was not told', () => {
    const { process } = config(
      {},
      { crio: { inheritableCapabilities: false, memlock: { soft: 1, hard: 2 } } },
    )
    expect(process.capabilities['inheritable']).to.deep.equal([])
    expect(process.rlimits).to.deep.equal([{ type: 'RLIMIT_MEMLOCK', soft: 1, hard: 2 }])
  })

  it('lets the container have the devices it was given, as its user, and no others', () => {
    const { linux } = config()
    expect(linux.devices).to.deep.equal([
      { path: '/dev/vfio/12', type: 'c', major: 245, minor: 0, fileMode: 0o660, uid: 1001, gid: 2001 },
      { path: '/dev/vfio/vfio', type: 'c', major: 10, minor: 196, fileMode: 0o666, uid: 1001, gid: 2001 },
    ])
    expect(linux.resources.devices).to.deep.equal([
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 245, minor: 0, access: 'rw' },
      { allow: true, type: 'c', major: 10, minor: 196, access: 'rw' },
    ])
    expect(linux.resources).to.deep.include({
      cpu: { cpus: '2,3,4,5' },
      memory: { limit: 2 ** 30 },
      hugepageLimits: [{ pageSize: '1GB', limit: 2 ** 30 }],
    })
    expect(linux.namespaces).to.deep.include({ type: 'network', path: '/run/netns/uid-1' })
  })

  it('mounts volumes for the fsGroup', () => {
    const volumes = config().mounts.slice(-3)
    expect(volumes.map(({ destination, type, source }) => [destination, type, source])).to.deep.equal([
      ['/testpmd', 'bind', '/run/pods/uid-1/volumes/0'],
      ['/run/testpmd', 'tmpfs', 'tmpfs'],
      ['/mnt/huge', 'hugetlbfs', 'hugetlbfs'],
    ])
    expect(volumes[0]?.options).to.include('ro')
    expect(volumes[1]?.options).to.include.members(['gid=2002', 'mode=2777', 'rw'])
    expect(volumes[2]?.options).to.deep.equal(['pagesize=1G', 'rw', 'gid=2002', 'mode=2775'])
    expect(() => config({ hugepages: {} })).to.throw('asks for no hugepages to have at /mnt/huge')
  })

  it('leaves a privileged container everything', () => {
    const { process, linux } = config({ privileged: true })
    expect(process.noNewPrivileges).to.equal(false)
    expect(process.capabilities['effective']).to.include('CAP_SYS_ADMIN').and.to.have.length(41)
    expect(linux.resources.devices).to.deep.equal([{ allow: true, access: 'rwm' }])
  })

  it('refuses system calls where the runtime shall, but those a capability is for', () => {
    const seccompOf = (plan: Partial<ContainerPlan>) =>
      (config(plan).linux as { seccomp?: { syscalls: readonly { names: readonly string[] }[] } }).seccomp
    expect(seccompOf({})).to.equal(undefined)
    const refused = seccompOf({ seccomp: 'RuntimeDefault' })?.syscalls[0]?.names
    expect(refused).to.include.members(['mount', 'unshare', 'mbind', 'keyctl'])
    const add = ['SYS_NICE']
    const lifted = seccompOf({ seccomp: 'RuntimeDefault', capabilities: { add, drop: ['ALL'] } })?.syscalls[0]
    expect(lifted?.names).to.include('mount').and.not.to.include('mbind')
  })

  it('adds to what CRI-O gives, takes from it, and knows what Linux has', () => {
    const sets = (add: string[], drop: string[]) =>
      capabilitySets({ capabilities: { add, drop }, privileged: false }, false).bounding
    expect(sets([], [])).to.include('CAP_CHOWN').and.to.have.length(9)
    expect(sets(['NET_RAW'], ['CHOWN']))
      .to.include('CAP_NET_RAW')
      .and.not.to.include('CAP_CHOWN')
    expect(sets(['ALL'], ['SYS_ADMIN'])).to.have.length(40)
    expect(() => sets(['NETADMIN'], [])).to.throw('unknown capability "CAP_NETADMIN"')
  })
})

describe("a lab node's CPU manager", () => {
  const manager = () => new CpuManager({ cpus: 8, threadsPerCore: 2, reserved: 2 })

  it('gives whole cores to one container each, and the rest to those that ask for none', () => {
    const cpus = manager()
    expect(cpus.take('a', 4)).to.deep.equal([2, 3, 4, 5])
    expect(cpus.take('b', 0)).to.deep.equal([0, 1, 6, 7])
    expect(cpus.take('c', 2)).to.deep.equal([6, 7])
    cpus.release('a')
    expect(cpus.take('d', 4)).to.deep.equal([2, 3, 4, 5])
  })

  it('refuses half a core, and more than there is', () => {
    expect(() => manager().take('a', 3)).to.throw('requested 3 cpus not multiple cpus per core = 2')
    expect(() => manager().take('a', 8)).to.throw('requested=8, available=6')
  })
})
