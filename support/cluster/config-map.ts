/** ConfigMaps: reads, creates and deletes them, and changes one without losing changes of others. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { TimeoutError } from '../common/errors.ts'
import { interruption, type Limits, shareTimeout } from '../common/wait.ts'
import { readAnswer } from './answer.ts'
import { type ApiClient, apiPath, createOnce, deleteExactly, uidOfOwn } from './api-client.ts'
import { isApiError } from './api-error.ts'
import { textMap } from './schemas/metadata.ts'

export const configMapSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    labels: textMap.nullish(),
    ownerReferences: z
      .array(z.looseObject({ kind: z.string(), name: z.string(), uid: z.string() }))
      .nullish(),
  }),
  data: textMap.nullish(),
  /** The API server refuses every change of its data. */
  immutable: z.boolean().nullish().catch(undefined),
  /** In base64. */
  binaryData: textMap.nullish(),
})
export const configMapListSchema = z.looseObject({ items: z.array(configMapSchema) })
export type ConfigMap = z.infer<typeof configMapSchema>

export interface NewConfigMap {
  readonly apiVersion: 'v1'
  readonly kind: 'ConfigMap'
  readonly metadata: {
    readonly name: string
    readonly labels: Record<string, string>
    readonly annotations?: Record<string, string>
    readonly ownerReferences?: object[]
  }
  readonly data: Record<string, string>
  /** In base64. */
  readonly binaryData?: Record<string, string>
}

/** Milliseconds before a change is retried after a conflict. */
const CONFLICT_PAUSE = 50

export class ConfigMaps {
  readonly #client: ApiClient

  constructor(client: ApiClient) {
    this.#client = client
  }

  async get(namespace: string, name: string, limits: Limits): Promise<ConfigMap> {
    const answer = await this.#client.send(
      { method: 'GET', path: path(namespace, name), doing: `reading ConfigMap ${namespace}/${name}` },
      limits,
    )
    return readAnswer(configMapSchema, answer, `ConfigMap ${namespace}/${name}`)
  }

  /** The same, or undefined if it does not exist. */
  async find(namespace: string, name: string, limits: Limits): Promise<ConfigMap | undefined> {
    try {
      return await this.get(namespace, name, limits)
    } catch (error) {
      if (isApiError(error, 404)) return undefined
      throw error
    }
  }

  /** All ConfigMaps of a namespace. Needs the permission `list`, which a run does not have. */
  async list(namespace: string, limits: Limits): Promise<readonly ConfigMap[]> {
    const answer = await this.#client.send(
      { method: 'GET', path: path(namespace), doing: `reading the ConfigMaps of namespace ${namespace}` },
      limits,
    )
    return configMapListSchema.parse(answer).items
  }

  /** @returns its uid; undefined if the answer has none */
  create(namespace: string, configMap: NewConfigMap, limits: Limits): Promise<string | undefined> {
    const { name, labels } = configMap.metadata
    const what = `ConfigMap ${namespace}/${name}`
    const object = { what, path: path(namespace), body: configMap, labels }
    return createOnce(this.#client, object, () => this.get(namespace, name, limits), limits)
  }

  /** Replaces the version that was read. @throws ApiError 409 if it is not the newest */
  async replace(
    namespace: string,
    { metadata: { resourceVersion = '' } }: Pick<ConfigMap, 'metadata'>,
    configMap: NewConfigMap,
    limits: Limits,
  ): Promise<void> {
    const { name } = configMap.metadata
    const body = { ...configMap, metadata: { ...configMap.metadata, resourceVersion } }
    const doing = `updating ConfigMap ${namespace}/${name}`
    await this.#client.send({ method: 'PUT', path: path(namespace, name), body, doing }, limits)
  }

  /** Uid of the ConfigMap that was created with these labels; undefined if it is gone, or if another ConfigMap has its name. */
  uidOfOwn(
    namespace: string,
    name: string,
    labels: Readonly<Record<string, string>>,
    limits: Limits,
  ): Promise<string | undefined> {
    return uidOfOwn(labels, () => this.get(namespace, name, limits))
  }

  /** Deletes the ConfigMap with this uid. No error if it is gone, or if another one has its name by now. */
  async delete(namespace: string, name: string, uid: string, limits: Limits): Promise<void> {
    const doing = `deleting ConfigMap ${namespace}/${name}`
    await deleteExactly(this.#client, { path: path(namespace, name), doing, uid }, limits)
  }

  /**
   * Changes the data of the newest version. After a conflict with another client (409) the change is applied to the
   * newer data, so `change` must depend only on its argument. Retries end with the limits.
   */
  async change(
    namespace: string,
    name: string,
    change: (data: Readonly<Record<string, string>>) => Record<string, string>,
    limits: Limits,
  ): Promise<void> {
    const doing = `updating ConfigMap ${namespace}/${name}`
    const left = shareTimeout(limits)
    for (;;) {
      const rest = left()
      const found = await this.get(namespace, name, rest)
      const changed = { ...found, data: change(found.data ?? {}) }
      try {
        await this.#client.send({ method: 'PUT', path: path(namespace, name), body: changed, doing }, rest)
        return
      } catch (error) {
        if (!isApiError(error, 409)) throw error
        if (limits.signal.aborted) throw interruption(limits.signal, doing)
        if (left().timeout <= CONFLICT_PAUSE) throw new TimeoutError(error.message, { cause: error })
      }
      await sleep(CONFLICT_PAUSE)
    }
  }
}

function path(namespace: string, name = ''): string {
  return apiPath('api', 'v1', 'namespaces', namespace, 'configmaps', name)
}
