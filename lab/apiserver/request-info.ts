/** The resource and verb of a request, from its method and URL only: authorization needs nothing else. */
import { selectedName } from './selectors.ts'

export interface ResourceRequest {
  readonly isResource: true
  readonly path: string
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly plural: string
  /** Undefined for cluster-wide requests. */
  readonly namespace: string | undefined
  /** Empty for requests to a collection. */
  readonly name: string
  /** Empty for the object itself. */
  readonly subresource: string
  /** The path after the subresource, such as `configz` in `nodes/n1/proxy/configz`; authorization ignores it. */
  readonly subpath: string
  /** The name for authorization: the object's name, or the name in a field selector. */
  readonly authorizedName: string
}

export interface PathRequest {
  readonly isResource: false
  readonly path: string
  readonly verb: string
}

export type RequestInfo = ResourceRequest | PathRequest

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Subresources of a namespace; any other name in this place is a resource in the namespace. */
const NAMESPACE_SUBRESOURCES = ['status', 'finalize']

/**
 * Parses `/api/v1/namespaces/ns1/configmaps/cm1`, `/apis/GROUP/VERSION/…`, and the older form with `/watch/`
 * after the version. Other paths (`/version`, `/apis/GROUP`) are not resource requests.
 */
export function parseRequest(method: string, url: URL): RequestInfo {
  const { pathname, searchParams } = url
  const path: PathRequest = { isResource: false, path: pathname, verb: method.toLowerCase() }
  const parts = pathname.replace(/^\/|\/$/g, '').split('/')
  const root = parts.shift()
  if (root !== 'api' && root !== 'apis') return path
  const group = root === 'api' ? '' : decode(parts.shift())
  const version = decode(parts.shift())
  if (parts.length === 0) return path
  let verb = VERBS[method] ?? ''
  if (parts[0] === 'watch') {
    parts.shift()
    verb = 'watch'
  }
  const segments = parts.map(decode)
  let namespace: string | undefined
  if (segments[0] === 'namespaces' && segments[1] !== undefined) {
    namespace = segments[1]
    // `/namespaces/ns1` is the namespace object itself; as in Kubernetes, it also belongs to namespace `ns1`.
    if (segments.length > 2 && !NAMESPACE_SUBRESOURCES.includes(segments[2] ?? '')) segments.splice(0, 2)
  }
  const [plural = '', name = '', subresource = '', ...subpath] = segments
  const selected = selectedName(searchParams.get('fieldSelector') ?? '')
  if (name === '') {
    if (verb === 'get') verb = isTrue(searchParams.get('watch')) ? 'watch' : 'list'
    else if (verb === 'delete') verb = 'deletecollection'
  }
  const selective = verb === 'list' || verb === 'watch' || verb === 'deletecollection'
  return {
    isResource: true,
    path: pathname,
    verb,
    group,
    version,
    plural,
    namespace,
    name,
    subresource,
    subpath: subpath.join('/'),
    authorizedName: name === '' && selective ? (selected ?? '') : name,
  }
}

export function isTrue(value: string | null): boolean {
  return value === '' || value === 'true' || value === '1'
}

function decode(segment: string | undefined): string {
  try {
    return decodeURIComponent(segment ?? '')
  } catch {
    return segment ?? ''
  }
}
