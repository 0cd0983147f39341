/**
 * Requests to the API server. client-node provides authentication, TLS and proxies; one function sends all requests,
 * because that library's typed API supports neither deadlines nor KubeVirt's subresources.
 */
import { z } from 'zod'
import { setTimeout as sleep } from 'node:timers/promises'
import { HttpMethod, IsomorphicFetchHttpLibrary, type KubeConfig, RequestContext } from './client-node.ts'
import { describeError, isSuiteError, SuiteError, UnreachableError } from '../common/errors.ts'
import { type Limits, withLimits } from '../common/wait.ts'
import { ApiError, isApiError, missesRoles } from './api-error.ts'
import { isLasting } from './lasting-error.ts'
import { withoutPassword } from './proxy.ts'
import { outlastsRetries } from './refusal.ts'

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With a leading slash; its parts are encoded by `apiPath`. */
  readonly path: string
  readonly body?: object
  /** Media type of the body, which gives the kind of patch; default JSON. */
  readonly contentType?: string
  /** The answer: an object (default), only its metadata if the server supports that, or plain text. */
  readonly answer?: 'metadata' | 'text'
  /** For messages: `creating VMI ns/name`. */
  readonly doing: string
}

/** Milliseconds before a request is sent again after a server failure; doubled each time. */
const FIRST_RETRY = 250
const LONGEST_RETRY = 4000

/** 5xx codes that a retry cannot change: 501 Not Implemented, 505 HTTP Version Not Supported. */
const NEVER_PASSES: ReadonlySet<number> = new Set([501, 505])

/** Servers that do not support it answer with the whole objects. */
const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json'
const ACCEPTED = { object: 'application/json', metadata: METADATA, text: 'text/plain, */*' } as const

/** Milliseconds for which a creation is retried if a webhook does not answer, or etcd is full: they may recover. */
const WEBHOOK_PATIENCE = 3000

/**
 * Milliseconds for which a role that the server does not find may still exist: after its start, an API server answers
 * requests for about two seconds before it has read all roles (measured with v1.36). After that, the role is missing: a
 * binding may name a role that does not exist.
 */
const ROLES_PATIENCE = 5000

/** Why a request failed, and how long the server asks to wait. */
interface ServerFailure {
  readonly failure: string
  readonly retryAfter: number | undefined
  /** Its answer; undefined if there was none. */
  readonly answer?: ApiError
  /** Set if a webhook that the server calls failed, or its etcd has no room, and not the server itself. */
  readonly outlasts?: boolean
}

export class ApiClient {
  readonly kubeConfig: KubeConfig
  readonly #server: string
  readonly #rolesPatience: number
  readonly #http = new IsomorphicFetchHttpLibrary()
  /** Keeps connections open. client-node opens one for each request, which costs a handshake each. */
  #connections: ReturnType<RequestContext['getDispatcher']>
  #requests = 0
  /** Whether the server was ever reached: if so, any failure may be temporary. */
  #wasReached = false
  /** When it first did not find a role, since it was last out of reach. */
  #rolesMissingSince: number | undefined

  /** @param rolesPatience milliseconds for which a role that the server does not find may still exist */
  constructor(kubeConfig: KubeConfig, { rolesPatience = ROLES_PATIENCE } = {}) {
    this.kubeConfig = kubeConfig
    this.#rolesPatience = rolesPatience
    this.#server = (kubeConfig.getCurrentCluster()?.server ?? '').replace(/\/+$/, '')
  }

  /** The server, and the proxy, for messages. */
  get #goal(): string {
    const proxy = this.kubeConfig.getCurrentCluster()?.proxyUrl
    return proxy === undefined ? this.#server : `${this.#server} by the proxy ${withoutPassword(proxy)}`
  }

  /** Requests sent so far, repeated ones included. */
  get requests(): number {
    return this.#requests
  }

  /**
   * Sends a request and returns the parsed JSON answer. It is repeated until the limits end while the server is
   * unreachable, overloaded (429) or failing (5xx other than 501 and 505), because API servers restart during upgrades;
   * and for some seconds while a server does not know its roles yet.
   * @throws ApiError for every other refusal, and for a creation that a webhook or etcd prevents for some seconds;
   * TimeoutError with the last failure, and with the last answer in its facts; InterruptedError; UnreachableError or `no-credentials` at once if the server
   * was never reached and the failure is not temporary
   */
  async send(request: ApiRequest, limits: Limits): Promise<unknown> {
    let last: ServerFailure | undefined
    let awaited = ''
    const describe = () => ({
      sentence: `${request.doing}: ${last?.failure ?? awaited}`,
      facts: last?.answer?.facts ?? {},
    })
    const started = performance.now()
    return withLimits({ ...limits, describe }, async (signal) => {
      for (let delay = FIRST_RETRY; ; delay = Math.min(delay * 2, LONGEST_RETRY)) {
        const answer = await this.#sendOnce(request, signal, (what) => {
          awaited = what
        })
        if ('body' in answer) return answer.body
        last = answer
        const isPatient = answer.outlasts !== true || performance.now() - started < WEBHOOK_PATIENCE
        if (!isPatient && request.method === 'POST' && answer.answer !== undefined) throw answer.answer
        await sleep(answer.retryAfter ?? delay, undefined, { signal })
      }
    })
  }

  async #sendOnce(
    request: ApiRequest,
    signal: AbortSignal,
    onAwaiting: (what: string) => void,
  ): Promise<{ body: unknown } | ServerFailure> {
    const context = new RequestContext(this.#server + request.path, HttpMethod[request.method])
    context.setHeaderParam('Accept', ACCEPTED[request.answer ?? 'object'])
    context.setSignal(signal)
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json')
      context.setBody(JSON.stringify(request.body))
    }
    this.#requests += 1
    let status: number
    let headers: Record<string, string>
    let text: string
    try {
      onAwaiting('the credentials are not available yet')
      await this.kubeConfig.applySecurityAuthentication(context)
      onAwaiting(`no answer from ${this.#goal}`)
      this.#connections ??= context.getDispatcher()
      if (this.#connections !== undefined) context.setDispatcher(this.#connections)
      const response = await this.#http.send(context).toPromise()
      status = response.httpStatusCode
      headers = response.headers
      text = await response.body.text()
    } catch (error) {
      this.#connections = undefined
      this.#rolesMissingSince = undefined
      signal.throwIfAborted()
      const failure = isSuiteError(error, 'no-credentials')
        ? describeError(error)
        : `${this.#goal} cannot be reached: ${describeError(error)}`
      if (!this.#wasReached && isLasting(error))
        throw new UnreachableError(`${request.doing}: ${failure}`, { cause: error })
      return { failure, retryAfter: undefined }
    }
    this.#wasReached = true
    // The credentials may contain a client certificate that was renewed meanwhile.
    if (status === 401) this.#connections = undefined
    if (status < 300) return { body: request.answer === 'text' ? text : parseJson(text, request.doing) }
    if (status === 429 || (status >= 500 && !NEVER_PASSES.has(status))) {
      const seconds = Number(headers['retry-after'])
      const failed = new ApiError(request.doing, status, text)
      return {
        failure: new ApiError('the API server answered', status, text).message,
        answer: failed,
        outlasts: outlastsRetries(failed.facts.said),
        retryAfter: seconds > 0 ? Math.min(seconds * 1000, LONGEST_RETRY) : undefined,
      }
    }
    const refusal = new ApiError(request.doing, status, text)
    if (this.#mayNotKnowItsRoles(refusal))
      return {
        failure: new ApiError('the API server answered', status, text).message,
        answer: refusal,
        retryAfter: undefined,
      }
    throw refusal
  }

  #mayNotKnowItsRoles(refusal: ApiError): boolean {
    if (!missesRoles(refusal)) return false
    this.#rolesMissingSince ??= performance.now()
    return performance.now() - this.#rolesMissingSince < this.#rolesPatience
  }
}

/** An object to create. */
export interface NewObject {
  /** For messages: `VMI ns/name`. */
  readonly what: string
  /** Path of its collection. */
  readonly path: string
  readonly body: object
  readonly labels: Labels
}

/**
 * Creates an object. If a request is repeated after a lost answer, the first one may have created the object already.
 * That counts as success if the object carries the same labels.
 * @returns its uid; undefined if the answer has none
 * @throws SuiteError `there-already` if another object has the name; ApiError
 */
export async function createOnce(
  client: ApiClient,
  { what, path, body, labels }: NewObject,
  find: () => Promise<Labelled>,
  limits: Limits,
): Promise<string | undefined> {
  try {
    const created = await client.send({ method: 'POST', path, body, doing: `creating ${what}` }, limits)
    return createdSchema.safeParse(created).data?.metadata.uid
  } catch (error) {
    if (!isApiError(error, 409) || error.reason !== 'AlreadyExists') throw error
    const found = await find()
    if (!carries(found, labels))
      throw new SuiteError('there-already', `${what} already exists, and this run did not create it`, {
        cause: error,
      })
    return found.metadata.uid
  }
}

const createdSchema = z.looseObject({ metadata: z.looseObject({ uid: z.string() }) })

/** An object to delete. */
export interface Deletion {
  readonly path: string
  /** For messages: `deleting VMI ns/name`. */
  readonly doing: string
  readonly uid: string
  /** Whether its dependents are deleted after it (default) or before it. */
  readonly propagation?: 'Background' | 'Foreground'
}

/** Deletes only the object with this uid. No error if it is gone, or if another object has its name by now. */
export async function deleteExactly(
  client: ApiClient,
  { path, doing, uid, propagation: propagationPolicy = 'Background' }: Deletion,
  limits: Limits,
): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy }
  try {
    await client.send({ method: 'DELETE', path, body, doing }, limits)
  } catch (error) {
    if (!isApiError(error, 404, 409)) throw error
  }
}

type Labels = Readonly<Record<string, string>>
interface Labelled {
  readonly metadata: { readonly uid?: string | undefined; readonly labels?: Labels | null | undefined }
}

function carries({ metadata }: Labelled, labels: Labels): boolean {
  return Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value)
}

/**
 * The uid of an object that a run created, recognized by the run's labels; undefined if it is gone or another object
 * has its name.
 */
export async function uidOfOwn(labels: Labels, find: () => Promise<Labelled>): Promise<string | undefined> {
  try {
    const found = await find()
    return carries(found, labels) ? found.metadata.uid : undefined
  } catch (error) {
    if (isApiError(error, 404)) return undefined
    throw error
  }
}

/** A path from parts, each URL-encoded; empty parts are left out. */
export function apiPath(...parts: readonly string[]): string {
  return (
    '/' +
    parts
      .filter((part) => part !== '')
      .map(encodeURIComponent)
      .join('/')
  )
}

function parseJson(text: string, doing: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SuiteError('unparsable', `${doing}: the answer is not JSON: ${text.slice(0, 100)}`, {
      cause: error,
    })
  }
}
