import { PATIENCE } from '../common/testing/patience.ts'
import { KubeConfig } from './client-node.ts'
import { expect } from 'chai'
import { ApiClient } from './api-client.ts'
import { startApiServer } from '../../lab/apiserver/server.ts'
import { CONFIG_MAPS } from '../../lab/apiserver/kinds.ts'
import { Discovery } from './discovery.ts'
import { describeRef, isAnother, isFieldConflict, type ObjectRef, Objects } from './objects.ts'

const limits = { signal: new AbortController().signal, timeout: PATIENCE }
const MANIFEST = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  data: { a: '1' },
  metadata: { name: 'config', namespace: 'default' },
}

describe("a cluster's objects of any kind", () => {
  let stack: AsyncDisposableStack
  let server: Awaited<ReturnType<typeof startApiServer>>
  let objects: Objects
  let discovery: Discovery
  let ref: ObjectRef

  beforeEach(async () => {
    stack = new AsyncDisposableStack()
    server = stack.use(await startApiServer({ tls: true }))
    const config = new KubeConfig()
    config.loadFromString(server.kubeconfig('admin'))
    const client = new ApiClient(config)
    objects = new Objects(client)
    discovery = new Discovery(client)
    const resource = await discovery.resourceOf(MANIFEST, limits)
    ref = { resource, namespace: 'default', name: 'config' }
  })
  afterEach(() => stack.disposeAsync())

  const failure = async (promise: Promise<unknown>): Promise<unknown> => {
    try {
      await promise
    } catch (error) {
      return error
    }
    throw new Error('it did not fail')
  }
  const recreate = () => {
    server.store.delete(CONFIG_MAPS, 'default', 'config')
    server.store.create(CONFIG_MAPS, MANIFEST)
  }

  it('are created once', async () => {
    expect(await objects.get(ref, limits)).to.equal(undefined)
    await objects.create(ref, MANIFEST, 'm1', limits)
    expect(await failure(objects.create(ref, MANIFEST, 'm1', limits))).to.deep.include({
      status: 409,
      reason: 'AlreadyExists',
    })
    expect(describeRef(ref)).to.equal('configmap/config')
  })

  it('are applied to the one that is meant, and to no other of its name', async () => {
    const { metadata } = await objects.create(ref, MANIFEST, 'm1', limits)
    const changed = { ...MANIFEST, data: { a: '2' } }
    const apply = (force: boolean, dryRun = false) =>
      objects.apply(ref, metadata.uid, changed, { manager: 'm2', force, dryRun }, limits)
    const conflict = await failure(apply(false))
    expect([isFieldConflict(conflict), isAnother(conflict)]).to.deep.equal([true, false])
    expect(conflict).to.have.deep.nested.property('causes[0].field', '.data.a')
    await apply(true, true)
    expect(server.store.get(CONFIG_MAPS, 'default', 'config')?.['data']).to.deep.equal({ a: '1' })
    await apply(true)
    expect(server.store.get(CONFIG_MAPS, 'default', 'config')?.['data']).to.deep.equal({ a: '2' })
    recreate()
    expect(isAnother(await failure(apply(true)))).to.equal(true)
    server.store.delete(CONFIG_MAPS, 'default', 'config')
    expect(isAnother(await failure(apply(true)))).to.equal(true)
    expect(server.store.get(CONFIG_MAPS, 'default', 'config')).to.equal(undefined)
  })

  it('are deleted by their uid', async () => {
    const { metadata } = await objects.create(ref, MANIFEST, 'm1', limits)
    recreate()
    await objects.delete(ref, metadata.uid, 'Background', limits)
    const again = server.store.get(CONFIG_MAPS, 'default', 'config')?.metadata.uid ?? ''
    expect(again).not.to.equal('')
    await objects.delete(ref, again, 'Background', limits)
    expect(server.store.get(CONFIG_MAPS, 'default', 'config')).to.equal(undefined)
    await objects.delete(ref, again, 'Background', limits)
  })

  it('are listed by kind and label', async () => {
    await objects.create(ref, MANIFEST, 'm1', limits)
    const named = async (selector?: string) => {
      const { items, hasMore } = await objects.list(ref.resource, 'default', selector, limits)
      expect(hasMore).to.equal(false)
      return items.map(({ metadata }) => metadata.name)
    }
    expect(await named()).to.deep.equal(['config'])
    expect(await named('a=b')).to.deep.equal([])
  })

  it('are of the kinds that the API server serves', async () => {
    expect(await failure(discovery.resourceOf({ apiVersion: 'a.org/v1', kind: 'A' }, limits))).to.include({
      code: 'not-served',
      message: 'the cluster does not serve the kind A (a.org/v1)',
    })
    const { resources, unknown } = await discovery.listable(limits)
    expect(unknown).to.deep.equal([])
    const served = resources.map(({ plural, group }) => `${plural}.${group}`)
    expect(served).to.include.members(['configmaps.', 'deployments.apps', 'roles.rbac.authorization.k8s.io'])
    expect(served).not.to.include.members(['namespaces.', 'nodes.'])
    expect(new Set(served).size).to.equal(served.length)
  })
})
