/**
 * The objects that a run in the cluster creates. What is there already is used as it is: it is never changed, and never
 * removed. What was created is noted in the object itself by the request that creates it, and removed by its uid.
 */
import type { ApiResource } from '../../cluster/discovery.ts'
import { isApiError } from '../../cluster/api-error.ts'
import { describeRef, type Manifest, type ObjectRef, Objects } from '../../cluster/objects.ts'
import type { ApiClient } from '../../cluster/api-client.ts'
import { SuiteError } from '../../common/errors.ts'
import type { Limits } from '../../common/wait.ts'

/** Which run of the command line created an object. */
export const STARTED_BY_LABEL = 'kubevirt-dpdk-checkup/started-by'
/** Field manager of what is created. */
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

  /** The last created first. */
  get created(): readonly Created[] {
    return this.#created.toReversed()
  }

  /**
   * Those of the manifests whose objects are not there. What may not be read is taken to be as the account is: there with
   * it, or missing with it.
   */
  async missing(manifests: readonly Manifest[], limits: Limits): Promise<Manifest[]> {
    const found = await Promise.all(manifests.map((manifest) => this.#look(this.refOf(manifest), limits)))
    const hasAccount = manifests.some(
      ({ kind }, index) => kind === 'ServiceAccount' && found[index] === 'there',
    )
    return manifests.filter(
      (_, index) => found[index] === 'missing' || (found[index] === 'hidden' && !hasAccount),
    )
  }

  /** @throws SuiteError `there-already` where another one has its name; ApiError */
  async create(manifest: Manifest, limits: Limits): Promise<Created> {
    const ref = this.refOf(manifest)
    const { metadata } = manifest
    const labels = { ...metadata.labels, [STARTED_BY_LABEL]: this.#run }
    const signed = { ...manifest, metadata: { ...metadata, namespace: this.#namespace, labels } }
    const created = { ref, uid: await this.#createOnce(ref, signed, limits) }
    this.#created.push(created)
    return created
  }

  /** One that is gone already, or another one of its name, is no error. */
  async remove({ ref, uid }: Created, limits: Limits): Promise<void> {
    // What a Job has started goes before it: it needs its account to the end.
    await this.#objects.delete(ref, uid, ref.resource.kind === 'Job' ? 'Foreground' : 'Background', limits)
    const at = this.#created.findIndex((one) => one.uid === uid)
    if (at !== -1) this.#created.splice(at, 1)
  }

  /** Whether the very object is still there. */
  async isThere({ ref, uid }: Created, limits: Limits): Promise<boolean> {
    return (await this.#objects.get(ref, limits))?.metadata.uid === uid
  }

  refOf({ kind, metadata: { name } }: Manifest): ObjectRef {
    const resource = RESOURCES.find((one) => one.kind === kind)
    if (resource === undefined) throw new TypeError(`no manifest of the checkup is a ${kind}`)
    return { resource, namespace: this.#namespace, name }
  }

  async #look(ref: ObjectRef, limits: Limits): Promise<'there' | 'missing' | 'hidden'> {
    try {
      return (await this.#objects.get(ref, limits)) === undefined ? 'missing' : 'there'
    } catch (error) {
      if (isApiError(error, 403)) return 'hidden'
      throw error
    }
  }

  /** A request that was sent again after a lost answer finds what it made the first time. */
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
