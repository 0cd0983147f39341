/** The ConfigMap that stores a run's reports. */
import { isApiError } from '../cluster/api-error.ts'
import type { ConfigMap, ConfigMaps, NewConfigMap } from '../cluster/config-map.ts'
import { SuiteError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { Archive } from '../report/archive.ts'
import { APP_LABELS, CHECKUP_TYPE_LABEL } from '../model/testbed.ts'
import type { Environment } from './environment.ts'
import { START_KEY } from '../model/status-keys.ts'

/** Not the label of the testbed's objects (`RUN_LABEL`), so that it does not count as a leftover. */
export const REPORT_LABEL = 'kubevirt-dpdk-checkup/report-of'

/** In addition to the files: the run they belong to, and the names of missing files, one per line. */
export const REPORT_KEYS = {
  startedAt: 'startTimestamp',
  verdict: 'verdict',
  state: 'state',
  leftOut: 'leftOut',
} as const

/** `before-teardown`: the run was interrupted, and had not removed its testbed yet. */
export type ReportState = 'before-teardown' | 'final'

/** Longest name of a ConfigMap. */
const LONGEST_NAME = 253
const SUFFIX = '-report'

/** Name of the ConfigMap with the reports of a checkup that has this ConfigMap. */
export function reportConfigMapName(configMap: string): string {
  return configMap.slice(0, LONGEST_NAME - SUFFIX.length).replace(/[-.]+$/, '') + SUFFIX
}

export interface KeptReports {
  readonly archive: Archive
  readonly verdict: string
  readonly state: ReportState
}

type Store = Pick<ConfigMaps, 'get' | 'find' | 'create' | 'replace' | 'delete'>

/** Attempts if others delete or create it at the same time. */
const TRIES = 5

export class ReportConfigMap {
  readonly #configMaps: Store
  readonly #environment: Environment
  /** Value of the label: the pod's uid, or a random one. */
  readonly #run: string
  readonly #startedAt: string

  /** @param startedAt the start timestamp with which the run claimed its ConfigMap */
  constructor(configMaps: Store, environment: Environment, run: string, startedAt: string) {
    this.#configMaps = configMaps
    this.#environment = environment
    this.#run = run
    this.#startedAt = startedAt
  }

  /**
   * Writes the ConfigMap, replacing an earlier one of this run. Reports of another run are replaced only if that run's
   * ConfigMap is gone.
   * @returns its name
   * @throws SuiteError `not-claimed` if the checkup's ConfigMap is not, or no longer, this run's; `there-already` if an
   * object of another owner has the name; ApiError
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

  /** @throws ApiError 409 if another client changed it first */
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

  /** Whether the ConfigMap that those reports belong to still exists. */
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
      `ConfigMap ${namespace}/${configMap} is not the ConfigMap that this run claimed`,
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
        labels: { ...APP_LABELS, ...CHECKUP_TYPE_LABEL, [REPORT_LABEL]: this.#run },
        // It is deleted together with the checkup's ConfigMap, not with the pod, and does not block that deletion.
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
