/** ConfigMaps: reading, creating, deleting, and changing one without losing what others wrote. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { TimeoutError } from '../common/errors.ts'
import { interruption, type Limits, shareTimeout } from '../common/wait.ts'
import { readAnswer } from './answer.ts'
import { type ApiClient, apiPath, createOnce, deleteExactly, uidOfOwn } from './api-client.ts'
import { isApiError } from './api-error.ts'
import { textMap } from './schemas/metadata.ts'

const configMapSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string().optional(),
    resourceVersion: z.string().optional(),
    labels: textMap.nullish(),
    ownerReferences: z
      .array(z.looseObject({ kind: z.string(), name: z.string(), uid: z.string() }))
      .nullish(),
  }),
  data: textMap.nullish(),
  /** Nobody can change its data any more. */
  immutable: z.boolean().nullish().catch(undefined),
  /** In base64. */
  binaryData: textMap.nullish(),
})
const configMapListSchema = z.looseObject({ items: z.array(configMapSchema) })
export type ConfigMap = z.infer<typeof configMapSchema>

export interface NewConfigMap {
  readonly apiVersion: 'v1'
  readonly kind: 'ConfigMap'
  readonly metadata: {
    readonly name: string
    readonly labels: Record<string, string>
    readonly ownerReferences?: object[]
  }
  readonly data: Record<string, string>
  /** In base64. */
  readonly binaryData?: Record<string, string>
}

/** Milliseconds before a change that met another's is made again. */
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

  /** The same, or undefined where there is none. */
  async find(namespace: string, name: string, limits: Limits): Promise<ConfigMap | undefined> {
    try {
      return await this.get(namespace, name, limits)
    } catch (error) {
      if (isApiError(error, 404)) return undefined
      throw error
    }
  }

  /** All of a namespace. Needs `list`, which a run does not have. */
  async list(namespace: string, limits: Limits): Promise<readonly ConfigMap[]> {
    const answer = await this.#client.send(
      { method: 'GET', path: path(namespace), doing: `reading the ConfigMaps of namespace ${namespace}` },
      limits,
    )
    return configMapListSchema.parse(answer).items
  }

  async create(namespace: string, configMap: NewConfigMap, limits: Limits): Promise<void> {
    const { name, labels } = configMap.metadata
    const what = `ConfigMap ${namespace}/${name}`
    const object = { what, path: path(namespace), body: configMap, labels }
    await createOnce(this.#client, object, () => this.get(namespace, name, limits), limits)
  }

  /** Puts another one in the place of the version that was found. @throws ApiError 409 where that is not the newest */
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

  /** Of the one that was created with these labels; undefined where there is none, or another one of its name. */
  uidOfOwn(
    namespace: string,
    name: string,
    labels: Readonly<Record<string, string>>,
    limits: Limits,
  ): Promise<string | undefined> {
    return uidOfOwn(labels, () => this.get(namespace, name, limits))
  }

  /** Deletes the one with this uid; one that is gone already, or another one of its name, is no error. */
  async delete(namespace: string, name: string, uid: string, limits: Limits): Promise<void> {
    const doing = `deleting ConfigMap ${namespace}/${name}`
    await deleteExactly(this.#client, { path: path(namespace, name), doing, uid }, limits)
  }

  /**
   * Changes the data of the newest version. Where somebody else wrote in between (409) the change is made
   * again on what they wrote, so `change` must decide by what it is given and nothing else. All of it ends with the
   * limits, however often others write.
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
