/** The kinds of objects that the API server serves, and their paths. */
import { partTimeouts } from '../model/timeouts.ts'
import { z } from 'zod'
import { describeError, InterruptedError, SuiteError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import { readAnswer } from './answer.ts'
import { type ApiClient, apiPath } from './api-client.ts'
import { isApiError } from './api-error.ts'

export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly isNamespaced: boolean
  readonly verbs: readonly string[]
}

const groupListSchema = z.looseObject({
  groups: z.array(
    z.looseObject({
      name: z.string(),
      versions: z.array(z.looseObject({ version: z.string() })),
      preferredVersion: z.looseObject({ version: z.string() }).nullish(),
    }),
  ),
})
const resourceListSchema = z.looseObject({
  resources: z.array(
    z.looseObject({
      name: z.string(),
      kind: z.string(),
      namespaced: z.boolean(),
      verbs: z.array(z.string()),
    }),
  ),
})

const AT_ONCE = 10

export class Discovery {
  readonly #client: ApiClient
  readonly #known = new Map<string, Promise<readonly ApiResource[]>>()

  constructor(client: ApiClient) {
    this.#client = client
  }

  /**
   * The resource of a manifest's `apiVersion` and `kind`.
   * @throws SuiteError `not-served` if the cluster does not serve it; ApiError
   */
  async resourceOf(
    { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
    limits: Limits,
  ): Promise<ApiResource> {
    const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
    const found = (await this.#resources(group, version, limits)).find((resource) => resource.kind === kind)
    if (found !== undefined) return found
    throw new SuiteError('not-served', `the cluster does not serve the kind ${kind} (${apiVersion})`)
  }

  /**
   * Every kind of object that can be listed in a namespace, each in one version, and the groups that could not be read,
   * with the reason.
   */
  async listable(limits: Limits): Promise<{ resources: readonly ApiResource[]; unknown: readonly string[] }> {
    const { groups } = readAnswer(
      groupListSchema,
      await this.#client.send({ method: 'GET', path: '/apis', doing: 'reading the API groups' }, limits),
      'the list of API groups',
    )
    // The preferred version first; a kind that it does not serve may exist in another version.
    const versions = [
      { group: '', version: 'v1' },
      ...groups.flatMap(({ name, versions: served, preferredVersion }) =>
        served
          .map(({ version }) => ({ group: name, version }))
          .sort((left) => (left.version === preferredVersion?.version ? -1 : 0)),
      ),
    ]
    const unknown: string[] = []
    const lists = await eachAtMost(AT_ONCE, versions, async ({ group, version }) => {
      try {
        return await this.#resources(group, version, {
          ...limits,
          timeout: Math.min(partTimeouts.apiGroup, limits.timeout),
        })
      } catch (error) {
        if (error instanceof InterruptedError) throw error
        unknown.push(`${group}/${version} (${describeError(error)})`)
        return []
      }
    })
    const byName = new Map<string, ApiResource>()
    for (const resource of lists.flat()) {
      const name = `${resource.plural}.${resource.group}`
      if (resource.isNamespaced && resource.verbs.includes('list') && !byName.has(name))
        byName.set(name, resource)
    }
    return { resources: [...byName.values()], unknown }
  }

  async #resources(group: string, version: string, limits: Limits): Promise<readonly ApiResource[]> {
    const key = `${group}/${version}`
    const known = this.#known.get(key) ?? this.#read(group, version, limits)
    this.#known.set(key, known)
    try {
      return await known
    } catch (error) {
      // Forget the failure, so that the next caller tries again.
      this.#known.delete(key)
      throw error
    }
  }

  async #read(group: string, version: string, limits: Limits): Promise<readonly ApiResource[]> {
    const path = group === '' ? apiPath('api', version) : apiPath('apis', group, version)
    const what = `the kinds of ${group === '' ? version : `${group}/${version}`}`
    let answer: unknown
    try {
      answer = await this.#client.send({ method: 'GET', path, doing: `reading ${what}` }, limits)
    } catch (error) {
      if (isApiError(error, 404)) return []
      throw error
    }
    return readAnswer(resourceListSchema, answer, what)
      .resources.filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced, verbs }) => ({
        group,
        version,
        plural: name,
        kind,
        isNamespaced: namespaced,
        verbs,
      }))
  }
}

/** Maps items with limited concurrency; the results keep the order. */
export async function eachAtMost<T, R>(
  atOnce: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  return results
}
