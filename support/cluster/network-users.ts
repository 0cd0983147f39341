/** The users of networks among the pods, VMIs and NetworkAttachmentDefinitions that this account may list. */
import { z } from 'zod'
import type { Limits } from '../common/wait.ts'
import { readAnswer } from './answer.ts'
import { type ApiClient, apiPath } from './api-client.ts'
import { isApiError } from './api-error.ts'
import { networksOfPod, qualified, RESOURCE_NAME_ANNOTATION } from './network-selections.ts'
import { textMap } from './schemas/metadata.ts'

export interface NetworkUser {
  readonly kind: 'pod' | 'VMI'
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** `namespace/name` of each NetworkAttachmentDefinition. */
  readonly networks: readonly string[]
}

export interface NetworkUsers {
  /** The namespace that was read; undefined: all namespaces. */
  readonly namespace: string | undefined
  readonly users: readonly NetworkUser[]
  /** The resource of a network's VFs, by its `namespace/name`; undefined if they may not be listed. */
  readonly resources: ReadonlyMap<string, string> | undefined
  /** Whether VMIs could be listed too. Running ones are found by their pods anyway. */
  readonly hasVmis: boolean
  /** The number of pods read, and whether there are more. */
  readonly pods: number
  readonly isComplete: boolean
}

type Answer = { readonly found: NetworkUsers } | { readonly notReadable: string }

const PAGE = 500
/** Most pages read for each kind: clusters have tens of thousands of pods, and reading all would take too long. */
const MOST_PAGES = 10

/** Reads all namespaces if the account may, otherwise this one. @throws ApiError, TimeoutError, InterruptedError */
export async function readNetworkUsers(
  client: ApiClient,
  namespace: string,
  limits: Limits,
): Promise<Answer> {
  const everywhere = await podsOf(client, undefined, limits)
  const scope = everywhere === undefined ? namespace : undefined
  const pods = everywhere ?? (await podsOf(client, namespace, limits))
  if (pods === undefined) return { notReadable: 'no permission to read the list of pods' }
  const [vmis, nads] = await Promise.all([vmisOf(client, scope, limits), nadsOf(client, scope, limits)])
  const vmiUsers = vmis?.items ?? []
  const known = new Set(vmiUsers.map((vmi) => `${vmi.namespace}/${vmi.name}`))
  // Leaves out launcher pods whose VMI is listed.
  const podUsers = pods.items.filter(({ namespace: own, labels }) => {
    return !known.has(`${own}/${labels[VMI_LABEL] ?? ''}`)
  })
  const resources = nads?.items.flatMap(({ name, resource }) =>
    resource === undefined ? [] : [[name, resource] as const],
  )
  return {
    found: {
      namespace: scope,
      users: [...vmiUsers, ...podUsers].filter(({ networks }) => networks.length > 0),
      resources: resources === undefined ? undefined : new Map(resources),
      hasVmis: vmis !== undefined,
      pods: pods.items.length,
      isComplete: pods.isComplete && vmis?.isComplete !== false && nads?.isComplete !== false,
    },
  }
}

/** On a launcher's pod: the VMI's name. */
const VMI_LABEL = 'vm.kubevirt.io/name'
/** A pod or VMI that has ended uses no network. */
const ENDED = ['Succeeded', 'Failed']

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string(),
  labels: textMap.nullish().catch(undefined),
  annotations: textMap.nullish().catch(undefined),
})
const podSchema = z.looseObject({ metadata }).transform(({ metadata: { name, namespace, ...rest } }) => ({
  kind: 'pod' as const,
  namespace,
  name,
  labels: rest.labels ?? {},
  networks: networksOfPod(rest.annotations, namespace),
}))
const nadSchema = z.looseObject({ metadata }).transform(({ metadata: { name, namespace, annotations } }) => ({
  name: `${namespace}/${name}`,
  resource: annotations?.[RESOURCE_NAME_ANNOTATION],
}))
const networkSchema = z.looseObject({
  multus: z.looseObject({ networkName: z.string() }).nullish().catch(undefined),
})
const vmiSchema = z
  .looseObject({
    metadata,
    spec: z
      .looseObject({ networks: z.array(networkSchema).nullish().catch(undefined) })
      .nullish()
      .catch(undefined),
    status: z.looseObject({ phase: z.string().nullish() }).nullish().catch(undefined),
  })
  .transform(({ metadata: { name, namespace, labels }, spec, status }) => ({
    kind: 'VMI' as const,
    namespace,
    name,
    labels: labels ?? {},
    networks: ENDED.includes(status?.phase ?? '')
      ? []
      : (spec?.networks ?? []).flatMap(({ multus }) =>
          multus == null ? [] : [qualified(multus.networkName, namespace)],
        ),
  }))

function podsOf(client: ApiClient, namespace: string | undefined, limits: Limits) {
  const fieldSelector = ENDED.map((phase) => `status.phase!=${phase}`).join()
  const collection = { root: ['api', 'v1'], plural: 'pods', query: { fieldSelector } }
  return list(client, { ...collection, namespace, answer: 'metadata' }, podSchema, limits)
}

function vmisOf(client: ApiClient, namespace: string | undefined, limits: Limits) {
  const collection = { root: ['apis', 'kubevirt.io', 'v1'], plural: 'virtualmachineinstances' }
  return list(client, { ...collection, namespace }, vmiSchema, limits)
}

function nadsOf(client: ApiClient, namespace: string | undefined, limits: Limits) {
  const collection = { root: ['apis', 'k8s.cni.cncf.io', 'v1'], plural: 'network-attachment-definitions' }
  return list(client, { ...collection, namespace, answer: 'metadata' }, nadSchema, limits)
}

interface Collection {
  readonly root: readonly string[]
  readonly plural: string
  /** All without. */
  readonly namespace: string | undefined
  readonly query?: Readonly<Record<string, string>>
  readonly answer?: 'metadata'
}

interface Listed<T> {
  readonly items: readonly T[]
  readonly isComplete: boolean
}

/** Undefined if the objects do not exist or may not be read. A malformed object is left out. */
async function list<T>(
  client: ApiClient,
  { root, plural, namespace, query = {}, answer }: Collection,
  schema: z.ZodType<T>,
  limits: Limits,
): Promise<Listed<T> | undefined> {
  const path = apiPath(...root, ...(namespace === undefined ? [] : ['namespaces', namespace]), plural)
  const what = `the list of ${plural}`
  const pageSchema = z.looseObject({
    metadata: z.looseObject({ continue: z.string().nullish() }).nullish(),
    items: z.array(z.unknown()),
  })
  const items: T[] = []
  let next = ''
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const parameters = { ...query, limit: String(PAGE), ...(next === '' ? {} : { continue: next }) }
    const request = {
      method: 'GET',
      path: `${path}?${new URLSearchParams(parameters).toString()}`,
      doing: `reading ${what}`,
      ...(answer === undefined ? {} : { answer }),
    } as const
    try {
      const read = readAnswer(pageSchema, await client.send(request, limits), what)
      for (const item of read.items) {
        const parsed = schema.safeParse(item)
        if (parsed.success) items.push(parsed.data)
      }
      next = read.metadata?.continue ?? ''
      if (next === '') return { items, isComplete: true }
    } catch (error) {
      // A list that changes while it is read page by page may have no further page.
      if (page > 0 && isApiError(error, 410)) break
      if (isApiError(error, 403, 404)) return undefined
      throw error
    }
  }
  return { items, isComplete: false }
}
