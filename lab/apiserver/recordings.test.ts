import { expect } from 'chai'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { recordedWorld, type RecordedWorld } from './testing/recorded-world.ts'
import { normalise, parseRecording, type Recording, statusOf } from './testing/recording.ts'

const FOLDER = join(import.meta.dirname, '../../fixtures/recordings/kube-apiserver')
const ALL = readFileSync(join(FOLDER, 'index.txt'), 'utf8').trim().split('\n')

/** Recordings whose answers differ from the lab's, with the reason. */
const NOT_REPLAYED: readonly (readonly [reason: string, ...names: readonly string[]])[] = [
  [
    'it is a note on an exchange, not an exchange',
    '247b-sa-token-claims',
    '272b-aggregated-apis-kubevirt-item',
  ],
  ['nothing limits how many requests the lab takes', '350-429-too-many-requests'],
  ['its Status is protobuf, which this server does not write', '236-watch-protobuf-accept'],
  [
    'the schema of VMIs is the KubeVirt layer’s to check',
    '193-cr-schema-missing-spec-422',
    '194-cr-schema-type-422',
  ],
  ['its message quotes the whole object in the order of Go’s struct fields', '102-merge-patch-wrong-type'],
  [
    'this world has no nodes, so its pods have no logs; nothing can be executed in the lab’s at all',
    '291-pod-log-missing-container-400',
    '292-pod-log-missing-pod-404',
    '293-pod-exec-get-without-upgrade-400',
    '294-pod-exec-websocket-bad-subprotocol',
    '295-pod-exec-websocket-v5',
    '297-pod-log-ok',
    '320-pod-log-kubelet-down-500',
    '322-pod-log-no-node-yet',
    '324-pod-log-unscheduled',
    '325-pod-log-two-containers-400',
  ],
  [
    'clients fall back from aggregated discovery to the plain one, which is served',
    '271-aggregated-api',
    '272-aggregated-apis',
    '273-aggregated-apis-kubectl-accept',
    '274-aggregated-unknown-version',
  ],
  ['OpenAPI v2 is not served: kubectl is content with v3', '268-openapi-v2', '268b-openapi-v2-protobuf'],
  [
    'the recorded server was shutting down',
    '310-watch-open-while-server-shuts-down',
    '311-readyz-in-shutdown-delay',
    '312-livez-in-shutdown-delay',
    '313-get-cm-in-shutdown-delay',
    '314-readyz-verbose-in-shutdown',
    '315-get-after-shutdown-delay-0',
    '315-get-after-shutdown-delay-1',
    '315-get-after-shutdown-delay-2',
    '315-get-after-shutdown-delay-3',
    '315-get-after-shutdown-delay-4',
  ],
  [
    'the recorded server had anonymous access switched off',
    '352-no-token-anonymous-auth-off-401',
    '353-no-token-healthz-anonymous-auth-off-401',
  ],
  ['watches over WebSocket are not served: no client of the lab opens one', '237-watch-websocket-upgrade'],
  ['a transport the lab has not: it speaks HTTP/1.1', '284-http2'],
  ['answers are never compressed on a loopback', '281-gzip-large-compressed', '282-gzip-list'],
]

const REASONS = new Map(NOT_REPLAYED.flatMap(([reason, ...names]) => names.map((name) => [name, reason])))

/** The recording whose `continue` token has expired; all others get a current token. */
const OLD_CONTINUE = '300-list-continue-expired-410'

/** The resource version at which the server starts for a recording: earlier versions are compacted. */
const FIRST_VERSIONS: ReadonlyMap<string, number> = new Map([
  ['301-list-exact-rv-compacted-410', 600],
  ['166-list-rvmatch-exact', 245],
])

const ADMIN_HEADERS = { Authorization: 'Bearer admintok', 'Content-Type': 'application/json' }

/** Media types that differ: the lab answers JSON, the real server protobuf or, for the OpenAPI index, text/plain. */
const MEDIA_TYPES: ReadonlyMap<string, string> = new Map([
  ['128-get-accept-protobuf-then-json', 'application/json'],
  ['337-post-accept-protobuf-body-json', 'application/json'],
  ['269-openapi-v3-index', 'application/json'],
])

/** Recordings of whose body only the kind is compared, with the reason. */
const OTHER_BODY: readonly (readonly [reason: string, ...names: readonly string[]])[] = [
  [
    'other objects were there as well, or had been changed in between',
    '139-trailing-slash',
    '157-list-limit',
    '158-list-continue',
    '166-list-rvmatch-exact',
    '181-cr-get',
    '186-cr-get-status-subresource',
    '188-cr-patch-status',
    '189-cr-patch-main-status-ignored',
    '205-cr-delete-foreground',
    '222-watch-rv0-synthetic-added-first',
    '227b-watch-sendInitialEvents-without-bookmarks-422',
    '228b-watch-no-rv-with-bookmarks-initial-events-end',
    '228c-watch-rv0-with-bookmarks',
    '230-watch-item-path-single',
    '231-watch-old-style-path',
    '234-watch-cr',
    '336-cr-get-compact-UA',
    '338-watch-mutated-gone',
    '333-get-configmap-compact-UA',
    '340-name-encoded',
    '341-timeout-param',
    '342-unknown-query-ignored',
  ],
  [
    'columns are described by their name only',
    '170-table-get-cm',
    '171-table-list-cm',
    '172-table-list-empty-cr',
    '233-watch-as-table',
  ],
  [
    'reviews and token requests name no managers of fields',
    '240-ssar-allowed',
    '241-ssar-denied',
    '242-ssar-admin',
    '245-ssar-subresource',
    '247-sa-token-201',
  ],
  [
    'a map’s own ownership depends on the schema of custom resources, which the lab has not',
    '208-cr-ssa-create',
  ],
  [
    'what a namespace gets from the server is not counted as its creator’s',
    '330-ns-delete-terminating',
    '331-ns-delete',
  ],
  ['there is no token to go on with an inconsistent list', '300-list-continue-expired-410'],
  [
    'another server is at another address, serves other paths and other versions',
    '022-no-token-version-200',
    '265-version',
    '244-ssrr',
    '260-api',
    '264-apis-kubevirt-v1',
    '264b-apis-nad-v1',
  ],
]

const OTHER_BODIES = new Set(OTHER_BODY.flatMap(([, ...names]) => names))

describe('the API server, asked what a kube-apiserver was asked', () => {
  it('accounts for every recording', () => {
    const files = readdirSync(FOLDER)
      .filter((file) => file !== 'index.txt')
      .map((file) => file.replace(/\.txt$/, ''))
    expect([...files, ...REASONS.keys()].sort()).to.deep.equal([...ALL].sort())
  })

  for (const name of ALL.filter((one) => !REASONS.has(one)))
    it(name, async () => {
      const recording = parseRecording(readFileSync(join(FOLDER, `${name}.txt`), 'utf8'))
      const world = await worldFor(name, recording)
      const { path, body } = await asSentHere(name, recording, world)
      const headers = await headersFor(recording, world)
      const answer = await world.ask(recording.method, path, { headers, body })
      const text = await firstOf(answer, recording)
      expect(answer.status, text).to.equal(recording.status)
      expect(statusOf(text)).to.deep.equal(statusOf(recording.answer))
      expect(mediaTypeOf(answer.headers)).to.equal(
        MEDIA_TYPES.get(name) ?? mediaTypeOf(recording.answerHeaders),
      )
      if (answer.ok) expect(answer.headers.get('warning')).to.equal(recording.answerHeaders.get('warning'))
      if (mediaTypeOf(answer.headers) === 'text/plain' && recording.status >= 400)
        expect(text.trim()).to.equal(recording.answer.trim())
      // Long answers are truncated in the recordings.
      if (kindOf(recording.answer) === undefined) return
      expect(kindOf(text)).to.equal(kindOf(recording.answer))
      if (!OTHER_BODIES.has(name)) expect(bodyOf(text)).to.deep.equal(bodyOf(recording.answer))
    })
})

/** The recorded cluster, without the object that the recording creates or does not find. */
async function worldFor(name: string, { path, method, status, body }: Recording): Promise<RecordedWorld> {
  const { pathname } = new URL(path, 'http://server')
  const collection = method === 'POST' && status === 201
  const leaveOut = collection
    ? `${pathname.replace(/\/x$/, '')}/${nameIn(body)}`
    : status === 404 || status === 201
      ? pathname
      : undefined
  return recordedWorld(name, leaveOut, FIRST_VERSIONS.get(name))
}

function nameIn(body: string): string {
  return /"?name"?: "?([\w.-]+)/.exec(body)?.[1] ?? ''
}

/** The recorded request with this server's uids, versions and tokens. */
async function asSentHere(
  name: string,
  { method, path, body, status }: Recording,
  world: RecordedWorld,
): Promise<{ path: string; body: string }> {
  const admin = { headers: ADMIN_HEADERS }
  if (path.includes('<token>')) {
    const rv = name === OLD_CONTINUE ? 1 : world.app.store.version
    const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start: 'ns1/cm1' })).toString(
      'base64url',
    )
    return { path: path.replace('<token>', token), body }
  }
  if (path.includes('resourceVersion=270')) {
    const { version } = world.app.store
    const w1 = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'w1' }, data: { a: '5' } }
    await world.ask('PUT', '/api/v1/namespaces/ns1/configmaps/w1', { ...admin, body: JSON.stringify(w1) })
    return { path: path.replace('resourceVersion=270', `resourceVersion=${version}`), body }
  }
  if (method !== 'PUT' || status !== 200 || !body.includes('resourceVersion')) return { path, body }
  const stored = (await (await world.ask('GET', path, admin)).json()) as {
    metadata: { uid: string; resourceVersion: string }
  }
  const { uid, resourceVersion } = stored.metadata
  return {
    path,
    body: body
      .replace(/"resourceVersion": "\d+"/, `"resourceVersion": "${resourceVersion}"`)
      .replace(/"uid": "<uuid>"/, `"uid": "${uid}"`),
  }
}

/** Replaces a recorded service account token by one of this server. */
async function headersFor({ headers }: Recording, world: RecordedWorld): Promise<Record<string, string>> {
  if (headers['Authorization'] !== 'Bearer <jwt>') return { ...headers }
  const answer = await world.ask('POST', '/api/v1/namespaces/ns1/serviceaccounts/dpdk-checkup-sa/token', {
    headers: ADMIN_HEADERS,
    body: '{}',
  })
  const { status } = (await answer.json()) as { status: { token: string } }
  return { ...headers, Authorization: `Bearer ${status.token}` }
}

/** The whole body, or the first line of a watch. */
async function firstOf(answer: Response, { path, answer: recorded }: Recording): Promise<string> {
  if (!path.includes('watch') || answer.status !== 200 || answer.headers.has('content-length'))
    return path.includes('watch=') && recorded.startsWith('{"type"') ? firstLine(answer) : answer.text()
  return recorded.trim() === '' ? (await answer.body?.cancel(), '') : firstLine(answer)
}

async function firstLine(answer: Response): Promise<string> {
  const reader = answer.body?.getReader()
  const chunk = await reader?.read()
  await reader?.cancel()
  return Buffer.from(chunk?.value ?? []).toString()
}

function mediaTypeOf(headers: Headers): string | undefined {
  return headers.get('content-type')?.split(';')[0]
}

/** The whole answer, or the first event of a watch, with placeholders for versions, tokens and random names. */
function bodyOf(text: string): unknown {
  const [line = ''] = text.startsWith('{"type"') ? text.split('\n') : [text]
  return JSON.parse(
    normalise(line)
      .replace(/"resourceVersion": ?"\d+"/g, '"resourceVersion":"<version>"')
      .replace(/"gen-[a-z0-9]{5}"/g, '"gen-<name>"')
      .replace(/"token": ?"[^"]+"/g, '"token":"<token>"')
      .replace(/"continue": ?"[^"]+"/g, '"continue":"<token>"'),
  )
}

/** The kind of an object, or `TYPE KIND` of a watch event. */
function kindOf(text: string): string | undefined {
  try {
    const [line = ''] = text.startsWith('{"type"') ? text.split('\n') : [text]
    const { kind, type, object } = JSON.parse(normalise(line)) as {
      kind?: string
      type?: string
      object?: { kind: string }
    }
    return object === undefined ? kind : `${type ?? ''} ${object.kind}`
  } catch {
    return undefined
  }
}
