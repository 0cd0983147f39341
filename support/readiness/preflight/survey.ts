/** What preflight checks read of a cluster. Each object is read once, even if several checks need it. */
import { PORT_NAMES, type PerPort } from '../../model/ports.ts'
import type { Scheduling } from '../../model/scheduling.ts'
import { HOSTNAME_LABEL } from '../../model/target-node.ts'
import { RUN_LABEL } from '../../model/testbed.ts'
import { timeouts } from '../../model/timeouts.ts'
import { type VmiNeeds, vmiNeeds } from '../../model/vmi-needs.ts'
import type { AskedPermissions, PermissionReview } from '../../cluster/access-review.ts'
import type { Inventory, Readable, RunKind } from '../../cluster/inventory.ts'
import type { KubeletConfig, Nad } from '../../cluster/inventory-schemas.ts'
import type { Node } from '../../cluster/schemas/node.ts'
import type { SuiteError } from '../../common/errors.ts'
import type { Limits } from '../../common/wait.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { networksOf, type Parameters, schedulingOf, shapeOf } from '../parameters.ts'

/** The nodes to judge: those that parameters name, otherwise all. */
export interface NodesRead {
  readonly nodes: readonly Node[]
  /** Targets that do not exist. */
  readonly absent: readonly string[]
  /** The VMIs' tolerations and node selectors. */
  readonly scheduling: Scheduling
}

export interface NetworkRead {
  readonly name: string
  /** The ports of each VMI that use it. */
  readonly ports: readonly (keyof PerPort<unknown>)[]
  readonly nad: Readable<Nad>
}

export class Survey {
  readonly namespace: string
  readonly #inventory: Inventory
  readonly #parameters: Parameters | undefined
  readonly #limits: Limits
  /** The ConfigMap that this run has claimed; undefined if it has not. */
  readonly claimed: string | undefined
  readonly #reads = new Map<string, Promise<unknown>>()

  /**
   * @param parameters undefined if they are invalid; checks that depend on them are then skipped
   * @param claimed the ConfigMap that this run has claimed, if any
   */
  constructor(
    inventory: Inventory,
    namespace: string,
    parameters: Parameters | undefined,
    limits: Limits,
    claimed?: string,
  ) {
    this.#inventory = inventory
    this.namespace = namespace
    this.#parameters = parameters
    this.#limits = limits
    this.claimed = claimed
  }

  /** @throws CriterionSkipped if they are invalid */
  /** Whether the parameters are valid and ask for something. */
  asks(isAsked: (parameters: Parameters) => boolean): boolean {
    return this.#parameters !== undefined && isAsked(this.#parameters)
  }

  get parameters(): Parameters {
    return this.#parameters ?? skipCriterion('the parameters are invalid, see precondition.parameters')
  }

  /** What each VMI takes of its node. A promise like all reads; rejected if the parameters are invalid. */
  needs(): Promise<VmiNeeds> {
    return new Promise((resolve) => {
      resolve(vmiNeeds(shapeOf(this.parameters)))
    })
  }

  /** The error that refuses an object; undefined if it could be created. */
  refusal(kind: RunKind, manifest: object): Promise<SuiteError | undefined> {
    const timeout = Math.min(this.#limits.timeout, timeouts.apiRequest)
    return this.#inventory.refusal(this.namespace, kind, manifest, { ...this.#limits, timeout })
  }

  account(): Promise<Readable<string>> {
    return this.#once('account', () => this.#inventory.account(this.#limits))
  }

  permissions(asked: AskedPermissions): Promise<Readable<PermissionReview>> {
    return this.#once('permissions', () => this.#inventory.permissions(this.namespace, asked, this.#limits))
  }

  resources(group: string, version: string): Promise<Readable<readonly string[]>> {
    return this.#once(`resources ${group}/${version}`, () =>
      this.#inventory.resources(group, version, this.#limits),
    )
  }

  /** No check requires the version, so the wait for it is short. */
  kubernetesVersion(): Promise<Readable<string>> {
    const timeout = Math.min(this.#limits.timeout, timeouts.clusterKind)
    return this.#once('version', () => this.#inventory.kubernetesVersion({ ...this.#limits, timeout }))
  }

  kubeVirt() {
    return this.#once('kubeVirt', () => this.#inventory.kubeVirt(this.#limits))
  }

  // Always a promise: checks read several things concurrently, and each must be able to reject.
  /** The ports' networks, each once: east and west usually share one. */
  async networks(): Promise<readonly NetworkRead[]> {
    const byName = Map.groupBy(PORT_NAMES, (port) => networksOf(this.parameters)[port])
    return Promise.all(
      [...byName].map(async ([name, ports]) => ({
        name,
        ports,
        nad: await this.#once(`nad ${name}`, () => this.#inventory.nad(this.namespace, name, this.#limits)),
      })),
    )
  }

  /** Only those that parameters name, by name or label: this needs fewer permissions and less time than listing all. */
  async nodes(): Promise<Readable<NodesRead>> {
    const { targetNodes, nodes: choice } = this.parameters
    const scheduling = schedulingOf(this.parameters)
    return this.#once('nodes', async () => {
      if (targetNodes !== undefined) {
        return this.#targets([...new Set(Object.values(targetNodes))], scheduling)
      }
      if (choice?.kind === 'names') return this.#targets(choice.names, scheduling)
      const all = await (choice?.kind === 'labels'
        ? this.#inventory.nodesLabelled(choice.labels, this.#limits)
        : this.#inventory.nodes(this.#limits))
      return 'found' in all ? { found: { nodes: all.found, absent: [], scheduling } } : all
    })
  }

  async #targets(names: readonly string[], scheduling: Scheduling): Promise<Readable<NodesRead>> {
    const read = await Promise.all(names.map((name) => this.#target(name)))
    const hidden = read.find((one) => 'notReadable' in one)
    if (hidden !== undefined) return hidden
    const nodes = read.flatMap((one) => ('found' in one ? [one.found] : []))
    return {
      found: {
        // Both targets may name the same node.
        nodes: [...new Map(nodes.map((node) => [node.metadata.name, node])).values()],
        absent: names.filter((_, index) => 'missing' in (read[index] ?? {})),
        scheduling,
      },
    }
  }

  async #target(name: string): Promise<Readable<Node>> {
    const named = await this.#inventory.node(name, this.#limits)
    if (!('missing' in named)) return named
    const labelled = await this.#inventory.nodesLabelled({ [HOSTNAME_LABEL]: name }, this.#limits)
    if (!('found' in labelled)) return labelled
    const [node] = labelled.found
    return node === undefined ? named : { found: node }
  }

  kubeletConfig(node: string): Promise<Readable<KubeletConfig>> {
    return this.#once(`kubelet ${node}`, () => this.#inventory.kubeletConfig(node, this.#limits))
  }

  networkUsers() {
    const timeout = Math.min(this.#limits.timeout, timeouts.apiRequest)
    return this.#once('network users', () =>
      this.#inventory.networkUsers(this.namespace, { ...this.#limits, timeout }),
    )
  }

  sriovNetwork({ namespace, name }: { readonly namespace: string; readonly name: string }) {
    return this.#once(`SriovNetwork ${namespace}/${name}`, () =>
      this.#inventory.sriovNetwork(namespace, name, this.#limits),
    )
  }

  sriovNodeStates() {
    return this.#once('sriov', () => this.#inventory.sriovNodeStates(this.#limits))
  }

  mutatingWebhooks() {
    return this.#once('webhooks', () => this.#inventory.mutatingWebhooks(this.#limits))
  }

  leftovers(kind: 'VirtualMachineInstance' | 'ConfigMap') {
    const label = { name: RUN_LABEL }
    return this.#once(`leftover ${kind}`, () =>
      this.#inventory.labelled(kind, this.namespace, label, this.#limits),
    )
  }

  configMap(name: string) {
    return this.#once(`ConfigMap ${name}`, () =>
      this.#inventory.configMap(this.namespace, name, this.#limits),
    )
  }

  configMaps() {
    return this.#once('ConfigMaps', () => this.#inventory.configMaps(this.namespace, this.#limits))
  }

  #once<T>(name: string, read: () => Promise<T>): Promise<T> {
    const known = this.#reads.get(name) as Promise<T> | undefined
    if (known !== undefined) return known
    const reading = read()
    this.#reads.set(name, reading)
    return reading
  }
}

/** What was read. @throws CriterionSkipped with the reason if it is not readable or does not exist */
export function mustBeRead<T>(read: Readable<T>): T {
  if ('found' in read) return read.found
  return skipCriterion('missing' in read ? read.missing : read.notReadable)
}
