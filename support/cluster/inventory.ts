/** What can be read about the cluster before anything is created. Most of it is optional: a 403 is no fault. */
import { z } from 'zod'
import type { Limits } from '../common/wait.ts'
import { type ApiClient, apiPath } from './api-client.ts'
import { isApiError } from './api-error.ts'

/** Something that may be there, be missing, or be hidden from this account. */
export type Readable<T> =
  { readonly found: T } | { readonly missing: string } | { readonly notReadable: string }

export interface Permission {
  readonly verb: string
  readonly group: string
  /** `virtualmachineinstances` or `virtualmachineinstances/console`. */
  readonly resource: string
}

const versionSchema = z.looseObject({ gitVersion: z.string() })
const nadSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).nullish() }),
  spec: z.looseObject({ config: z.string().nullish() }).nullish(),
})
export type Nad = z.infer<typeof nadSchema>
const kubeVirtListSchema = z.looseObject({
  items: z.array(
    z.looseObject({ status: z.looseObject({ observedKubeVirtVersion: z.string().nullish() }).nullish() }),
  ),
})
const reviewSchema = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) })
const resourceListSchema = z.looseObject({ resources: z.array(z.looseObject({ name: z.string() })) })

export class Inventory {
  readonly #client: ApiClient

  constructor(client: ApiClient) {
    this.#client = client
  }

  kubernetesVersion(limits: Limits): Promise<Readable<string>> {
    return this.#read(
      apiPath('version'),
      'the Kubernetes version',
      limits,
      (answer) => versionSchema.parse(answer).gitVersion,
    )
  }

  /** The resources KubeVirt's API group serves; missing where KubeVirt is not installed. */
  kubeVirtResources(limits: Limits): Promise<Readable<readonly string[]>> {
    return this.#read(
      apiPath('apis', 'kubevirt.io', 'v1'),
      'the API group kubevirt.io/v1',
      limits,
      (answer) => resourceListSchema.parse(answer).resources.map((resource) => resource.name),
    )
  }

  kubeVirtVersion(limits: Limits): Promise<Readable<string>> {
    return this.#read(
      apiPath('apis', 'kubevirt.io', 'v1', 'kubevirts'),
      'the KubeVirt version',
      limits,
      (answer) => {
        return kubeVirtListSchema.parse(answer).items[0]?.status?.observedKubeVirtVersion ?? 'unknown'
      },
    )
  }

  nad(namespace: string, name: string, limits: Limits): Promise<Readable<Nad>> {
    return this.#read(
      apiPath(
        'apis',
        'k8s.cni.cncf.io',
        'v1',
        'namespaces',
        namespace,
        'network-attachment-definitions',
        name,
      ),
      `NetworkAttachmentDefinition ${namespace}/${name}`,
      limits,
      (answer) => nadSchema.parse(answer),
    )
  }

  /** Those of the permissions that this account does not have, by the API server's own review. */
  async missingPermissions(
    namespace: string,
    permissions: readonly Permission[],
    limits: Limits,
  ): Promise<Readable<readonly Permission[]>> {
    try {
      const allowed = await Promise.all(
        permissions.map((permission) => this.#isAllowed(namespace, permission, limits)),
      )
      return { found: permissions.filter((_, index) => allowed[index] === false) }
    } catch (error) {
      if (isApiError(error, 403, 404))
        return { notReadable: 'SelfSubjectAccessReview is not available to this account' }
      throw error
    }
  }

  async #isAllowed(
    namespace: string,
    { verb, group, resource: full }: Permission,
    limits: Limits,
  ): Promise<boolean> {
    const [resource, subresource] = full.split('/')
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          namespace,
          verb,
          group,
          resource,
          ...(subresource === undefined ? {} : { subresource }),
        },
      },
    }
    const answer = await this.#client.send(
      {
        method: 'POST',
        path: apiPath('apis', 'authorization.k8s.io', 'v1', 'selfsubjectaccessreviews'),
        body,
        doing: `asking whether ${verb} ${full} is allowed`,
      },
      limits,
    )
    return reviewSchema.parse(answer).status.allowed
  }

  async #read<T>(
    path: string,
    what: string,
    limits: Limits,
    parse: (answer: unknown) => T,
  ): Promise<Readable<T>> {
    try {
      return {
        found: parse(await this.#client.send({ method: 'GET', path, doing: `reading ${what}` }, limits)),
      }
    } catch (error) {
      if (isApiError(error, 404)) return { missing: `${what} does not exist` }
      if (isApiError(error, 403)) return { notReadable: `${what} is not readable with these permissions` }
      throw error
    }
  }
}
