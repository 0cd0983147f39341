/**
 * Requests to the API server. Authentication, TLS and proxies are client-node's; one function sends them
 * all, because the typed API of that library knows neither deadlines nor KubeVirt's subresources.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  type KubeConfig,
  RequestContext,
} from '@kubernetes/client-node'
import { describeError, isSuiteError, SuiteError, UnreachableError } from '../common/errors.ts'
import { type Limits, withLimits } from '../common/wait.ts'
import { ApiError, isApiError } from './api-error.ts'
import { isLasting } from './lasting-trouble.ts'
import { withoutPassword } from './proxy.ts'
import { refusalKind } from './refusal.ts'

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** From the leading slash on; its parts were encoded by `apiPath`. */
  readonly path: string
  readonly body?: object
  /** Media type of the body, which says what kind of patch it is; JSON where it is not given. */
  readonly contentType?: string
  /** What the answer is: an object (default), its metadata alone where the server can do that, or text as it is. */
  readonly answer?: 'metadata' | 'text'
  /** For messages, as a person would say it: `creating VMI ns/name`. */
  readonly doing: string
}

/** Milliseconds before a request that met a server in trouble is sent again; doubled each time. */
const FIRST_RETRY = 250
const LONGEST_RETRY = 4000

/** Of the 5xx, those that say what a server cannot do at all: 501 Not Implemented, 505 HTTP Version Not Supported. */
const NEVER_PASSES: ReadonlySet<number> = new Set([501, 505])

/** Servers that cannot leave out the rest answer with all of it. */
const METADATA = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json'
const ACCEPTED = { object: 'application/json', metadata: METADATA, text: 'text/plain, */*' } as const

/** Milliseconds for which a creation is tried again because a webhook does not answer: it restarts, or it is not there. */
const WEBHOOK_PATIENCE = 3000

/** Why an answer is none, and whether the server asks for time. */
interface Trouble {
  readonly trouble: string
  readonly retryAfter: number | undefined
  /** Where it was no trouble of the server's, but of a webhook that it has to ask. */
  readonly refusal?: ApiError | undefined
}

export class ApiClient {
  readonly kubeConfig: KubeConfig
  readonly #server: string
  readonly #http = new IsomorphicFetchHttpLibrary()
  /** Keeps connections open. client-node has one for each request, which costs each of them a handshake. */
  #connections: ReturnType<RequestContext['getDispatcher']>
  #requests = 0
  /** Whether the server was ever reached: then what stands in the way now may pass, whatever it is. */
  #wasReached = false

  constructor(kubeConfig: KubeConfig) {
    this.kubeConfig = kubeConfig
    this.#server = (kubeConfig.getCurrentCluster()?.server ?? '').replace(/\/+$/, '')
  }

  /** Whom requests go to, for people. */
  get #goal(): string {
    const proxy = this.kubeConfig.getCurrentCluster()?.proxyUrl
    return proxy === undefined ? this.#server : `${this.#server} by the proxy ${withoutPassword(proxy)}`
  }

  /** Requests sent so far, repeated ones included. */
  get requests(): number {
    return this.#requests
  }

  /**
   * Sends a request and returns the parsed JSON answer. While the server is out of reach, overloaded
   * (429) or failing (5xx other than 501 and 505), it is sent again until the limits end: API servers restart during
   * upgrades.
   * @throws ApiError for every other refusal, and for a creation that a webhook does not answer to for some seconds; TimeoutError with the last trouble; InterruptedError; where the server was
   *   never reached and what stands in the way does not pass by itself, UnreachableError or `no-credentials` at once.
   */
  async send(request: ApiRequest, limits: Limits): Promise<unknown> {
    let trouble: string | undefined
    let awaited = ''
    const describe = () => `${request.doing}: ${trouble ?? awaited}`
    const started = performance.now()
    return withLimits({ ...limits, describe }, async (signal) => {
      for (let delay = FIRST_RETRY; ; delay = Math.min(delay * 2, LONGEST_RETRY)) {
        const answer = await this.#sendOnce(request, signal, (what) => {
          awaited = what
        })
        if ('body' in answer) return answer.body
        const isWebhooks = answer.refusal !== undefined && performance.now() - started >= WEBHOOK_PATIENCE
        if (isWebhooks && request.method === 'POST') throw answer.refusal
        trouble = answer.trouble
        await sleep(answer.retryAfter ?? delay, undefined, { signal })
      }
    })
  }

  async #sendOnce(
    request: ApiRequest,
    signal: AbortSignal,
    onAwaiting: (what: string) => void,
  ): Promise<{ body: unknown } | Trouble> {
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
      onAwaiting('the credentials are not there yet')
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
      signal.throwIfAborted()
      const trouble = isSuiteError(error, 'no-credentials')
        ? describeError(error)
        : `${this.#goal} can not be reached: ${describeError(error)}`
      if (!this.#wasReached && isLasting(error))
        throw new UnreachableError(`${request.doing}: ${trouble}`, { cause: error })
      return { trouble, retryAfter: undefined }
    }
    this.#wasReached = true
    // They may carry a client certificate that was renewed meanwhile.
    if (status === 401) this.#connections = undefined
    if (status < 300) return { body: request.answer === 'text' ? text : parseJson(text, request.doing) }
    if (status === 429 || (status >= 500 && !NEVER_PASSES.has(status))) {
      const seconds = Number(headers['retry-after'])
      const refusal = new ApiError(request.doing, status, text)
      return {
        trouble: new ApiError('the API server answered', status, text).message,
        refusal: refusalKind(refusal.facts.said) === 'webhook-down' ? refusal : undefined,
        retryAfter: seconds > 0 ? Math.min(seconds * 1000, LONGEST_RETRY) : undefined,
      }
    }
    throw new ApiError(request.doing, status, text)
  }
}

/** An object that is to be created. */
export interface NewObject {
  /** As a person would name it: `VMI ns/name`. */
  readonly what: string
  /** Of its collection. */
  readonly path: string
  readonly body: object
  readonly labels: Labels
}

/**
 * Creates an object. A request that was sent again after a lost answer can find the object it made the
 * first time; that, and only that, is success too: it carries the same labels.
 * @throws SuiteError `there-already` where another one has its name; ApiError
 */
export async function createOnce(
  client: ApiClient,
  { what, path, body, labels }: NewObject,
  find: () => Promise<Labelled>,
  limits: Limits,
): Promise<void> {
  try {
    await client.send({ method: 'POST', path, body, doing: `creating ${what}` }, limits)
  } catch (error) {
    if (!isApiError(error, 409) || error.reason !== 'AlreadyExists') throw error
    if (!carries(await find(), labels))
      throw new SuiteError('there-already', `${what} is there already, and this run did not create it`, {
        cause: error,
      })
  }
}

/** An object that is to be deleted. */
export interface Doomed {
  readonly path: string
  /** For messages: `deleting VMI ns/name`. */
  readonly doing: string
  readonly uid: string
  /** Whether what depends on it goes after it (default) or before it. */
  readonly propagation?: 'Background' | 'Foreground'
}

/** Deletes one object and no other of its name: one that is gone already, or made anew since, is no error. */
export async function deleteExactly(
  client: ApiClient,
  { path, doing, uid, propagation: propagationPolicy = 'Background' }: Doomed,
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
 * The uid of what a run created, by the labels that it gave it; undefined where it is gone, or where another object has
 * its name.
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

/** A path from parts, each encoded; empty parts are left out. */
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
