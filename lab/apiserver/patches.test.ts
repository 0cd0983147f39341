import { expect } from 'chai'
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch } from './patches.ts'

describe('patches', () => {
  it('merge: null removes, lists are replaced', () => {
    const target = { a: { b: 1, c: [1, 2] }, d: 1 }
    expect(applyMergePatch(target, { a: { b: null, c: [3] }, e: { f: null } })).to.deep.equal({
      a: { c: [3] },
      d: 1,
      e: {},
    })
    expect(target).to.deep.equal({ a: { b: 1, c: [1, 2] }, d: 1 })
  })

  it('JSON: operations in their order, on a copy', () => {
    const target = { data: { a: '1' } }
    const patched = applyJsonPatch(target, [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'add', path: '/data/b', value: '2' },
      { op: 'remove', path: '/data/a' },
    ])
    expect(patched).to.deep.equal({ data: { b: '2' } })
    expect(target).to.deep.equal({ data: { a: '1' } })
  })

  const pod = {
    metadata: { finalizers: ['a'] },
    spec: {
      containers: [
        { name: 'one', image: 'i1', env: [{ name: 'A', value: '1' }] },
        { name: 'two', image: 'i2', args: ['x'] },
      ],
    },
  }

  it('strategic: known lists merge by their keys, others are replaced', () => {
    const patch = {
      metadata: { finalizers: ['b'] },
      spec: {
        containers: [
          { name: 'two', image: 'i3', args: ['y'] },
          { name: 'one', env: [{ name: 'B', value: '2' }] },
        ],
      },
    }
    expect(applyStrategicMergePatch(pod, patch)).to.deep.equal({
      metadata: { finalizers: ['a', 'b'] },
      spec: {
        containers: [
          {
            name: 'one',
            image: 'i1',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
          },
          { name: 'two', image: 'i3', args: ['y'] },
        ],
      },
    })
  })

  it('strategic: directives delete items, set their order, and take values out of sets', () => {
    const patch = {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] },
      spec: {
        '$setElementOrder/containers': [{ name: 'three' }, { name: 'two' }],
        containers: [
          { $patch: 'delete', name: 'one' },
          { name: 'three', image: 'i' },
        ],
      },
    }
    expect(applyStrategicMergePatch(pod, patch)).to.deep.equal({
      metadata: { finalizers: [] },
      spec: {
        containers: [
          { name: 'three', image: 'i' },
          { name: 'two', image: 'i2', args: ['x'] },
        ],
      },
    })
  })
})
