import {
  ApiException,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  V1ConfigMap,
  V1ServiceAccount,
  Watch,
} from '@kubernetes/client-node'
import { expect } from 'chai'
import { VMIS } from './testing/recorded-world.ts'
import { type ApiServer, startApiServer } from './server.ts'
import { testExtension } from './testing/test-extension.ts'

const VMI = { group: 'kubevirt.io', version: 'v1', namespace: 'default', plural: 'virtualmachineinstances' }

for (const tls of [false, true])
  describe(`the API server, used by @kubernetes/client-node over ${tls ? 'https' : 'http'}`, () => {
    let server: ApiServer
    let config: KubeConfig

    beforeEach(async () => {
      server = await startApiServer({ extensions: testExtension().extension, tls })
      config = new KubeConfig()
      config.loadFromString(server.kubeconfig('admin'))
    })

    afterEach(() => server[Symbol.asyncDispose]())

    it('creates, reads, replaces and deletes', async () => {
      const api = config.makeApiClient(CoreV1Api)
      const [name, namespace] = ['cm', 'default']
      await api.createNamespacedConfigMap({ namespace, body: configMap(name, { a: '1' }) })
      const read = await api.readNamespacedConfigMap({ name, namespace })
      expect(read.data).to.deep.equal({ a: '1' })
      await api.replaceNamespacedConfigMap({ name, namespace, body: changed(read, { a: '2' }) })
      const stale = api.replaceNamespacedConfigMap({ name, namespace, body: changed(read, { a: '3' }) })
      expect(await failureOf(stale)).to.deep.include({ code: 409, reason: 'Conflict' })
      await api.patchNamespacedConfigMap(
        { name, namespace, body: { data: { b: '2' } } },
        setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
      )
      const { items } = await api.listNamespacedConfigMap({ namespace })
      expect(items.map(({ data }) => data)).to.deep.equal([{ a: '2', b: '2' }])
      await api.deleteNamespacedConfigMap({ name, namespace })
      const gone = api.readNamespacedConfigMap({ name, namespace })
      expect(await failureOf(gone)).to.deep.include({ code: 404, reason: 'NotFound' })
    })

    it('handles custom objects as a service account, as far as it may', async () => {
      const admin = config.makeApiClient(CoreV1Api)
      await admin.createNamespacedServiceAccount({
        namespace: 'default',
        body: Object.assign(new V1ServiceAccount(), { metadata: { name: 'sa' } }),
      })
      const account = new KubeConfig()
      account.loadFromString(server.kubeconfig('system:serviceaccount:default:sa'))
      const api = account.makeApiClient(CustomObjectsApi)
      const body = {
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachineInstance',
        metadata: { name: 'v' },
        spec: {},
      }
      expect(await failureOf(api.createNamespacedCustomObject({ ...VMI, body }))).to.deep.include({
        code: 403,
      })
      const custom = config.makeApiClient(CustomObjectsApi)
      const created = (await custom.createNamespacedCustomObject({ ...VMI, body })) as { status: unknown }
      expect(created.status).to.deep.equal({ phase: 'Pending' })
      expect(server.store.list(VMIS)).to.have.length(1)
    })

    it('watches', async () => {
      const api = config.makeApiClient(CoreV1Api)
      const seen: string[] = []
      const { promise, resolve } = Promise.withResolvers<unknown>()
      const watch = await new Watch(config).watch(
        '/api/v1/namespaces/default/configmaps',
        { fieldSelector: 'metadata.name=w' },
        (type, object: { metadata: { name: string } }) => {
          seen.push(`${type} ${object.metadata.name}`)
          if (type === 'DELETED') watch.abort()
        },
        resolve,
      )
      const body = (name: string) => ({ namespace: 'default', body: configMap(name, {}) })
      await api.createNamespacedConfigMap(body('other'))
      await api.createNamespacedConfigMap(body('w'))
      await api.deleteNamespacedConfigMap({ namespace: 'default', name: 'w' })
      await promise
      expect(seen).to.deep.equal(['ADDED w', 'DELETED w'])
    })
  })

function configMap(name: string, data: Record<string, string>): V1ConfigMap {
  return Object.assign(new V1ConfigMap(), { metadata: { name }, data })
}

function changed(object: V1ConfigMap, data: Record<string, string>): V1ConfigMap {
  return Object.assign(new V1ConfigMap(), object, { data })
}

/** The HTTP code of a refused request, and the reason in its Status. */
async function failureOf(work: Promise<unknown>): Promise<{ code: number; reason: string }> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof ApiException)) throw error
    const { reason } = JSON.parse(error.body as string) as { reason: string }
    return { code: error.code, reason }
  }
  throw new Error('it did not fail')
}
