/** A store with the lab's KubeVirt on it and guests that do as the test says; VMIs as the checkup makes them. */
import type { KubeObject, ResourceKind } from '../api/contract.ts'
import { CONFIG_MAPS, EVENTS, NETWORK_ATTACHMENT_DEFINITIONS, NODES, PODS } from '../api/kinds.ts'
import { MemoryStore } from '../api/memory-store.ts'
import { labNetwork, labNodes, type LabNodeOptions } from './cluster-objects.ts'
import { FakeRuntime } from './fake-runtime.fixture.ts'
import { VMI } from './kinds.ts'
import { createKubeVirt, type KubeVirtOptions } from './kubevirt.ts'
import { untilStored } from './lab-clock.ts'
import { asPod, type Pod } from './pod.ts'
import { asVmi, condition, type Vmi, type VmiCondition } from './vmi.ts'

export const NAMESPACE = 'checkup'
const PATIENCE_MS = 2000

export interface TestLabOptions extends Partial<KubeVirtOptions> {
  readonly nodes?: LabNodeOptions
  readonly network?: boolean
  readonly configMap?: boolean
}

export class TestLab implements AsyncDisposable {
  readonly store = new MemoryStore()
  readonly runtime = new FakeRuntime()
  readonly kubevirt
  /** Timers that run out at once, in the order they were asked for; each is noted. */
  readonly slept: number[] = []

  constructor({ nodes, network = true, configMap = true, ...options }: TestLabOptions = {}) {
    this.kubevirt = createKubeVirt({
      runtime: this.runtime,
      resolveImage: (image) => (image.startsWith('known/') ? `/images/${image}.qcow2` : undefined),
      ...options,
    })
    for (const node of labNodes(nodes)) this.store.create(NODES, node)
    if (network)
      this.store.create(NETWORK_ATTACHMENT_DEFINITIONS, labNetwork({ namespace: NAMESPACE, name: 'dpdk' }))
    if (configMap) this.createConfigMap()
    this.kubevirt.start(this.store)
  }

  createConfigMap(): void {
    this.store.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'vmi-config', namespace: NAMESPACE },
      data: { 'boot.sh': 'echo booted' },
    })
  }

  create(object: KubeObject): Vmi {
    const admitted = this.kubevirt.admitCreate?.(VMI, object) ?? object
    return asVmi(this.store.create(VMI, admitted))
  }

  vmi(name: string): Vmi | undefined {
    const stored = this.store.get(VMI, NAMESPACE, name)
    return stored && asVmi(stored)
  }

  condition(name: string, type: string): VmiCondition | undefined {
    const vmi = this.vmi(name)
    return vmi && condition(vmi, type)
  }

  pod(name: string): Pod | undefined {
    return this.store
      .list(PODS, NAMESPACE)
      .map(asPod)
      .find(({ metadata }) => metadata.name.startsWith(`virt-launcher-${name}-`))
  }

  delete(name: string): void {
    this.store.delete(VMI, NAMESPACE, name)
  }

  /** `reason: message` of all events about an object whose name begins so. */
  events(about: string): string[] {
    return this.store.list(EVENTS).flatMap((event) => {
      const { name } = event['involvedObject'] as { name: string }
      return name.startsWith(about) ? [`${String(event['reason'])}: ${String(event['message'])}`] : []
    })
  }

  /** Waits for the store to hold what the look looks for. */
  until<T>(
    look: () => T | undefined | false,
    kinds: readonly ResourceKind[] = [VMI, PODS, EVENTS],
  ): Promise<T> {
    return untilStored(this.store, kinds, () => look() || undefined, AbortSignal.timeout(PATIENCE_MS))
  }

  untilPhase(name: string, phase: string): Promise<Vmi> {
    return this.until(() => this.vmi(name)?.status.phase === phase && this.vmi(name))
  }

  untilGone(name: string): Promise<true> {
    return this.until(() => this.vmi(name) === undefined)
  }

  async running(object: KubeObject = dpdkVmi('vmi-under-test-x7k2p')) {
    this.create(object)
    await this.untilPhase(object.metadata.name, 'Running')
    const guest = this.runtime.guests.at(-1)
    if (guest === undefined) throw new Error('no guest')
    return guest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kubevirt[Symbol.asyncDispose]()
  }
}

/** A VMI like the two the checkup creates; `change` edits it before it is returned. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests break it in every way there is
export function dpdkVmi(
  name: string,
  change: (spec: any, metadata: KubeObject['metadata']) => void = () => undefined,
): KubeObject {
  const metadata = {
    name,
    namespace: NAMESPACE,
    labels: { 'kubevirt-dpdk-checkup/uid': 'run-1' },
  }
  const spec = {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 1,
            podAffinityTerm: {
              labelSelector: { matchLabels: { 'kubevirt-dpdk-checkup/uid': 'run-1' } },
              topologyKey: 'kubernetes.io/hostname',
            },
          },
        ],
      },
    },
    domain: {
      cpu: { sockets: 1, cores: 4, threads: 2, dedicatedCpuPlacement: true, isolateEmulatorThread: true },
      memory: { guest: '4Gi', hugepages: { pageSize: '1Gi' } },
      devices: {
        disks: [
          { name: 'rootdisk', disk: { bus: 'virtio' } },
          { name: 'cloudinitdisk', disk: { bus: 'virtio' } },
          { name: 'config', serial: 'DEADBEEF' },
        ],
        interfaces: [
          { name: 'nic-east', sriov: {}, macAddress: '60:00:00:00:00:01', pciAddress: '0000:06:00.0' },
          { name: 'nic-west', sriov: {}, macAddress: '60:00:00:00:00:02', pciAddress: '0000:07:00.0' },
        ],
      },
    },
    networks: [
      { name: 'nic-east', multus: { networkName: 'dpdk' } },
      { name: 'nic-west', multus: { networkName: 'dpdk' } },
    ],
    readinessProbe: { exec: { command: ['cat', '/tmp/ready'] }, initialDelaySeconds: 90, periodSeconds: 10 },
    terminationGracePeriodSeconds: 0,
    volumes: [
      { name: 'rootdisk', containerDisk: { image: 'known/vm:main', imagePullPolicy: 'Always' } },
      { name: 'cloudinitdisk', cloudInitNoCloud: { userData: '#cloud-config\n' } },
      { name: 'config', configMap: { name: 'vmi-config' } },
    ],
  }
  change(spec, metadata)
  return { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', metadata, spec }
}
