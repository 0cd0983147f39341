/**
 * Decodes the protobuf bodies that kubectl sends: `auth can-i`, `auth whoami`, `create token`, and `create` of
 * configmaps, secrets, service accounts, namespaces, role bindings and cluster role bindings. Their messages are
 * described completely; any other protobuf body is refused.
 *
 * Field numbers: `generated.proto` of k8s.io/api and k8s.io/apimachinery. A body consists of the four bytes
 * `k8s\0` and a `runtime.Unknown`, which contains the kind's name and the object.
 */
import protobuf from 'protobufjs/light.js'

type Fields = Record<string, protobuf.IField | protobuf.IMapField>

const string = (id: number) => ({ type: 'string', id })
const strings = (id: number) => ({ type: 'string', id, rule: 'repeated' })
const map = (id: number, type = 'string') => ({ keyType: 'string', type, id })
const message = (type: string, id: number) => ({ type, id })

const BINDING: Fields = {
  metadata: message('ObjectMeta', 1),
  subjects: { type: 'Subject', id: 2, rule: 'repeated' },
  roleRef: message('RoleRef', 3),
}

const MESSAGES: Readonly<Record<string, Fields>> = {
  Unknown: { typeMeta: message('TypeMeta', 1), raw: message('bytes', 2) },
  TypeMeta: { apiVersion: string(1), kind: string(2) },
  ObjectMeta: {
    name: string(1),
    generateName: string(2),
    namespace: string(3),
    labels: map(11),
    annotations: map(12),
    ownerReferences: { type: 'OwnerReference', id: 13, rule: 'repeated' },
    finalizers: strings(14),
  },
  OwnerReference: {
    kind: string(1),
    name: string(3),
    uid: string(4),
    apiVersion: string(5),
    controller: message('bool', 6),
    blockOwnerDeletion: message('bool', 7),
  },
  ConfigMap: {
    metadata: message('ObjectMeta', 1),
    data: map(2),
    binaryData: map(3, 'bytes'),
    immutable: message('bool', 4),
  },
  Secret: {
    metadata: message('ObjectMeta', 1),
    data: map(2, 'bytes'),
    type: string(3),
    stringData: map(4),
    immutable: message('bool', 5),
  },
  ServiceAccount: {
    metadata: message('ObjectMeta', 1),
    automountServiceAccountToken: message('bool', 4),
  },
  Namespace: { metadata: message('ObjectMeta', 1) },
  ClusterRoleBinding: BINDING,
  RoleBinding: BINDING,
  Subject: { kind: string(1), apiGroup: string(2), name: string(3), namespace: string(4) },
  RoleRef: { apiGroup: string(1), kind: string(2), name: string(3) },
  TokenRequest: { spec: message('TokenRequestSpec', 2) },
  TokenRequestSpec: { audiences: strings(1), expirationSeconds: message('int64', 4) },
  SelfSubjectReview: {},
  SelfSubjectAccessReview: { spec: message('AccessReviewSpec', 2) },
  AccessReviewSpec: {
    resourceAttributes: message('ResourceAttributes', 1),
    nonResourceAttributes: message('NonResourceAttributes', 2),
  },
  ResourceAttributes: {
    namespace: string(1),
    verb: string(2),
    group: string(3),
    version: string(4),
    resource: string(5),
    subresource: string(6),
    name: string(7),
  },
  NonResourceAttributes: { path: string(1), verb: string(2) },
  SelfSubjectRulesReview: { spec: message('RulesReviewSpec', 2) },
  RulesReviewSpec: { namespace: string(1) },
}

const READABLE: ReadonlySet<string> = new Set([
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'Namespace',
  'ClusterRoleBinding',
  'RoleBinding',
  'TokenRequest',
  'SelfSubjectReview',
  'SelfSubjectAccessReview',
  'SelfSubjectRulesReview',
])

const ROOT = protobuf.Root.fromJSON({
  nested: Object.fromEntries(Object.entries(MESSAGES).map(([name, fields]) => [name, { fields }])),
})

export const PROTOBUF = 'application/vnd.kubernetes.protobuf'

const MAGIC = Buffer.from('k8s\0')

/** Decodes a protobuf body to the object's JSON form; undefined if its kind is not described here. */
export function readProtobuf(body: Uint8Array): object | undefined {
  if (!MAGIC.equals(body.subarray(0, MAGIC.length))) return undefined
  const unknown = decode('Unknown', body.subarray(MAGIC.length))
  const { apiVersion, kind } = (unknown['typeMeta'] ?? {}) as { apiVersion?: string; kind?: string }
  if (kind === undefined || !READABLE.has(kind)) return undefined
  const raw = Buffer.from((unknown['raw'] as string | undefined) ?? '', 'base64')
  return { apiVersion, kind, ...withoutEmptyStrings(decode(kind, raw)) }
}

function decode(name: string, bytes: Uint8Array): Record<string, unknown> {
  const type = ROOT.lookupType(name)
  return type.toObject(type.decode(bytes), { bytes: String, longs: Number })
}

/** Removes empty strings, which Go writes in protobuf but omits in JSON; keeps empty values in maps of data. */
function withoutEmptyStrings(value: Record<string, unknown>, isData = false): Record<string, unknown> {
  const clean = (inner: unknown, ofData: boolean): unknown => {
    if (Array.isArray(inner)) return inner.map((each: unknown) => clean(each, ofData))
    if (typeof inner !== 'object' || inner === null) return inner
    return withoutEmptyStrings(inner as Record<string, unknown>, ofData)
  }
  const entries = Object.entries(value)
    .filter(([, inner]) => isData || inner !== '')
    .map(([key, inner]): [string, unknown] => [key, clean(inner, isData || isDataField(key))])
  return Object.fromEntries(entries)
}

function isDataField(key: string): boolean {
  return ['data', 'binaryData', 'stringData', 'labels', 'annotations'].includes(key)
}
