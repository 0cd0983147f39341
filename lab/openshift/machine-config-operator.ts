/** Renders the MachineConfigs of each pool into one configuration and rolls it out to the pool's nodes, one by one. */
import { createHash } from 'node:crypto'
import { describeError } from '../../support/common/errors.ts'
import type { KubeObject, Store } from '../apiserver/contract.ts'
import { NODES } from '../apiserver/kinds.ts'
import type { Sleep } from '../nodes/lab-clock.ts'
import { MACHINE_CONFIG_POOLS, MACHINE_CONFIGS } from './openshift-kinds.ts'
import { timestamp } from '../apiserver/timestamp.ts'

const ROLE_LABEL = 'machineconfiguration.openshift.io/role'
/** Supported versions of Ignition configurations. */
const VERSIONS = ['2.2.0', '3.0.0', '3.1.0', '3.2.0', '3.3.0', '3.4.0']
/** Milliseconds per node: much shorter than a real drain and reboot, but long enough to be observed. */
const ONE_NODE = 500

const POOLS = ['master', 'worker'] as const

interface Ignition {
  readonly ignition?: { readonly version?: string }
  readonly storage?: {
    readonly files?: readonly { readonly path?: string; readonly contents?: { readonly source?: string } }[]
  }
}

interface Configuration {
  readonly name: string
  readonly source: readonly { readonly apiVersion: string; readonly kind: string; readonly name: string }[]
}

export class MachineConfigOperator implements Disposable {
  readonly #store: Store
  readonly #sleep: Sleep
  readonly #unsubscribe: () => void
  /** By pool: aborts the running roll-out when a newer configuration replaces it. */
  readonly #rollouts = new Map<string, AbortController>()

  constructor(store: Store, sleep: Sleep) {
    this.#store = store
    this.#sleep = sleep
    this.#unsubscribe = store.onChange(MACHINE_CONFIGS, ({ object }) => {
      const role = object.metadata.labels?.[ROLE_LABEL]
      for (const pool of POOLS) if (pool === role) this.#render(pool)
    })
    for (const pool of POOLS) this.#create(pool)
  }

  [Symbol.dispose](): void {
    this.#unsubscribe()
    for (const rollout of this.#rollouts.values()) rollout.abort(new Error('the operator has ended'))
  }

  #create(role: string): void {
    this.#store.create(MACHINE_CONFIG_POOLS, {
      apiVersion: 'machineconfiguration.openshift.io/v1',
      kind: 'MachineConfigPool',
      metadata: { name: role },
      spec: {
        machineConfigSelector: { matchLabels: { [ROLE_LABEL]: role } },
        nodeSelector: { matchLabels: { [`node-role.kubernetes.io/${role}`]: '' } },
        configuration: this.#configuration(role),
      },
      status: this.#status(role, this.#configuration(role), 'Updated', this.#nodes(role)),
    })
  }

  #nodes(role: string): number {
    const label = `node-role.kubernetes.io/${role}`
    return this.#store.list(NODES).filter(({ metadata }) => metadata.labels?.[label] !== undefined).length
  }

  #configs(role: string): KubeObject[] {
    return this.#store.list(MACHINE_CONFIGS).filter(({ metadata }) => metadata.labels?.[ROLE_LABEL] === role)
  }

  #configuration(role: string): Configuration {
    const configs = this.#configs(role)
    const hash = createHash('md5').update(JSON.stringify(configs.map(({ spec }) => spec)))
    return {
      name: `rendered-${role}-${hash.digest('hex')}`,
      source: configs.map(({ metadata }) => ({
        apiVersion: 'machineconfiguration.openshift.io/v1',
        kind: 'MachineConfig',
        name: metadata.name,
      })),
    }
  }

  #render(role: string): void {
    const fault = this.#configs(role)
      .map((config) => faultOf(config))
      .find((why) => why !== undefined)
    if (fault !== undefined) {
      const message = `Failed to render configuration for pool ${role}: ${fault}`
      this.#rollouts.get(role)?.abort(new Error(message))
      this.#change(role, (pool) => ({ ...pool, status: degraded(pool, message) }))
      return
    }
    this.#rollouts.get(role)?.abort(new Error('there is a newer configuration'))
    const rollout = new AbortController()
    this.#rollouts.set(role, rollout)
    this.#rollOut(role, this.#configuration(role), rollout.signal).catch(() => undefined)
  }

  async #rollOut(role: string, configuration: Configuration, signal: AbortSignal): Promise<void> {
    const nodes = this.#nodes(role)
    // The pool's status shows the previous configuration until all nodes are updated.
    const before = this.#pool(role)?.['status'] as { configuration?: Configuration } | undefined
    for (let updated = 0; updated <= nodes; updated++) {
      const isDone = updated === nodes
      const current = isDone ? configuration : (before?.configuration ?? configuration)
      this.#change(role, (pool) => ({
        ...pool,
        spec: { ...(pool['spec'] as object), configuration },
        status: this.#status(role, current, isDone ? 'Updated' : 'Updating', updated),
      }))
      if (!isDone) await this.#sleep(ONE_NODE, signal)
      signal.throwIfAborted()
    }
  }

  #pool(role: string): KubeObject | undefined {
    return this.#store.get(MACHINE_CONFIG_POOLS, undefined, role)
  }

  #change(role: string, change: (pool: KubeObject) => KubeObject): void {
    const pool = this.#pool(role)
    if (pool !== undefined) this.#store.update(MACHINE_CONFIG_POOLS, change(structuredClone(pool)))
  }

  #status(
    role: string,
    configuration: Configuration,
    holding: 'Updated' | 'Updating',
    updatedMachineCount: number,
  ): object {
    const machineCount = this.#nodes(role)
    const message = {
      Updated: `All nodes are updated with MachineConfig ${configuration.name}`,
      Updating: `All nodes are updating to MachineConfig ${configuration.name}`,
    }
    const conditions = ['Updated', 'Updating', 'Degraded', 'NodeDegraded', 'RenderDegraded'].map((type) => ({
      type,
      status: type === holding ? 'True' : 'False',
      reason: '',
      lastTransitionTime: timestamp(),
      message: type === holding ? message[holding] : '',
    }))
    return {
      configuration,
      machineCount,
      updatedMachineCount,
      readyMachineCount: updatedMachineCount,
      unavailableMachineCount: 0,
      degradedMachineCount: 0,
      conditions,
    }
  }
}

/** The operator's message for an invalid Ignition configuration; undefined if it is valid. */
function faultOf(config: KubeObject): string | undefined {
  try {
    return ignitionFault(config)
  } catch (error) {
    // For example, `files` is not a list.
    return `parsing Ignition config failed for ${config.metadata.name}: ${describeError(error)}`
  }
}

function ignitionFault({ metadata, spec }: KubeObject): string | undefined {
  const { config } = (spec ?? {}) as { config?: Ignition }
  if (config === undefined) return undefined
  const version = config.ignition?.version ?? ''
  if (!VERSIONS.includes(version))
    return (
      `parsing Ignition config failed for ${metadata.name}: unknown version ${JSON.stringify(version)}. ` +
      `Supported spec versions: ${VERSIONS.map((each) => each.slice(0, -2)).join(', ')}`
    )
  const broken = config.storage?.files?.find(({ contents }) => !isDataUrl(contents?.source ?? 'data:,'))
  return broken === undefined
    ? undefined
    : `parsing Ignition config failed for ${metadata.name}: file ${broken.path ?? ''}: invalid data URL`
}

/** Whether it is a valid data URL: no white space, and valid Base64 if it is declared. */
function isDataUrl(url: string): boolean {
  const [, parameters = '', data = ''] = /^data:([^,\s]*),(\S*)$/.exec(url) ?? [undefined, undefined, ' ']
  if (/\s/.test(data)) return false
  return !parameters.endsWith(';base64') || /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/.test(data)
}

function degraded({ status }: KubeObject, message: string): object {
  const before = status as { conditions?: readonly { readonly type: string }[] } | undefined
  const conditions = (before?.conditions ?? []).map((condition) =>
    condition.type === 'RenderDegraded' || condition.type === 'Degraded'
      ? { ...condition, status: 'True', reason: '', message, lastTransitionTime: timestamp() }
      : condition,
  )
  return { ...before, conditions }
}
