/** Any number of testbeds with simulated guests in this process, driven through the suite's own modules. */
import { HUGEPAGE_MOUNT } from '../../support/guest/facts/hugepages.ts'
import { planTestbed } from '../../support/readiness/plan-testbed.ts'
import { perRoleAtOnce, TITLES } from '../../support/model/role.ts'
import type { TestbedPlan, VmiPlan } from '../../support/model/testbed.ts'
import { randomUUID } from 'node:crypto'
import { KubeConfig } from '@kubernetes/client-node'
import { configMapManifest, vmiManifest } from '../../support/readiness/manifests.ts'
import { lcoreMap } from '../../support/model/cpu-plan.ts'
import { readParameters } from '../../support/readiness/read-parameters.ts'
import { ApiClient } from '../../support/cluster/api-client.ts'
import { ConfigMaps } from '../../support/cluster/config-map.ts'
import { openKubeVirtConsole } from '../../support/cluster/kubevirt-console.ts'
import { Vmis } from '../../support/cluster/vmi.ts'
import type { Limits } from '../../support/common/wait.ts'
import { generatorPlan } from '../../support/dataplane/engines/engine.ts'
import { TestpmdSession } from '../../support/dataplane/testpmd/session.ts'
import type { TrafficGenerator } from '../../support/dataplane/traffic-generator.ts'
import { GuestConsole } from '../../support/guest/console/console-session.ts'
import { ensureIsolated } from '../../support/guest/facts/isolation.ts'
import { bindForDpdk } from '../../support/guest/facts/pci-binding.ts'
import type { ApiServer } from '../apiserver/server.ts'
import { assembleLab } from '../assemble-lab.ts'
import { labNetwork } from '../nodes/network-attachments.ts'
import { labNodes } from '../nodes/node-objects.ts'
import { createScriptedRuntime } from '../guests/scripted/scripted-runtime.ts'
import { fastKubeVirt } from '../fast-kubevirt.ts'

const NAMESPACE = 'bench'
/** Generous, because many pairs share one process and wait for each other. */
const TIMEOUT_MS = 300_000

export class PairLab implements AsyncDisposable {
  readonly server: ApiServer
  readonly client: ApiClient
  readonly #stack: AsyncDisposableStack

  private constructor(server: ApiServer, client: ApiClient, stack: AsyncDisposableStack) {
    this.server = server
    this.client = client
    this.#stack = stack
  }

  /** Creates nodes and networks for that many pairs. A wire has two ends, so each pair has its own network. */
  static async start(pairs: number): Promise<PairLab> {
    await using stack = new AsyncDisposableStack()
    const [cpus, gibibytes, vfs] = [12 * pairs, 8 * pairs, 4 * pairs]
    const lab = stack.use(
      await assembleLab({
        namespace: NAMESPACE,
        kubeVirt: fastKubeVirt(stack.use(createScriptedRuntime())),
        nodes: labNodes({ cpus: 2 * cpus, memory: `${gibibytes}Gi`, hugepages1Gi: `${gibibytes}Gi`, vfs }),
        objects: Array.from({ length: pairs }, (_, pair) =>
          labNetwork({ namespace: NAMESPACE, name: networkOf(pair) }),
        ),
      }),
    )
    const config = new KubeConfig()
    config.loadFromString(lab.kubeconfig('admin'))
    return new PairLab(lab.server, new ApiClient(config), stack.move())
  }

  /** Brings up a pair: guests booted, CPUs isolated, ports bound, testpmd forwarding, generator ready. */
  async bringUp(pair: number, signal: AbortSignal): Promise<Pair> {
    await using stack = new AsyncDisposableStack()
    const limits: Limits = { signal, timeout: TIMEOUT_MS }
    const parameters = readParameters({
      'spec.timeout': '24h',
      'spec.param.testDuration': '3h',
      'spec.param.networkAttachmentDefinitionName': networkOf(pair),
      'spec.param.trafficGenEngine': 'pktgen',
    })
    const environment = { namespace: NAMESPACE, configMap: 'config', pod: undefined }
    const testbed = planTestbed(parameters, environment, randomUUID())
    const { cpus, vmis } = testbed
    const { 'vm-under-test': vmUnderTest, 'traffic-generator': trafficGenerator } = await perRoleAtOnce(
      (role) => this.#guest(testbed, vmis[role], stack, limits),
    )
    const { east, west } = vmis['vm-under-test']
    const peer = vmis['traffic-generator']
    await bindForDpdk(vmUnderTest, [east.pciAddress, west.pciAddress], limits)
    const testpmd = await TestpmdSession.open(
      vmUnderTest,
      {
        lcores: lcoreMap(cpus),
        ports: [east.pciAddress, west.pciAddress],
        queues: cpus.queues,
        forwardingCores: cpus.workers.length,
        hugepageDir: HUGEPAGE_MOUNT,
        socketMemoryMiB: 1024,
        peers: [peer.east.mac, peer.west.mac],
      },
      limits,
    )
    await testpmd.startForwarding(limits)
    const generator = parameters.trafficGenEngine.create({
      shell: trafficGenerator,
      plan: generatorPlan(testbed, parameters),
    })
    await generator.prepare(limits)
    await Promise.all([testpmd.clear(limits), generator.clear(limits)])
    return new Pair(testpmd, generator, limits, stack.move())
  }

  async #guest(
    testbed: TestbedPlan,
    vmi: VmiPlan,
    stack: AsyncDisposableStack,
    limits: Limits,
  ): Promise<GuestConsole> {
    const vmis = new Vmis(this.client)
    const configMaps = new ConfigMaps(this.client)
    const undoLimits: Limits = { signal: new AbortController().signal, timeout: TIMEOUT_MS }
    stack.defer(async () => {
      const { labels } = testbed
      const instance = await vmis.uidOfOwn(NAMESPACE, vmi.name, labels, undoLimits)
      if (instance !== undefined) {
        await vmis.delete(NAMESPACE, vmi.name, instance, undoLimits)
        await vmis.waitGone(NAMESPACE, vmi.name, instance, undoLimits)
      }
      const configMap = await configMaps.uidOfOwn(NAMESPACE, vmi.configMapName, labels, undoLimits)
      if (configMap !== undefined)
        await configMaps.delete(NAMESPACE, vmi.configMapName, configMap, undoLimits)
    })
    await configMaps.create(NAMESPACE, configMapManifest(testbed, vmi), limits)
    await vmis.create(NAMESPACE, vmiManifest(testbed, vmi), limits)
    await vmis.waitReady(NAMESPACE, vmi.name, limits)
    const target = { namespace: NAMESPACE, name: vmi.name }
    const stream = await openKubeVirtConsole(this.client.kubeConfig, target, limits)
    stack.defer(() => {
      stream.close()
    })
    const console = await GuestConsole.open(
      stream,
      { guest: TITLES[vmi.role], passwords: [testbed.password, 'redhat'] },
      limits,
    )
    await ensureIsolated(console, testbed.cpus.isolated, {
      signal: limits.signal,
      softReboot: (within) => vmis.softReboot(NAMESPACE, vmi.name, within),
      timeouts: { command: TIMEOUT_MS, apply: TIMEOUT_MS, reboot: TIMEOUT_MS },
    })
    return console
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** A testbed that is ready to send. Disposing of it removes its guests. */
export class Pair implements AsyncDisposable {
  readonly testpmd: TestpmdSession
  readonly generator: TrafficGenerator
  readonly limits: Limits
  readonly #stack: AsyncDisposableStack

  constructor(
    testpmd: TestpmdSession,
    generator: TrafficGenerator,
    limits: Limits,
    stack: AsyncDisposableStack,
  ) {
    this.testpmd = testpmd
    this.generator = generator
    this.limits = limits
    this.#stack = stack
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

function networkOf(pair: number): string {
  return `network-${pair}`
}
