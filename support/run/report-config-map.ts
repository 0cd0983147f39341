/** The ConfigMap that a run's reports are kept in when its pod is gone. */
import { isApiError } from '../cluster/api-error.ts'
import type { ConfigMap, ConfigMaps, NewConfigMap } from '../cluster/config-map.ts'
import { SuiteError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { Archive } from '../report/archive.ts'
import { START_KEY } from './claim.ts'
import type { Environment } from './environment.ts'

/** Not the label of what a run makes for itself (`RUN_LABEL`): nobody takes it for something left behind. */
export const REPORT_LABEL = 'kubevirt-dpdk-checkup/report-of'

/** Beside the files: of which run they are, and what is not among them, a name a line. */
export const REPORT_KEYS = {
  startedAt: 'startTimestamp',
  verdict: 'verdict',
  state: 'state',
  leftOut: 'leftOut',
} as const

/** `before-teardown`: the run was cut short, and had not removed its testbed yet. */
export type ReportState = 'before-teardown' | 'final'

/** Longest name of a ConfigMap. */
const LONGEST_NAME = 253
const SUFFIX = '-report'

/** Where the reports of a checkup with this ConfigMap are. */
export function reportConfigMapName(configMap: string): string {
  return configMap.slice(0, LONGEST_NAME - SUFFIX.length).replace(/[-.]+$/, '') + SUFFIX
}

export interface KeptReports {
  readonly archive: Archive
  readonly verdict: string
  readonly state: ReportState
}

type Store = Pick<ConfigMaps, 'get' | 'find' | 'create' | 'replace' | 'delete'>

/** Tries with somebody who deletes or creates at the same time. */
const TRIES = 5

export class ReportConfigMap {
  readonly #configMaps: Store
  readonly #environment: Environment
  /** Value of the label: the pod's uid, or the run's own. */
  readonly #run: string
  readonly #startedAt: string

  /** @param startedAt by which the run has claimed its ConfigMap */
  constructor(configMaps: Store, environment: Environment, run: string, startedAt: string) {
    this.#configMaps = configMaps
    this.#environment = environment
    this.#run = run
    this.#startedAt = startedAt
  }

  /**
   * Writes it, in the place of what this run wrote before. An older one's place it takes only where the ConfigMap which
   * that belonged to is gone. Returns its name.
   * @throws SuiteError `not-claimed` where the checkup's ConfigMap is not this run's (any more), `there-already` where an
   * object has the name that is not this run's; ApiError
   */
  async write(kept: KeptReports, limits: Limits): Promise<string> {
    const owner = await this.#owner(limits)
    const manifest = this.#manifest(owner, kept)
    const { name } = manifest.metadata
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#put(manifest, owner, limits)
        return name
      } catch (error) {
        if (!isApiError(error, 409) || tries === TRIES) throw error
      }
    }
  }

  /** @throws ApiError 409 where somebody came first */
  async #put(manifest: NewConfigMap, owner: string, limits: Limits): Promise<void> {
    const { namespace } = this.#environment
    const found = await this.#configMaps.find(namespace, manifest.metadata.name, limits)
    if (found !== undefined && this.#isOwn(found, owner))
      return this.#configMaps.replace(namespace, found, manifest, limits)
    if (found !== undefined) await this.#remove(found, owner, limits)
    await this.#configMaps.create(namespace, manifest, limits)
  }

  #isOwn({ metadata }: ConfigMap, owner: string): boolean {
    return (
      metadata.labels?.[REPORT_LABEL] === this.#run &&
      metadata.ownerReferences?.some(({ uid }) => uid === owner) === true
    )
  }

  async #remove({ metadata }: ConfigMap, owner: string, limits: Limits): Promise<void> {
    const { namespace } = this.#environment
    const { name, uid, labels, ownerReferences } = metadata
    const isReport = labels?.[REPORT_LABEL] !== undefined
    const isOrphan =
      isReport && uid !== undefined && (await this.#areGone(ownerReferences ?? [], owner, limits))
    if (!isOrphan) {
      const what = isReport ? 'holds the reports of another run' : 'is there and holds no reports'
      throw new SuiteError('there-already', `ConfigMap ${namespace}/${name} ${what}; delete it to make room`)
    }
    await this.#configMaps.delete(namespace, name, uid, limits)
  }

  /** Nobody else may want what they belonged to: not as long as one of them is there. */
  async #areGone(
    owners: readonly { readonly kind: string; readonly name: string; readonly uid: string }[],
    owner: string,
    limits: Limits,
  ): Promise<boolean> {
    if (owners.length === 0) return false
    for (const { kind, name, uid } of owners) {
      if (kind !== 'ConfigMap' || uid === owner) return false
      const found =
        name === this.#environment.configMap
          ? { metadata: { uid: owner } }
          : await this.#configMaps.find(this.#environment.namespace, name, limits)
      if (found?.metadata.uid === uid) return false
    }
    return true
  }

  /** The uid of the checkup's ConfigMap. */
  async #owner(limits: Limits): Promise<string> {
    const { namespace, configMap } = this.#environment
    const { data, metadata } = await this.#configMaps.get(namespace, configMap, limits)
    if (data?.[START_KEY] === this.#startedAt && metadata.uid !== undefined) return metadata.uid
    throw new SuiteError(
      'not-claimed',
      `ConfigMap ${namespace}/${configMap} is not the one that this run claimed`,
    )
  }

  #manifest(owner: string, { archive, verdict, state }: KeptReports): NewConfigMap {
    const { configMap } = this.#environment
    const { files, leftOut } = archive
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: reportConfigMapName(configMap),
        labels: { [REPORT_LABEL]: this.#run },
        // It goes with the checkup's ConfigMap, not with the pod, and keeps nobody from deleting that.
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: configMap, uid: owner }],
      },
      data: {
        [REPORT_KEYS.startedAt]: this.#startedAt,
        [REPORT_KEYS.verdict]: verdict,
        [REPORT_KEYS.state]: state,
        [REPORT_KEYS.leftOut]: leftOut.join('\n'),
      },
      binaryData: { ...files },
    }
  }
}
