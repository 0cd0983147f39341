import { expect } from 'chai'
import type { KubeObject } from './contract.ts'
import { CONFIG_MAPS, PODS } from './kinds.ts'
import { FieldManagers } from './managed-fields.ts'

const configMap = (data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'cm' },
  data,
})

const nothing: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' } }

const pod = (...containers: object[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers },
})

const manager = (name: string) => ({ name, subresource: '' })

describe('server-side apply', () => {
  const managers = new FieldManagers()

  const owners = (object: KubeObject) =>
    object.metadata.managedFields?.map((entry) => [entry.manager, entry.operation])

  it('removes what its manager no longer wants, and keeps what others set', () => {
    const first = managers.apply(CONFIG_MAPS, configMap({ a: '1', b: '1' }), undefined, manager('one'), false)
    const second = managers.apply(CONFIG_MAPS, configMap({ c: '1' }), first, manager('two'), false)
    const third = managers.apply(CONFIG_MAPS, configMap({ a: '2' }), second, manager('one'), false)
    expect(third['data']).to.deep.equal({ a: '2', c: '1' })
  })

  it('shares a field that two want alike', () => {
    const first = managers.apply(CONFIG_MAPS, configMap({ a: '1' }), undefined, manager('one'), false)
    const second = managers.apply(CONFIG_MAPS, configMap({ a: '1' }), first, manager('two'), false)
    const third = managers.apply(CONFIG_MAPS, nothing, second, manager('one'), false)
    expect(third['data']).to.deep.equal({ a: '1' })
    expect(owners(third)).to.deep.equal([['two', 'Apply']])
  })

  it('refuses what an update by another made, unless it is forced', () => {
    const created = managers.recordCreate(CONFIG_MAPS, configMap({ a: '1' }), manager('curl'))
    const apply = (force: boolean) =>
      managers.apply(CONFIG_MAPS, configMap({ a: '2' }), created, manager('one'), force)
    expect(() => apply(false)).to.throw(
      'Apply failed with 1 conflict: conflict with "curl" using v1: .data.a',
    )
    expect(apply(true)['data']).to.deep.equal({ a: '2' })
  })

  it('treats what nobody was recorded for as somebody else’s', () => {
    expect(() =>
      managers.apply(CONFIG_MAPS, configMap({ a: '2' }), configMap({ a: '1' }), manager('one'), false),
    ).to.throw('"before-first-apply" using v1: .data.a')
  })

  it('merges the items of a list by their key', () => {
    const first = managers.apply(PODS, pod({ name: 'a', image: '1' }), undefined, manager('one'), false)
    const second = managers.apply(PODS, pod({ name: 'b', image: '1' }), first, manager('two'), false)
    expect(() =>
      managers.apply(PODS, pod({ name: 'a', image: '2' }), second, manager('two'), false),
    ).to.throw('conflict with "one": .spec.containers[name="a"].image')
    const third = managers.apply(PODS, { ...pod(), spec: {} }, second, manager('one'), false)
    expect(third['spec']).to.deep.equal({ containers: [{ name: 'b', image: '1' }] })
  })

  it('gives an updated field to who updated it', () => {
    const created = managers.apply(
      CONFIG_MAPS,
      configMap({ a: '1', b: '1' }),
      undefined,
      manager('one'),
      false,
    )
    const changed = { ...created, data: { a: '2', b: '1' } }
    const updated = managers.recordUpdate(CONFIG_MAPS, changed, created, manager('curl'))
    expect(
      updated.metadata.managedFields?.map(({ manager: name, fieldsV1 }) => [name, fieldsV1]),
    ).to.deep.equal([
      ['one', { 'f:data': { 'f:b': {} } }],
      ['curl', { 'f:data': { 'f:a': {} } }],
    ])
  })
})
