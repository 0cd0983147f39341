/**
 * The lab of the rootless suite: an API server with OpenShift's additions, a node that is a real guest with VFs
 * behind an emulated IOMMU, and a second guest at the other end of the link, which is the tap's gateway.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../support/common/logger.ts'
import { LabError } from './lab-error.ts'
import type { KubeObject, Store } from './apiserver/contract.ts'
import { createObjects } from './apply.ts'
import { assembleLab } from './assemble-lab.ts'
import { crioSettings } from './guest-node/machine-config.ts'
import { EmbeddedSwitch, UPLINK } from './guest-node/embedded-switch.ts'
import { GuestNode } from './guest-node/guest-node.ts'
import { labNodes } from './nodes/node-objects.ts'
import { OPENSHIFT_SRIOV_NAMESPACE } from './openshift/openshift.ts'
import { MACHINE_CONFIGS, SRIOV_NETWORK_NODE_POLICIES } from './openshift/openshift-kinds.ts'
import type { Omission } from './rootless-arguments.ts'
import { createQemuRuntime } from './guests/qemu/qemu-runtime.ts'
import { ensureGuestImages } from './guests/images.ts'
import { Workspace } from './guests/workspace.ts'
import type { LocalImage } from './workloads/local-image.ts'

const NODE = 'lab-node-1'
const GATEWAY_NODE = 'lab-gateway'
const GATEWAY_NAMESPACE = 'lab-gateway'
/** Namespace and name of the gateway pod. */
export const GATEWAY_POD = `${GATEWAY_NAMESPACE}/gateway`
const GATEWAY_MAC = '52:54:00:00:02:06'

const TESTPMD_IMAGE = 'quay.io/kiagnose/kubevirt-dpdk-checkup-testpmd:main'
/** The image's files are the guest's own, because images/guest contains everything that images/testpmd contains. */
const TESTPMD: LocalImage = {
  entrypoint: ['dpdk-testpmd', '--version'],
  workingDir: '/',
  folders: {},
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  user: { uid: 1001, gid: 2001 },
}
const RUNTIME_CLASS = 'performance-sno-pp'
const RESOURCE = 'vfio_pci_0'
const VFS = 5
/**
 * The VFs are next to the root ports, not behind them, so that VFIO cannot reset them. A reset removes a card's
 * registers from the guest's memory map and puts them back, several times per pod. QEMU before 8.1.1 can crash on
 * that: an emulated CPU that writes to any device at that moment hits another device or none (seen with 7.2; fixed by
 * QEMU's commit 0d58c660689f).
 */
const vfAddress = (index: number) => `0000:00:${(0x10 + index).toString(16)}.0`
/** Of two threads each. One core for the system, two each for the port-forwarder and its source, which run at once. */
const CORES = 5
const THREADS = 2
const HUGEPAGES = 2
/**
 * Enough for one 1 GiB page reserved at boot and one allocated before memory is fragmented. With less, the second
 * allocation fails.
 */
const MEMORY_MIB = 6144

export interface RootlessLabOptions {
  readonly without: readonly Omission[]
  /** Address and prefix length of the gateway, e.g. `192.168.18.1/25`. */
  readonly gateway: string
  readonly log: Logger
  readonly signal: AbortSignal
}

export interface RootlessLab extends AsyncDisposable {
  readonly url: string
  /** How guests run, e.g. `qemu (tcg)`. */
  readonly runtime: string
  /** Path of an administrator's kubeconfig. */
  readonly adminKubeconfig: string
}

/** @throws LabError if a guest does not boot; InterruptedError */
export async function startRootlessLab(options: RootlessLabOptions): Promise<RootlessLab> {
  const { log, signal } = options
  await using stack = new AsyncDisposableStack()
  const { path: folder } = stack.use(await Workspace.create())
  const nodes = new Map<string, GuestNode>()
  // The guests end after the lab, because the lab runs containers in them.
  const machines = stack.use(new AsyncDisposableStack())
  const lab = stack.use(
    await assembleLab({
      workloads: {
        folder,
        log,
        findImage: (reference) => (reference === TESTPMD_IMAGE ? TESTPMD : undefined),
        runtimes: (name) => {
          const node = nodes.get(name)
          if (node === undefined) throw new LabError('guest-node', `the lab has no node ${name}`)
          return node
        },
      },
      openShift: {},
      nodes: nodeObjects(),
      tls: true,
      realGuests: true,
    }),
  )
  const { runtime, ...guests } = await bootGuests(options, folder, machines, lab.server.store)
  for (const node of [guests.node, guests.gateway]) nodes.set(node.name, node)
  await createObjects(lab.kubeconfig('admin'), clusterObjects(options))
  const adminKubeconfig = join(folder, 'admin.kubeconfig')
  await writeFile(adminKubeconfig, lab.kubeconfig('admin'), { mode: 0o600 })
  signal.throwIfAborted()
  const owned = stack.move()
  return {
    url: lab.server.url,
    runtime,
    adminKubeconfig,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Boots both guests at the same time. */
async function bootGuests(
  { without, gateway, log, signal }: RootlessLabOptions,
  folder: string,
  stack: AsyncDisposableStack,
  store: Store,
) {
  const images = await ensureGuestImages({
    variant: 'minimal',
    log: (line) => {
      log.info(line)
    },
    signal,
  })
  const runtime = stack.use(
    await createQemuRuntime({
      kernel: images.kernel,
      log,
      signal,
      nic: ({ id }) => (id === GATEWAY_NODE ? 'virtio' : 'vmxnet3'),
    }),
  )
  const vfs = Array.from({ length: VFS }, (_, index) => ({
    address: vfAddress(index),
    mac: `52:54:00:00:01:0${index + 1}`,
    port: `vf${index}`,
  }))
  const ports = vfs.map(({ port }) => port)
  const embeddedSwitch = stack.use(await EmbeddedSwitch.listen(folder, ports, log))
  const common = {
    threadsPerCore: THREADS,
    vfResource: `openshift.io/${RESOURCE}`,
    embeddedSwitch,
    log,
    crio: () => {
      const settings = crioSettings(store.list(MACHINE_CONFIGS))
      return without.includes('inheritable-capabilities')
        ? { ...settings, inheritableCapabilities: false }
        : settings
    },
    needVhostNet: () => store.list(SRIOV_NETWORK_NODE_POLICIES).some(bringsVhostNet),
    takesVfMacs: !without.includes('vf-mac'),
  }
  const uplink = { mac: GATEWAY_MAC, socket: embeddedSwitch.pathOf(UPLINK), addresses: [gateway] }
  log.info(`booting a node with ${VFS} VFs, and its gateway (${gateway})`)
  const [node, other] = await Promise.all([
    GuestNode.boot(
      runtime,
      {
        ...common,
        name: NODE,
        bootDisk: images.vmUnderTest,
        cores: CORES,
        memoryMiB: MEMORY_MIB,
        hugepages1Gi: HUGEPAGES,
        vfs,
      },
      signal,
    ),
    GuestNode.boot(
      runtime,
      {
        ...common,
        name: GATEWAY_NODE,
        bootDisk: images.trafficGen,
        cores: 1,
        memoryMiB: 512,
        hugepages1Gi: 0,
        vfs: [],
        uplink,
      },
      signal,
    ),
  ])
  return { runtime: runtime.description, node, gateway: other }
}

/** The only node has both roles. The gateway's node is in no MachineConfigPool. */
function nodeObjects(): KubeObject[] {
  const cpus = (CORES - 1) * THREADS
  const room = { cpus, memory: `${MEMORY_MIB - HUGEPAGES * 1024 - 512}Mi`, hugepages1Gi: `${HUGEPAGES}Gi` }
  const resource = { vfResource: `openshift.io/${RESOURCE}` }
  const nodes = labNodes({ names: [NODE], ...room, ...resource, vfs: VFS }).map((node) => {
    const labels = { ...node.metadata.labels, 'node-role.kubernetes.io/master': '' }
    return { ...node, metadata: { ...node.metadata, labels } }
  })
  const small = { cpus: 1, memory: '256Mi', hugepages1Gi: '0', vfs: 0 }
  return [...nodes, ...labNodes({ names: [GATEWAY_NODE], ...resource, ...small })]
}

function bringsVhostNet({ spec }: KubeObject): boolean {
  const { resourceName, needVhostNet } = spec as { resourceName?: string; needVhostNet?: boolean }
  return resourceName === RESOURCE && needVhostNet === true
}

/** The objects that a cluster has before the first rootless pod. */
function clusterObjects({ without }: RootlessLabOptions): object[] {
  const namespace = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return [
    {
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: RUNTIME_CLASS },
      handler: 'crun',
    },
    sriovPolicy(!without.includes('vhost-net')),
    namespace(GATEWAY_NAMESPACE),
    gatewayPod(),
  ]
}

function sriovPolicy(needVhostNet: boolean): object {
  return {
    apiVersion: 'sriovnetwork.openshift.io/v1',
    kind: 'SriovNetworkNodePolicy',
    metadata: { name: 'vfio-pci-0', namespace: OPENSHIFT_SRIOV_NAMESPACE },
    spec: {
      deviceType: 'vfio-pci',
      isRdma: false,
      linkType: 'eth',
      needVhostNet,
      numVfs: VFS,
      priority: 99,
      // The PCI ids of QEMU's vmxnet3.
      nicSelector: { vendor: '15ad', deviceID: '07b0' },
      nodeSelector: { 'kubernetes.io/hostname': NODE },
      resourceName: RESOURCE,
    },
  }
}

/** Runs in the gateway node's own network namespace, so that `kubectl exec … ping` pings from the other end. */
function gatewayPod(): object {
  const [namespace = '', name = ''] = GATEWAY_POD.split('/')
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      nodeName: GATEWAY_NODE,
      hostNetwork: true,
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [{ name, image: TESTPMD_IMAGE, command: ['sleep', 'infinity'] }],
    },
  }
}
