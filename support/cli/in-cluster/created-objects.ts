/**
 * The objects that a run in the cluster creates. Existing objects are used as they are: never changed, never removed. A
 * created object carries the run's label from the start, and is removed by its uid.
 */
import type { ApiResource } from '../../cluster/discovery.ts'
import { isApiError } from '../../cluster/api-error.ts'
import { describeRef, type Manifest, type ObjectRef, Objects } from '../../cluster/objects.ts'
import type { ApiClient } from '../../cluster/api-client.ts'
import { SuiteError } from '../../common/errors.ts'
import type { Limits } from '../../common/wait.ts'

/** Label of a created object; its value is the id of the run that created it. */
export const STARTED_BY_LABEL = 'kubevirt-dpdk-checkup/started-by'
/** Field manager of created objects. */
const MANAGER = 'dpdk-checkup'

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1', isNamespaced: true, verbs: [] } as const
const CORE = { group: '', version: 'v1', isNamespaced: true, verbs: [] } as const
const RESOURCES: readonly ApiResource[] = [
  { ...CORE, plural: 'serviceaccounts', kind: 'ServiceAccount' },
  { ...RBAC, plural: 'roles', kind: 'Role' },
  { ...RBAC, plural: 'rolebindings', kind: 'RoleBinding' },
  { ...CORE, plural: 'configmaps', kind: 'ConfigMap' },
  { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job', isNamespaced: true, verbs: [] },
]

export interface Created {
  readonly ref: ObjectRef
  readonly uid: string
}

export class CreatedObjects {
  readonly #objects: Objects
  readonly #namespace: string
  readonly #run: string
  readonly #created: Created[] = []

  /** @param run value of the label */
  constructor(client: ApiClient, namespace: string, run: string) {
    this.#objects = new Objects(client)
    this.#namespace = namespace
    this.#run = run
  }

  /** The last one created comes first. */
  get created(): readonly Created[] {
    return this.#created.toReversed()
  }

  /**
   * The manifests whose objects do not exist. If an object must not be read, it counts as existing if the service
   * account exists, and as missing otherwise.
   */
  async missing(manifests: readonly Manifest[], limits: Limits): Promise<Manifest[]> {
    const found = await Promise.all(manifests.map((manifest) => this.#find(this.refOf(manifest), limits)))
    const hasAccount = manifests.some(
      ({ kind }, index) => kind === 'ServiceAccount' && found[index] === 'there',
    )
    return manifests.filter(
      (_, index) => found[index] === 'missing' || (found[index] === 'hidden' && !hasAccount),
    )
  }

  /** @throws SuiteError `there-already` if an object of this name exists that this run did not create; ApiError */
  async create(manifest: Manifest, limits: Limits): Promise<Created> {
    const ref = this.refOf(manifest)
    const { metadata } = manifest
    const labels = { ...metadata.labels, [STARTED_BY_LABEL]: this.#run }
    const signed = { ...manifest, metadata: { ...metadata, namespace: this.#namespace, labels } }
    const created = { ref, uid: await this.#createOnce(ref, signed, limits) }
    this.#created.push(created)
    return created
  }

  /** No error if the object is gone already, or was replaced by another one of the same name. */
  async remove({ ref, uid }: Created, limits: Limits): Promise<void> {
    // Pods of a Job are removed before the Job itself, because they need their account until they have ended.
    await this.#objects.delete(ref, uid, ref.resource.kind === 'Job' ? 'Foreground' : 'Background', limits)
    const at = this.#created.findIndex((one) => one.uid === uid)
    if (at !== -1) this.#created.splice(at, 1)
  }

  /** Whether the object with this uid still exists. */
  async isThere({ ref, uid }: Created, limits: Limits): Promise<boolean> {
    return (await this.#objects.get(ref, limits))?.metadata.uid === uid
  }

  refOf({ kind, metadata: { name } }: Manifest): ObjectRef {
    const resource = RESOURCES.find((one) => one.kind === kind)
    if (resource === undefined) throw new TypeError(`no manifest of the checkup is a ${kind}`)
    return { resource, namespace: this.#namespace, name }
  }

  async #find(ref: ObjectRef, limits: Limits): Promise<'there' | 'missing' | 'hidden'> {
    try {
      return (await this.#objects.get(ref, limits)) === undefined ? 'missing' : 'there'
    } catch (error) {
      if (isApiError(error, 403)) return 'hidden'
      throw error
    }
  }

  /**
   * If the answer to the first request was lost, its repetition finds the object with this run's label.
   * @returns the uid
   */
  async #createOnce(ref: ObjectRef, manifest: Manifest, limits: Limits): Promise<string> {
    try {
      return (await this.#objects.create(ref, manifest, MANAGER, limits)).metadata.uid
    } catch (error) {
      if (!isApiError(error, 409) || error.reason !== 'AlreadyExists') throw error
      const found = await this.#objects.get(ref, limits)
      if (found?.metadata.labels?.[STARTED_BY_LABEL] === this.#run) return found.metadata.uid
      throw new SuiteError(
        'there-already',
        `${describeRef(ref)} already exists in namespace ${this.#namespace}, and this run did not create it`,
        { cause: error },
      )
    }
  }
}
