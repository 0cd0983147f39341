/** A store with the lab's KubeVirt and guests that the test controls; VMIs like the checkup's. */
import { PATIENCE } from '../../support/common/testing/patience.ts'
import type { KubeObject, ResourceKind, Store } from '../apiserver/contract.ts'
import { CONFIG_MAPS, EVENTS, NETWORK_ATTACHMENT_DEFINITIONS, NODES, PODS } from '../apiserver/kinds.ts'
import { MemoryStore } from '../apiserver/memory-store.ts'
import { labNetwork } from '../nodes/network-attachments.ts'
import { type LabNodeOptions, labNodes } from '../nodes/node-objects.ts'
import { type FakeGuest, FakeRuntime } from './fake-runtime.fixture.ts'
import { ManualClock } from '../nodes/manual-clock.fixture.ts'
import { VMI } from './kubevirt-kinds.ts'
import { createKubeVirt, type KubeVirtOptions } from './kubevirt.ts'
import { untilStored } from '../nodes/lab-clock.ts'
import { EventRecorder } from '../nodes/events.ts'
import { asPod, type Pod } from '../nodes/pod.ts'
import { Scheduler } from '../nodes/scheduler.ts'
import { asVmi, type Vmi } from './vmi.ts'
import { type Condition, conditionOf } from '../nodes/condition.ts'

export const NAMESPACE = 'checkup'

export interface TestLabOptions extends Partial<KubeVirtOptions> {
  readonly nodes?: LabNodeOptions
  readonly network?: boolean
  readonly configMap?: boolean
  /** Do not start KubeVirt: the test does. */
  readonly startLate?: boolean
  readonly store?: Store
}

export class TestLab implements AsyncDisposable {
  readonly store: Store
  readonly runtime = new FakeRuntime()
  readonly kubevirt
  readonly clock = new ManualClock()
  readonly #scheduler: Scheduler

  constructor({
    nodes,
    network = true,
    configMap = true,
    startLate = false,
    store = new MemoryStore(),
    ...options
  }: TestLabOptions = {}) {
    this.store = store
    this.kubevirt = createKubeVirt({
      runtime: this.runtime,
      sleep: this.clock.sleep,
      resolveImage: (image) => (image.startsWith('known/') ? `/images/${image}.qcow2` : undefined),
      ...options,
    })
    for (const node of labNodes(nodes)) this.store.create(NODES, node)
    if (network)
      this.store.create(NETWORK_ATTACHMENT_DEFINITIONS, labNetwork({ namespace: NAMESPACE, name: 'dpdk' }))
    if (configMap) this.createConfigMap()
    this.#scheduler = new Scheduler(this.store, new EventRecorder(this.store))
    if (!startLate) this.kubevirt.start(this.store)
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

  condition(name: string, type: string): Condition | undefined {
    const vmi = this.vmi(name)
    return vmi && conditionOf(vmi, type)
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

  /** `reason: message` of all events about objects whose names start with `about`. */
  events(about: string): string[] {
    return this.store.list(EVENTS).flatMap((event) => {
      const { name } = event['involvedObject'] as { name: string }
      return name.startsWith(about) ? [`${String(event['reason'])}: ${String(event['message'])}`] : []
    })
  }

  /** Waits until `look` finds a matching state of the store. */
  until<T>(
    find: () => T | undefined | false,
    kinds: readonly ResourceKind[] = [VMI, PODS, EVENTS],
  ): Promise<T> {
    return untilStored(this.store, kinds, () => find() || undefined, AbortSignal.timeout(PATIENCE))
  }

  untilPhase(name: string, phase: string): Promise<Vmi> {
    return this.until(() => this.vmi(name)?.status.phase === phase && this.vmi(name))
  }

  untilGone(name: string): Promise<true> {
    return this.until(() => this.vmi(name) === undefined)
  }

  /** Creates a VMI and waits until its guest runs. */
  async running(object: KubeObject): Promise<FakeGuest> {
    this.create(object)
    await this.untilPhase(object.metadata.name, 'Running')
    const guest = this.runtime.guests.at(-1)
    if (guest === undefined) throw new Error('no guest')
    return guest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#scheduler[Symbol.dispose]()
    await this.kubevirt[Symbol.asyncDispose]()
  }
}

/**
 * A VMI like the two the checkup creates. `changes` by path, e.g. `{ 'spec.domain.cpu.threads': 3 }`;
 * undefined removes the field.
 */
export function dpdkVmi(name: string, changes: Readonly<Record<string, unknown>> = {}): KubeObject {
  const vmi = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, namespace: NAMESPACE, labels: { [RUN_LABEL]: 'run-1' } },
    spec: {
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 1,
              podAffinityTerm: {
                labelSelector: { matchLabels: { [RUN_LABEL]: 'run-1' } },
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
          networkInterfaceMultiqueue: true,
          rng: {},
        },
      },
      networks: [
        { name: 'nic-east', multus: { networkName: 'dpdk' } },
        { name: 'nic-west', multus: { networkName: 'dpdk' } },
      ],
      readinessProbe: {
        exec: { command: ['cat', '/tmp/ready'] },
        initialDelaySeconds: 90,
        periodSeconds: 10,
        timeoutSeconds: 5,
      },
      terminationGracePeriodSeconds: 0,
      volumes: [
        { name: 'rootdisk', containerDisk: { image: 'known/vm:main', imagePullPolicy: 'Always' } },
        { name: 'cloudinitdisk', cloudInitNoCloud: { userData: '#cloud-config\n' } },
        { name: 'config', configMap: { name: 'vmi-config' } },
      ],
    },
  }
  for (const [path, value] of Object.entries(changes)) change(vmi, path.split('.'), value)
  return vmi
}

const RUN_LABEL = 'kubevirt-dpdk-checkup/uid'

function change(object: object, [key = '', ...rest]: readonly string[], value: unknown): void {
  const fields = object as Record<string, object>
  if (rest.length > 0) change((fields[key] ??= {}), rest, value)
  else if (value === undefined) Reflect.deleteProperty(fields, key)
  else fields[key] = value as object
}
