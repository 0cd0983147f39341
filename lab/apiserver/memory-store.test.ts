import { expect } from 'chai'
import type { KubeObject } from './contract.ts'
import { StatusError } from './contract.ts'
import { CONFIG_MAPS } from './kinds.ts'
import { MemoryStore } from './memory-store.ts'

const configMap = (name: string, metadata: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'ns', ...metadata },
})

describe('the store', () => {
  let store: MemoryStore

  beforeEach(() => {
    store = new MemoryStore({ historyLength: 10 })
  })

  const names = () => store.list(CONFIG_MAPS).map(({ metadata }) => metadata.name)

  it('numbers every change of anything with the next version', () => {
    const first = store.create(CONFIG_MAPS, configMap('a'))
    const second = store.create(CONFIG_MAPS, configMap('b'))
    const [a, b] = [first, second].map(({ metadata }) => Number(metadata.resourceVersion))
    expect(b).to.equal((a ?? 0) + 1)
  })

  it('returns objects that cannot be changed', () => {
    const created = store.create(CONFIG_MAPS, configMap('a'))
    expect(() => {
      created.metadata.name = 'b'
    }).to.throw(TypeError)
  })

  it('refuses an update of another version, and leaves alone what does not change', () => {
    const created = store.create(CONFIG_MAPS, configMap('a'))
    const updated = store.update(CONFIG_MAPS, { ...created, data: { a: '1' } })
    expect(() => store.update(CONFIG_MAPS, { ...created, data: { a: '2' } })).to.throw(
      StatusError,
      /modified/,
    )
    expect(store.update(CONFIG_MAPS, { ...updated })).to.equal(updated)
    expect(store.update(CONFIG_MAPS, { ...configMap('a'), data: {} }).metadata.uid).to.equal(
      created.metadata.uid,
    )
  })

  it('keeps an object until its last finalizer is gone', () => {
    store.create(CONFIG_MAPS, configMap('a', { finalizers: ['x/y'] }))
    const marked = store.delete(CONFIG_MAPS, 'ns', 'a')
    expect(marked.metadata.deletionTimestamp).to.be.a('string')
    expect(names()).to.deep.equal(['a'])
    store.update(CONFIG_MAPS, { ...marked, metadata: { ...marked.metadata, finalizers: [] } })
    expect(names()).to.deep.equal([])
  })

  it('keeps what has something to end until it is deleted without grace, through every update', () => {
    store = new MemoryStore({
      gracePeriodOf: (_, { metadata }) => (metadata.name === 'busy' ? 30 : undefined),
    })
    store.create(CONFIG_MAPS, configMap('idle'))
    store.create(CONFIG_MAPS, configMap('busy'))
    store.delete(CONFIG_MAPS, 'ns', 'idle')
    const before = Date.now()
    const marked = store.delete(CONFIG_MAPS, 'ns', 'busy')
    expect(marked.metadata.deletionGracePeriodSeconds).to.equal(30)
    // The timestamp has whole seconds.
    expect(Date.parse(marked.metadata.deletionTimestamp ?? '')).to.be.above(before + 28_999)
    expect(store.delete(CONFIG_MAPS, 'ns', 'busy', { gracePeriodSeconds: 60 })).to.equal(marked)
    store.update(CONFIG_MAPS, { ...marked, data: { ending: 'yes' } })
    expect(names()).to.deep.equal(['busy'])
    const sooner = store.delete(CONFIG_MAPS, 'ns', 'busy', { gracePeriodSeconds: 5 })
    expect(sooner.metadata.deletionGracePeriodSeconds).to.equal(5)
    store.delete(CONFIG_MAPS, 'ns', 'busy', { gracePeriodSeconds: 0 })
    expect(names()).to.deep.equal([])
  })

  it('tells listeners of changes in their order, though a listener changes something itself', () => {
    const told: string[] = []
    store.onChange(CONFIG_MAPS, ({ type, object }) => {
      if (type === 'ADDED' && object.metadata.name === 'a') store.create(CONFIG_MAPS, configMap('b'))
    })
    const stop = store.onChange(CONFIG_MAPS, ({ type, object }) =>
      told.push(`${type} ${object.metadata.name}`),
    )
    store.create(CONFIG_MAPS, configMap('a'))
    stop()
    store.create(CONFIG_MAPS, configMap('c'))
    expect(told).to.deep.equal(['ADDED a', 'ADDED b'])
  })

  it('lists what was there at an earlier version, and says when that is too long ago', () => {
    store.create(CONFIG_MAPS, configMap('a'))
    const { version } = store
    store.create(CONFIG_MAPS, configMap('b'))
    store.delete(CONFIG_MAPS, 'ns', 'a')
    expect(store.listAt(CONFIG_MAPS, 'ns', version).map(({ metadata }) => metadata.name)).to.deep.equal(['a'])
    for (let index = 0; index < 30; index++) store.create(CONFIG_MAPS, configMap(`c${index}`))
    expect(() => store.listAt(CONFIG_MAPS, 'ns', version)).to.throw(StatusError, /too old/)
  })

  it('takes time in proportion to what it holds', function () {
    // No time is measured: a store with quadratic cost would exceed the test's timeout.
    const large = new MemoryStore()
    const owner = large.create(CONFIG_MAPS, configMap('owner'))
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid ?? '' }
    for (let index = 0; index < 20_000; index++)
      large.create(CONFIG_MAPS, configMap(`c${index}`, { ownerReferences: [reference] }))
    expect(large.dependentsOf(reference.uid)).to.have.length(20_000)
    for (let index = 0; index < 20_000; index++) large.delete(CONFIG_MAPS, 'ns', `c${index}`)
    expect(large.list(CONFIG_MAPS)).to.have.length(1)
  })
})
