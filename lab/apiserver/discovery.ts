/** The discovery endpoints: API groups, their resources, the version and OpenAPI. */
import { labVersion } from '../../support/common/lab-facts.ts'
import type { ApiExtension, ResourceKind } from './contract.ts'
import { apiVersionOf, type Kinds } from './kinds.ts'

/** The kubectl of the Google Cloud SDK selects its binary by the server's minor version. */
const VERSION = {
  major: '1',
  minor: '32',
  gitVersion: 'v1.32.4',
  gitCommit: 'embedded-lab',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'none',
  platform: 'linux/amd64',
} as const

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const STATUS_VERBS = ['get', 'patch', 'update']

const VERB_OF = { GET: 'get', PUT: 'update', POST: 'create' } as const

interface DiscoveredResource {
  readonly name: string
  readonly singularName: string
  readonly namespaced: boolean
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
}

const review = (name: string, kind: string): DiscoveredResource => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced: false,
  kind,
  verbs: ['create'],
})

/** Resources that accept a create request but store no object. */
const REVIEWS: Readonly<Record<string, readonly DiscoveredResource[]>> = {
  'authorization.k8s.io/v1': [
    review('selfsubjectaccessreviews', 'SelfSubjectAccessReview'),
    review('selfsubjectrulesreviews', 'SelfSubjectRulesReview'),
  ],
  'authentication.k8s.io/v1': [review('selfsubjectreviews', 'SelfSubjectReview')],
}

const TOKEN_REQUEST: DiscoveredResource = {
  name: 'serviceaccounts/token',
  singularName: '',
  namespaced: true,
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  verbs: ['create'],
}

export class Discovery {
  readonly #resources = new Map<string, DiscoveredResource[]>()
  readonly #gitVersion: string

  /** @param realGuests whether guests are real; `/version` shows this to clients */
  constructor(kinds: Kinds, extensions: readonly ApiExtension[], realGuests: boolean) {
    this.#gitVersion = labVersion(VERSION.gitVersion, !realGuests)
    for (const kind of kinds.all) this.#add(apiVersionOf(kind), ...resourcesOf(kind))
    this.#add('v1', TOKEN_REQUEST)
    for (const [groupVersion, resources] of Object.entries(REVIEWS)) this.#add(groupVersion, ...resources)
    const served = extensions.flatMap(({ subresources }) => subresources)
    const named = Map.groupBy(served, ({ group, version, plural, subresource }) =>
      [apiVersionOf({ group, version }), plural, subresource].join(' '),
    )
    for (const [key, handlers] of named) {
      const [groupVersion = '', plural = '', subresource = ''] = key.split(' ')
      this.#add(groupVersion, {
        name: `${plural}/${subresource}`,
        singularName: '',
        namespaced: true,
        kind: kinds.all.find((kind) => kind.plural === plural)?.kind ?? '',
        verbs: handlers.map(({ method }) => VERB_OF[method]).sort(),
      })
    }
  }

  #add(groupVersion: string, ...resources: readonly DiscoveredResource[]): void {
    const known = this.#resources.get(groupVersion) ?? []
    this.#resources.set(groupVersion, [...known, ...resources])
  }

  /** Every `group/version` except the core `v1`. */
  get groupVersions(): string[] {
    return [...this.#resources.keys()].filter((groupVersion) => groupVersion.includes('/'))
  }

  /** `/version` */
  version(): object {
    return { ...VERSION, gitVersion: this.#gitVersion }
  }

  /** `/api` */
  coreVersions(address: string): object {
    return {
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
    }
  }

  /** `/apis` */
  groups(): object {
    const names = [...new Set(this.groupVersions.map(groupOf))]
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: names.map((name) => this.#groupBody(name)) }
  }

  /** `/apis/GROUP` */
  group(name: string): object | undefined {
    if (!this.groupVersions.some((groupVersion) => groupOf(groupVersion) === name)) return undefined
    return { kind: 'APIGroup', apiVersion: 'v1', ...this.#groupBody(name) }
  }

  #groupBody(name: string): object {
    const versions = this.groupVersions
      .filter((groupVersion) => groupOf(groupVersion) === name)
      .map((groupVersion) => ({ groupVersion, version: groupVersion.slice(name.length + 1) }))
    return { name, versions, preferredVersion: versions[0] }
  }

  /** `/api/v1` and `/apis/GROUP/VERSION` */
  resources(groupVersion: string): object | undefined {
    const resources = this.#resources.get(groupVersion)
    if (resources === undefined) return undefined
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
  }

  /** `/`: the list of paths. */
  paths(): object {
    const groups = [...new Set(this.groupVersions.map(groupOf))]
    const apis = [...groups, ...this.groupVersions].map((path) => `/apis/${path}`)
    const rest = ['/healthz', '/livez', '/openapi/v3', '/readyz', '/version']
    return { paths: ['/api', '/api/v1', '/apis', ...apis.sort(), ...rest] }
  }

  /** `/openapi/v3` */
  openApiIndex(): object {
    const paths = ['api/v1', ...this.groupVersions.map((groupVersion) => `apis/${groupVersion}`)]
    const entries = paths.map((path): [string, object] => [
      path,
      { serverRelativeURL: `/openapi/v3/${path}?hash=1` },
    ])
    return { paths: Object.fromEntries(entries) }
  }

  /**
   * `/openapi/v3/api/v1` and `/openapi/v3/apis/GROUP/VERSION`, without schemas. Before a write, kubectl only
   * looks up whether PATCH accepts `fieldValidation`.
   */
  openApi(groupVersion: string, kinds: Kinds): object | undefined {
    if (!this.#resources.has(groupVersion)) return undefined
    const served = kinds.all.filter((kind) => apiVersionOf(kind) === groupVersion)
    return {
      openapi: '3.0.0',
      info: { title: 'Kubernetes', version: this.#gitVersion },
      paths: Object.fromEntries(served.map((kind) => [itemPath(kind), { patch: patchOperation(kind) }])),
      components: { schemas: {} },
    }
  }
}

function groupOf(groupVersion: string): string {
  return groupVersion.slice(0, groupVersion.lastIndexOf('/'))
}

function resourcesOf(kind: ResourceKind): DiscoveredResource[] {
  const { plural, namespaced, shortNames, categories } = kind
  const resource: DiscoveredResource = {
    name: plural,
    singularName: kind.singular ?? kind.kind.toLowerCase(),
    namespaced,
    kind: kind.kind,
    verbs: VERBS,
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
  }
  const status = {
    name: `${plural}/status`,
    singularName: '',
    namespaced,
    kind: kind.kind,
    verbs: STATUS_VERBS,
  }
  return kind.hasStatus === true ? [resource, status] : [resource]
}

function itemPath(kind: ResourceKind): string {
  const root = kind.group === '' ? '/api/v1' : `/apis/${apiVersionOf(kind)}`
  return `${root}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}/{name}`
}

function patchOperation({ group, version, kind }: ResourceKind): object {
  const parameter = (name: string) => ({ name, in: 'query', schema: { type: 'string' } })
  return {
    'x-kubernetes-action': 'patch',
    'x-kubernetes-group-version-kind': { group, version, kind },
    parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(parameter),
    responses: { 200: { description: 'OK' } },
  }
}
