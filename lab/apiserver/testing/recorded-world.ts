/** A cluster with the users, roles and objects of the recordings, for tests. */
import { createApp, type LabApp } from '../app.ts'
import type { ApiExtension, KubeObject, ResourceKind } from '../contract.ts'
import { ADMIN, serviceAccountUser } from '../tokens.ts'

/** The VMI kind of the recorded cluster: a custom resource with a status, without a controller. */
export const VMIS: ResourceKind = {
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineInstance',
  plural: 'virtualmachineinstances',
  shortNames: ['vmi', 'vmis'],
  namespaced: true,
  custom: true,
  hasStatus: true,
  columns: [
    { name: 'Phase', value: ({ status }) => (status as { phase?: string } | undefined)?.phase ?? '' },
  ],
}

const KUBEVIRT: ApiExtension = { kinds: [VMIS], subresources: [] }

const CONFIG_MAPS = '/api/v1/namespaces/ns1/configmaps'
const VMI_PATH = '/apis/kubevirt.io/v1/namespaces/ns1/virtualmachineinstances'
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/ns1'

const configMap = (name: string, more: object = {}, labels?: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(labels === undefined ? {} : { labels }) },
  data: { a: '1' },
  ...more,
})

const vmi = (name: string, finalizers?: string[]) => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstance',
  metadata: { name, ...(finalizers === undefined ? {} : { finalizers }) },
  spec: { domain: { devices: {} } },
})

const job = (name: string) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    backoffLimit: 0,
    template: {
      spec: {
        serviceAccountName: 'dpdk-checkup-sa',
        restartPolicy: 'Never',
        containers: [{ name: 'c', image: 'i', env: [{ name: 'CONFIGMAP_NAME', value: 'cm1' }] }],
      },
    },
  },
})

const role = (name: string, rules: object[]) => [
  [
    `${RBAC}/roles`,
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name }, rules },
  ] as const,
  [
    `${RBAC}/rolebindings`,
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: 'dpdk-checkup-sa' }],
    },
  ] as const,
]

const rule = (apiGroups: string[], resources: string[], verbs: string[]) => ({ apiGroups, resources, verbs })

const CREATED: readonly (readonly [string, object])[] = [
  ...['ns1', 'ns2', 'nst'].map(
    (name) => ['/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }] as const,
  ),
  ...['default', 'dpdk-checkup-sa'].map(
    (name) =>
      [
        '/api/v1/namespaces/ns1/serviceaccounts',
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
      ] as const,
  ),
  ...role('kiagnose-configmap-access', [rule([''], ['configmaps'], ['get', 'update'])]),
  ...role('kubevirt-dpdk-checker', [
    rule(['kubevirt.io'], ['virtualmachineinstances'], ['create', 'get', 'delete']),
    rule(['subresources.kubevirt.io'], ['virtualmachineinstances/console'], ['get']),
    rule(['subresources.kubevirt.io'], ['virtualmachineinstances/softreboot'], ['update']),
    rule([''], ['configmaps'], ['create', 'delete']),
  ]),
  ...['cm2', 'uf', 'w1', 'dry', 'noct', 'yam'].map((name) => [CONFIG_MAPS, configMap(name)] as const),
  [CONFIG_MAPS, configMap('imm', { immutable: true })],
  [CONFIG_MAPS, configMap('l1', {}, { col: 'red' })],
  [CONFIG_MAPS, configMap('l2', {}, { col: 'red' })],
  [CONFIG_MAPS, configMap('l3', {}, { col: 'blue' })],
  [CONFIG_MAPS, configMap('fg')],
  ...['v1', 'v2', 'v3', 'v4', 'x'].map((name) => [VMI_PATH, vmi(name)] as const),
  [VMI_PATH, vmi('vf', ['example.com/f'])],
  ...['x', 'jr'].map((name) => ['/apis/batch/v1/namespaces/ns1/jobs', job(name)] as const),
]

const APPLIED: readonly (readonly [string, object])[] = [
  [`${CONFIG_MAPS}/ssa`, configMap('ssa')],
  [`${CONFIG_MAPS}/ssa2`, configMap('ssa2', { data: { a: '1', b: '1' } })],
  [`${VMI_PATH}/vssa`, { ...vmi('vssa'), spec: { domain: { a: 1 } } }],
]

export interface RecordedWorld {
  readonly app: LabApp
  /** Sends a request to the server, as curl did in the recordings. */
  ask(
    method: string,
    path: string,
    init?: { headers?: Record<string, string>; body?: string },
  ): Promise<Response>
}

/** The data of `cm1` before a recording: some recordings change it for later ones. */
function cm1Before(recording: string): Record<string, string> {
  const all = { 'spec.timeout': '10m' }
  if (recording < '091') return { ...all, a: '1' }
  if (recording < '092') return { ...all, b: '2' }
  if (recording < '093') return { ...all, b: '2', c: '3' }
  if (recording < '095') return { ...all, b: '2', c: '4' }
  return { ...all, b: '2', c: '4', nope: 'zzz' }
}

/**
 * The cluster before `recording`. Like the recorded cluster, it has no controllers: an object marked for deletion
 * stays until a client removes its finalizers. `leaveOut`: the path of an object that must not exist.
 */
export async function recordedWorld(
  recording: string,
  leaveOut?: string,
  firstVersion = 200,
): Promise<RecordedWorld> {
  const app = createApp({
    users: new Map([
      ['admintok', ADMIN],
      ['satok', serviceAccountUser('ns1', 'dpdk-checkup-sa', 'u-sa')],
    ]),
    extensions: [KUBEVIRT],
    controllers: false,
    store: { firstVersion },
  })
  const ask: RecordedWorld['ask'] = async (method, path, { headers = {}, body = '' } = {}) =>
    app.routes.request(path, {
      method,
      headers: { 'User-Agent': 'curl/8.14.1', ...headers },
      ...(body === '' ? {} : { body }),
    })
  const must = async (method: string, path: string, type: string, body?: object) => {
    const headers = { Authorization: 'Bearer admintok', 'Content-Type': type }
    const answer = await ask(method, path, { headers, body: body === undefined ? '' : JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  }
  const isLeftOut = (path: string, object: object) =>
    path === leaveOut || `${path}/${(object as KubeObject).metadata.name}` === leaveOut
  const cm1 = configMap('cm1', { data: cm1Before(recording) }, { app: 'x' })
  for (const [path, object] of [...CREATED, [CONFIG_MAPS, cm1] as const])
    if (!isLeftOut(path, object)) await must('POST', path, 'application/json', object)
  for (const [path, object] of APPLIED)
    if (path !== leaveOut)
      await must('PATCH', `${path}?fieldManager=m1&force=true`, 'application/apply-patch+yaml', object)
  for (const [path, policy] of [
    [`${CONFIG_MAPS}/fg`, 'Foreground'],
    [`${VMI_PATH}/vf`, 'Background'],
  ] as const)
    if (path !== leaveOut) await must('DELETE', `${path}?propagationPolicy=${policy}`, 'application/json')
  if (leaveOut !== '/api/v1/namespaces/nst')
    await must('DELETE', '/api/v1/namespaces/nst', 'application/json')
  return { app, ask }
}
