/**
 * A lab node for one pod, and its gateway, without a cluster: crun runs the tap application of fixtures/rootless in a
 * real guest, with everything that its manifest requests.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { silentLogger } from '../../../support/common/logger.ts'
import { EmbeddedSwitch, UPLINK } from '../../guest-node/embedded-switch.ts'
import { GuestNode } from '../../guest-node/guest-node.ts'
import type { GuestRuntime } from '../../guests/guest-runtime.ts'
import type { GuestImages } from '../../guests/images.ts'
import { ContainerLog } from '../../workloads/container-log.ts'
import type { ContainerPlan, RunningContainer } from '../../workloads/container-runtime.ts'
import { type Kubectl, KubectlError } from '../../../support/rootless/kubectl.ts'
import { FIXTURES } from '../../../support/rootless/names.ts'
import { defaultParameters } from '../../../support/rootless/parameters.ts'

const SCRIPTS = fileURLToPath(new URL('testpmd/base/scripts', FIXTURES))
const RESOURCE = 'openshift.io/vfio_pci_0'
const NODE = { cores: 4, threadsPerCore: 2, memoryMiB: 4096, hugepages1Gi: 1, vfResource: RESOURCE }
const { TAP_MAC, TAP_ADDRESS, TAP_GATEWAY } = defaultParameters()

export interface GuestPod extends AsyncDisposable {
  /** Implements only `logs` and `exec`, for the one pod. */
  readonly kubectl: Kubectl
  /** Starts the pod with these environment variables; resolves when testpmd forwards. */
  start(env: Readonly<Record<string, string>>, more?: Partial<ContainerPlan>): Promise<string>
  /** Ends the pod as the kubelet does. */
  stop(): Promise<void>
}

export async function bootGuestPod(
  runtime: GuestRuntime,
  images: GuestImages,
  signal: AbortSignal,
): Promise<GuestPod> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'guest-pod-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const embeddedSwitch = stack.use(await EmbeddedSwitch.listen(folder, ['vf'], silentLogger))
  const common = {
    ...NODE,
    embeddedSwitch,
    log: silentLogger,
    needVhostNet: () => true,
    takesVfMacs: true,
    // The settings of the MachineConfigs.
    crio: () => ({ inheritableCapabilities: true, memlock: { soft: -1, hard: -1 } }),
  }
  const vfs = [{ address: '0000:00:10.0', mac: '52:54:00:00:01:01', port: 'vf' }]
  const uplink = {
    mac: '52:54:00:00:02:06',
    socket: embeddedSwitch.pathOf(UPLINK),
    addresses: [`${TAP_GATEWAY}/25`],
  }
  const [node] = await Promise.all([
    GuestNode.boot(runtime, { ...common, name: 'node', bootDisk: images.vmUnderTest, vfs }, signal),
    GuestNode.boot(
      runtime,
      {
        ...common,
        name: 'gateway',
        bootDisk: images.trafficGen,
        vfs: [],
        uplink,
        cores: 1,
        memoryMiB: 512,
        hugepages1Gi: 0,
      },
      signal,
    ),
  ])
  let pod: { readonly container: RunningContainer; readonly log: ContainerLog } | undefined
  const present = () => {
    if (pod === undefined) throw new Error('the pod was not started')
    return pod
  }
  const text = () =>
    present()
      .log.from(0)
      .map((line) => `${line.text}\n`)
      .join('')
  const owned = stack.move()
  return {
    kubectl: async (args) => {
      if (args[0] === 'logs') return text()
      let [stdout, stderr] = ['', '']
      const streams = {
        stdout: (chunk: Buffer) => void (stdout += chunk.toString()),
        stderr: (chunk: Buffer) => void (stderr += chunk.toString()),
      }
      const command = args.slice(args.indexOf('--') + 1)
      const exitCode = await present().container.exec(command, streams, signal)
      if (exitCode === 0) return stdout
      throw new KubectlError(args.slice(0, 2).join(' '), exitCode, stdout, stderr)
    },
    async start(env, more = {}) {
      const log = new ContainerLog()
      const container = await node.start({ ...planOf(env, folder, log), ...more })
      pod = { container, log }
      await container.started
      let exitCode: number | undefined
      void container.exitCode.then((code) => (exitCode = code))
      while (!/packet forwarding packets\/burst/.test(text())) {
        if (exitCode !== undefined) throw new Error(`the pod ended with ${exitCode}: ${text()}`)
        await sleep(200)
      }
      return text()
    },
    async stop() {
      present().container.kill('SIGTERM')
      await present().container.exitCode
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** The plan of the default manifest's container, with the values that the kubelet fills in. */
function planOf(env: Readonly<Record<string, string>>, folder: string, log: ContainerLog): ContainerPlan {
  const network = { namespace: 'dpdktest', mac: TAP_MAC }
  const ipam = { type: 'static', addresses: [{ address: TAP_ADDRESS, gateway: TAP_GATEWAY }] }
  const tap = [
    { type: 'tap', multiQueue: true, ipam },
    { type: 'tuning', capabilities: { mac: true } },
  ]
  return {
    podUid: 'tap',
    podName: 'tap',
    namespace: 'dpdktest',
    name: 'testpmd',
    image: 'testpmd',
    command: {
      args: ['sh', '/testpmd/entrypoint.sh', 'tap'],
      workingDir: '/',
      env: { PCI_DEVICE_VARIABLE: 'PCIDEVICE_OPENSHIFT_IO', ...env },
    },
    user: { uid: 1001, gid: 2001 },
    supplementalGroups: [2002],
    capabilities: { add: ['IPC_LOCK', 'SYS_RESOURCE'], drop: ['ALL'] },
    privileged: false,
    noNewPrivileges: true,
    readOnlyRoot: false,
    seccomp: 'Unconfined',
    cpus: 4,
    memoryBytes: 2 ** 30,
    hugepages: { '1Gi': 2 ** 30 },
    resources: { [RESOURCE]: 1 },
    networks: [
      {
        ...network,
        name: 'vf',
        interfaceName: 'net1',
        resourceName: RESOURCE,
        config: { type: 'sriov', capabilities: { mac: true }, spoofchk: 'off', trust: 'on' },
      },
      { ...network, name: 'tap-one', interfaceName: 'dp0', config: { plugins: tap } },
    ],
    mounts: [
      { kind: 'files', source: SCRIPTS, target: '/testpmd', writable: false },
      { kind: 'emptyDir', source: folder, target: '/run/testpmd', writable: true },
      { kind: 'hugepages', source: folder, target: '/mnt/huge', writable: true },
    ],
    folder,
    log,
  }
}
