/**
 * The virt-launcher pod of a VMI, and the events about both. The checkup's basic role does not include reading them.
 */
import type { Limits } from '../common/wait.ts'
import { type ApiClient, apiPath } from './api-client.ts'
import { isApiError } from './api-error.ts'
import type { Readable } from './inventory.ts'
import { type Event, eventListSchema, oldestFirst } from './schemas/event.ts'
import { byAge, type Pod, podListSchema } from './schemas/pod.ts'

/** The most events that are read about one object. */
const MOST_EVENTS = 200

/** The newest launcher pod of a VMI. */
export async function readLauncherPod(
  client: ApiClient,
  namespace: string,
  vmi: { readonly name: string; readonly uid: string },
  limits: Limits,
): Promise<Readable<Pod>> {
  const [pod] = await readLauncherPods(client, namespace, [vmi], limits)
  return pod ?? { missing: `the virt-launcher pod of ${vmi.name} does not exist` }
}

/** The newest launcher pod of each VMI, in their order, by one request. */
export async function readLauncherPods(
  client: ApiClient,
  namespace: string,
  vmis: readonly { readonly name: string; readonly uid: string }[],
  limits: Limits,
): Promise<readonly Readable<Pod>[]> {
  const path = apiPath('api', 'v1', 'namespaces', namespace, 'pods')
  const uids = vmis.map(({ uid }) => uid)
  const selector = uids.length === 1 ? `${CREATED_BY}=${uids.join()}` : `${CREATED_BY} in (${uids.join()})`
  const names = vmis.map(({ name }) => name).join(' and ')
  const what = `the virt-launcher ${vmis.length === 1 ? 'pod' : 'pods'} of ${names}`
  const list = await read(client, path, { labelSelector: selector }, what, limits, (answer) =>
    podListSchema.parse(answer).items.toSorted(byAge),
  )
  return vmis.map(({ name, uid }) => {
    if (!('found' in list)) return list
    const newest = list.found.findLast(
      ({ metadata }) => vmis.length === 1 || metadata.labels?.[CREATED_BY] === uid,
    )
    return newest === undefined
      ? { missing: `the virt-launcher pod of ${name} does not exist` }
      : { found: newest }
  })
}

/** The label with the uid of a launcher pod's VMI. */
const CREATED_BY = 'kubevirt.io/created-by'

/** Events about an object, the oldest first. */
export async function readEvents(
  client: ApiClient,
  namespace: string,
  name: string,
  limits: Limits,
): Promise<Readable<readonly Event[]>> {
  const path = apiPath('api', 'v1', 'namespaces', namespace, 'events')
  const query = { fieldSelector: `involvedObject.name=${name}`, limit: String(MOST_EVENTS) }
  return read(client, path, query, `the list of events about ${name}`, limits, (answer) =>
    oldestFirst(eventListSchema.parse(answer).items),
  )
}

/** Lines read from the end of a log; the end shows why something stopped. */
const LOG_LINES = 300
const LOG_BYTES = 256 * 1024

/** The end of the log of a launcher pod's container compute: virt-launcher, libvirt and QEMU. */
export async function readLauncherLog(
  client: ApiClient,
  namespace: string,
  pod: string,
  limits: Limits,
): Promise<Readable<string>> {
  const options = { container: 'compute', tailLines: String(LOG_LINES), limitBytes: String(LOG_BYTES) }
  const path = apiPath('api', 'v1', 'namespaces', namespace, 'pods', pod, 'log')
  const what = `the log of pod ${pod}`
  const request = {
    method: 'GET',
    path: `${path}?${new URLSearchParams(options).toString()}`,
    answer: 'text',
    doing: `reading ${what}`,
  } as const
  try {
    return { found: String(await client.send(request, limits)).slice(-LOG_BYTES) }
  } catch (error) {
    // 400: a container that has not started has no log.
    if (isApiError(error, 400, 404)) return { missing: `${what} does not exist` }
    if (isApiError(error, 403)) return { notReadable: `no permission to read ${what}` }
    throw error
  }
}

async function read<T>(
  client: ApiClient,
  path: string,
  query: Readonly<Record<string, string>>,
  what: string,
  limits: Limits,
  parse: (answer: unknown) => T,
): Promise<Readable<T>> {
  try {
    const full = `${path}?${new URLSearchParams(query).toString()}`
    return {
      found: parse(await client.send({ method: 'GET', path: full, doing: `reading ${what}` }, limits)),
    }
  } catch (error) {
    if (isApiError(error, 404)) return { missing: `${what} does not exist` }
    if (isApiError(error, 403)) return { notReadable: `no permission to read ${what}` }
    throw error
  }
}
