/**
 * The server's routes, without a socket: authentication, then authorization, then the handler of the path.
 * The order is kube-apiserver's: a user without permission cannot find out which objects exist.
 */
import { Hono } from 'hono'
import type { WebSocket } from 'ws'
import { Admission } from './admission.ts'
import { PROTOBUF, readProtobuf } from './protobuf.ts'
import { goSyntaxError, mediaType, parseBody } from './body.ts'
import { createDefaults } from './bootstrap.ts'
import {
  type ApiExtension,
  type KubeObject,
  StatusError,
  type Store,
  type SubresourceHandler,
  type SubresourceRequest,
} from './contract.ts'
import { startControllers } from './controllers.ts'
import { Discovery } from './discovery.ts'
import { effectiveUser } from './impersonation.ts'
import { Kinds, PODS } from './kinds.ts'
import { FieldManagers } from './managed-fields.ts'
import { MemoryStore, type MemoryStoreOptions } from './memory-store.ts'
import { negotiate, notAcceptable, respond, respondText } from './negotiation.ts'
import { Authorizer } from './rbac.ts'
import { parseRequest, type RequestInfo, type ResourceRequest } from './request-info.ts'
import { Resources } from './resources.ts'
import { Reviews } from './reviews.ts'
import {
  badRequest,
  failureBody,
  methodNotAllowed,
  pathNotFound,
  PlainTextError,
  resourceNotServed,
  notFound,
  unsupportedMediaType,
} from './status.ts'
import { CONTROLLER, Tokens, type User } from './tokens.ts'

export interface AppOptions {
  /** Bearer token → user. */
  readonly users?: ReadonlyMap<string, User>
  readonly extensions?: readonly ApiExtension[] | ((store: Store) => readonly ApiExtension[])
  readonly store?: MemoryStoreOptions
  /** Whether to run the garbage collector and the namespace controller of kube-controller-manager. Default: true. */
  readonly controllers?: boolean
  /** Whether guests and pods are real. Default: false, and `/version` shows clients that they are simulated. */
  readonly realGuests?: boolean
}

interface Environment {
  Variables: { user: User; info: RequestInfo }
}

/** A WebSocket request that passed all checks. */
export interface UpgradeTarget {
  readonly protocol: string
  connect(socket: WebSocket): void
}

export interface LabApp extends Disposable {
  readonly routes: Hono<Environment>
  readonly store: MemoryStore
  readonly tokens: Tokens
  /** Admits a pod that a controller creates; returns the pod to store. @throws StatusError if it is refused */
  admitPod(pod: KubeObject): KubeObject
  /** Checks a WebSocket request. Returns the socket's handler, or the HTTP response if there is none. */
  upgrade(request: Request): UpgradeTarget | Response
}

/** Creates the whole server except its socket. Call it with `routes.request('/api/v1/…')`, or serve it. */
export function createApp(options: AppOptions = {}): LabApp {
  const gracePeriodOf: MemoryStoreOptions['gracePeriodOf'] = (kind, object) =>
    extensions
      .map((extension) => extension.gracePeriodOf?.(kind, object))
      .find((seconds) => seconds !== undefined)
  const store = new MemoryStore({ ...options.store, gracePeriodOf })
  const extensions =
    typeof options.extensions === 'function' ? options.extensions(store) : (options.extensions ?? [])
  const kinds = new Kinds(extensions.flatMap((extension) => extension.kinds))
  const stopControllers = options.controllers === false ? () => undefined : startControllers(store, kinds)
  createDefaults(store)
  const tokens = new Tokens(store, options.users ?? new Map())
  const authorizer = new Authorizer(store)
  const closing = new AbortController()
  const admission = new Admission(store, extensions)
  const parts: Parts = {
    kinds,
    authorizer,
    tokens,
    subresources: extensions.flatMap((extension) => extension.subresources),
    discovery: new Discovery(kinds, extensions, options.realGuests === true),
    reviews: new Reviews(store, authorizer, tokens),
    resources: new Resources(store, admission, new FieldManagers(), closing.signal),
  }
  return {
    routes: routesOf(parts),
    store,
    tokens,
    admitPod: (pod) => admission.create(PODS, pod, pod.metadata.namespace, CONTROLLER),
    upgrade: (request) => upgradeTarget(parts, request),
    [Symbol.dispose]() {
      closing.abort()
      stopControllers()
    },
  }
}

interface Parts {
  readonly kinds: Kinds
  readonly authorizer: Authorizer
  readonly tokens: Tokens
  readonly subresources: readonly SubresourceHandler[]
  readonly discovery: Discovery
  readonly reviews: Reviews
  readonly resources: Resources
}

function routesOf(parts: Parts): Hono<Environment> {
  const { discovery, kinds } = parts
  const routes = new Hono<Environment>({ strict: false })
  routes.onError(failureResponse)
  routes.notFound(() => failureResponse(pathNotFound()))
  routes.use(async (context, next) => {
    const { user, info } = admitted(parts, context.req.raw)
    context.set('user', user)
    context.set('info', info)
    await next()
  })
  for (const path of ['/healthz', '/livez', '/readyz'])
    routes.get(path, ({ req }) =>
      respondText(req.query('verbose') === undefined ? 'ok' : `[+]ping ok\n${path.slice(1)} check passed\n`),
    )
  const optional = (body: object | undefined) => {
    if (body === undefined) throw pathNotFound()
    return respond(body)
  }
  routes.get('/', () => respond(discovery.paths()))
  routes.get('/version', () => respond(discovery.version()))
  routes.get('/api', ({ req }) => respond(discovery.coreVersions(new URL(req.url).host)))
  routes.get('/apis', () => respond(discovery.groups()))
  routes.get('/apis/:group', ({ req }) => optional(discovery.group(req.param('group'))))
  routes.get('/api/v1', () => optional(discovery.resources('v1')))
  routes.get('/apis/:group/:version', ({ req }) =>
    optional(discovery.resources(`${req.param('group')}/${req.param('version')}`)),
  )
  routes.get('/openapi/v3', () => respond(discovery.openApiIndex()))
  const openApi = (groupVersion: string) => {
    const document = discovery.openApi(groupVersion, kinds)
    return document === undefined ? new Response(null, { status: 404 }) : respond(document)
  }
  routes.get('/openapi/v3/api/v1', () => openApi('v1'))
  routes.get('/openapi/v3/apis/:group/:version', ({ req }) =>
    openApi(`${req.param('group')}/${req.param('version')}`),
  )
  const resource = async (request: Request, info: RequestInfo, user: User) => {
    if (!info.isResource) throw pathNotFound()
    return resourceResponse(parts, request, info, user)
  }
  routes.all('/api/*', ({ req, var: { info, user } }) => resource(req.raw, info, user))
  routes.all('/apis/*', ({ req, var: { info, user } }) => resource(req.raw, info, user))
  return routes
}

/** Authenticates and authorizes a request. @throws StatusError 401, 403 */
function admitted(
  { tokens, authorizer }: Parts,
  request: Request,
  infoOf = parseRequest,
): { user: User; info: RequestInfo } {
  const info = infoOf(request.method, new URL(request.url))
  const authenticated = tokens.authenticate(request.headers.get('authorization') ?? undefined)
  const user = effectiveUser(authenticated, request.headers, info, authorizer)
  authorizer.authorize(user, info)
  return { user, info }
}

async function resourceResponse(
  parts: Parts,
  request: Request,
  info: ResourceRequest,
  user: User,
): Promise<Response> {
  const { group, version, plural, namespace = '', name, subresource, subpath, verb } = info
  const { method, headers } = request
  const handler = subresourceHandler(parts, info, method)
  if (handler !== undefined)
    return handledResponse(handler, {
      namespace,
      name,
      user: user.name,
      query: new URL(request.url).searchParams,
    })
  const { body, contentType } = await readBody(request)
  if (verb === 'create') {
    if (group === '' && plural === 'serviceaccounts' && subresource === 'token')
      return respond(parts.reviews.token(namespace, name, parseReview(body, contentType)), { status: 201 })
    if (group === 'authorization.k8s.io' || group === 'authentication.k8s.io') {
      const answer = parts.reviews.answer(group, version, plural, parseReview(body, contentType), user)
      if (answer !== undefined) return respond(answer, { status: 201 })
    }
  }
  const kind = parts.kinds.find(group, version, plural)
  if (kind === undefined) throw group === '' ? resourceNotServed() : pathNotFound()
  if (kind.namespaced && namespace === '' && name !== '') throw resourceNotServed()
  const isStatus = subresource === 'status' && subpath === ''
  if (subresource !== '' && !(isStatus && kind.hasStatus === true && verb !== 'create'))
    throw kind.custom ? notFound(kind, name) : resourceNotServed()
  if (method === 'OPTIONS' || (method === 'HEAD' && !kind.custom)) throw methodNotAllowed()
  const representation = negotiate(headers.get('accept') ?? undefined)
  if (representation === undefined) throw notAcceptable(kind.custom)
  return parts.resources.answer({
    ...info,
    kind,
    user,
    method,
    query: new URL(request.url).searchParams,
    body,
    contentType,
    userAgent: headers.get('user-agent') ?? undefined,
    representation,
  })
}

function subresourceHandler(
  { subresources }: Parts,
  info: ResourceRequest,
  method: string,
): SubresourceHandler | undefined {
  return subresources.find(
    (handler) =>
      handler.group === info.group &&
      handler.version === info.version &&
      handler.plural === info.plural &&
      handler.subresource === info.subresource &&
      (handler.subpath ?? '') === info.subpath &&
      handler.method === method,
  )
}

async function handledResponse(handler: SubresourceHandler, request: SubresourceRequest): Promise<Response> {
  if (handler.respond !== undefined) return handler.respond(request)
  if (handler.handle === undefined) {
    handler.webSocket?.check(request)
    throw badRequest('Upgrade request required')
  }
  const body = await handler.handle(request)
  return body === undefined ? new Response(null, { status: 202 }) : respond(body)
}

/**
 * `pods/exec` needs the verb `create` for every HTTP method. Newer API servers check it for a WebSocket's GET
 * too; if an older one refuses that GET, kubectl falls back to POST.
 */
function upgradeInfo(method: string, url: URL): RequestInfo {
  const info = parseRequest(method, url)
  const isExec = info.isResource && info.group === '' && info.plural === 'pods' && info.subresource === 'exec'
  return isExec ? { ...info, verb: 'create' } : info
}

function upgradeTarget(parts: Parts, request: Request): UpgradeTarget | Response {
  try {
    const { user, info } = admitted(parts, request, upgradeInfo)
    const handler = info.isResource ? subresourceHandler(parts, info, request.method) : undefined
    if (handler === undefined || !info.isResource) throw pathNotFound()
    const { searchParams: query } = new URL(request.url)
    const target = { namespace: info.namespace ?? '', name: info.name, user: user.name, query }
    const { webSocket } = handler
    // An upgrade to a protocol other than WebSocket gets a plain HTTP response.
    if (webSocket === undefined) return handler.respond?.(target) ?? failureResponse(pathNotFound())
    webSocket.check(target)
    const { protocols } = webSocket
    const offered = (request.headers.get('sec-websocket-protocol') ?? '').split(/,\s*/)
    const protocol = protocols.find((one) => offered.includes(one))
    if (protocol === undefined)
      throw badRequest(`the subprotocol ${protocols.join(' or ')} is not among those offered`)
    return {
      protocol,
      connect: (socket) => {
        webSocket.connect(target, socket)
      },
    }
  } catch (error) {
    return failureResponse(error)
  }
}

/** Reads the body as text and converts protobuf to JSON. @throws StatusError 415 for a protobuf kind not described */
async function readBody(request: Request): Promise<{ body: string; contentType: string | undefined }> {
  const contentType = request.headers.get('content-type') ?? undefined
  if (request.method === 'GET' || request.method === 'HEAD') return { body: '', contentType }
  if (mediaType(contentType) !== PROTOBUF) return { body: await request.text(), contentType }
  const object = readProtobuf(new Uint8Array(await request.arrayBuffer()))
  if (object === undefined) throw unsupportedMediaType(['application/json', 'application/yaml'])
  return { body: JSON.stringify(object), contentType: 'application/json' }
}

function parseReview(body: string, contentType: string | undefined): object {
  try {
    return parseBody(body, contentType) ?? {}
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw badRequest(`couldn't get version/kind; json parse error: ${goSyntaxError(error)}`)
  }
}

function failureResponse(error: unknown): Response {
  if (error instanceof PlainTextError) return respondText(`${error.message}\n`, error.code)
  if (error instanceof StatusError) return respond(failureBody(error), { status: error.code })
  const message = error instanceof Error ? error.message : String(error)
  const internal = new StatusError(500, 'InternalError', `Internal error occurred: ${message}`)
  return respond(failureBody(internal), { status: 500 })
}
