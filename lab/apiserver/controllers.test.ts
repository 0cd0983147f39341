import { expect } from 'chai'
import { createApp, type LabApp } from './app.ts'
import type { KubeObject } from './contract.ts'
import { CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS } from './kinds.ts'
import { ADMIN } from './tokens.ts'
import { namespaceObject } from './bootstrap.ts'

describe('owners and namespaces', () => {
  let app: LabApp

  beforeEach(() => {
    app = createApp({ users: new Map([['token', ADMIN]]) })
  })

  afterEach(() => {
    app[Symbol.dispose]()
  })

  function create(name: string, ...owners: KubeObject[]): KubeObject {
    const ownerReferences = owners.map(({ apiVersion, kind, metadata }) => ({
      apiVersion,
      kind,
      name: metadata.name,
      uid: metadata.uid ?? '',
    }))
    return app.store.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default', ...(owners.length > 0 ? { ownerReferences } : {}) },
    })
  }

  async function remove(name: string, propagationPolicy: string): Promise<void> {
    const path = `/api/v1/namespaces/default/configmaps/${name}?propagationPolicy=${propagationPolicy}`
    const answer = await app.routes.request(path, {
      method: 'DELETE',
      headers: { Authorization: 'Bearer token' },
    })
    expect(answer.status).to.equal(200)
  }

  const names = () => app.store.list(CONFIG_MAPS, 'default').map(({ metadata }) => metadata.name)

  for (const policy of ['Background', 'Foreground'])
    it(`takes dependents along: ${policy}`, async () => {
      const owner = create('owner')
      create('grandchild', create('child', owner))
      create('other')
      await remove('owner', policy)
      expect(names()).to.deep.equal(['other'])
    })

  it('keeps an owner until the last of its dependents is gone: Foreground', async () => {
    const grandchild = create('grandchild', create('child', create('owner')))
    const held = { ...grandchild, metadata: { ...grandchild.metadata, finalizers: ['example.org/held'] } }
    app.store.update(CONFIG_MAPS, held)
    await remove('owner', 'Foreground')
    expect(names()).to.deep.equal(['child', 'grandchild', 'owner'])
    const going = app.store.get(CONFIG_MAPS, 'default', 'grandchild')
    expect(going?.metadata.deletionTimestamp).to.be.a('string')
    if (going !== undefined)
      app.store.update(CONFIG_MAPS, { ...going, metadata: { ...going.metadata, finalizers: [] } })
    expect(names()).to.deep.equal([])
  })

  it('leaves dependents behind without their owner: Orphan', async () => {
    create('child', create('owner'))
    await remove('owner', 'Orphan')
    expect(names()).to.deep.equal(['child'])
    expect(app.store.get(CONFIG_MAPS, 'default', 'child')?.metadata.ownerReferences).to.equal(undefined)
  })

  it('keeps what another owner still has', async () => {
    const [first, second] = [create('first'), create('second')]
    create('child', first, second)
    await remove('first', 'Background')
    expect(names()).to.deep.equal(['child', 'second'])
    expect(app.store.get(CONFIG_MAPS, 'default', 'child')?.metadata.ownerReferences).to.have.length(1)
  })

  it('removes what names an owner that is not there', () => {
    create('child', { ...create('owner'), metadata: { name: 'owner', uid: 'never-was' } })
    expect(names()).to.deep.equal(['owner'])
  })

  it('empties a namespace before it goes, and gives a new one its service account', () => {
    app.store.create(NAMESPACES, namespaceObject('ns'))
    expect(app.store.get(SERVICE_ACCOUNTS, 'ns', 'default')).to.be.an('object')
    const metadata = { name: 'kept', namespace: 'ns', finalizers: ['x/y'] }
    const kept = app.store.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
    app.store.delete(NAMESPACES, undefined, 'ns')
    expect(app.store.get(SERVICE_ACCOUNTS, 'ns', 'default')).to.equal(undefined)
    expect(app.store.get(NAMESPACES, undefined, 'ns')?.['status']).to.deep.equal({ phase: 'Terminating' })
    app.store.update(CONFIG_MAPS, { ...kept, metadata: { ...metadata, finalizers: [] } })
    expect(app.store.get(NAMESPACES, undefined, 'ns')).to.equal(undefined)
  })
})
