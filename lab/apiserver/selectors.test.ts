import { expect } from 'chai'
import type { KubeObject } from './contract.ts'
import { EVENTS, PODS } from './kinds.ts'
import { parseFieldSelector, parseLabelSelector, selectedName } from './selectors.ts'

const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'ns', labels: { app: 'x', 'example.com/tier': 'back' } },
  spec: { nodeName: 'node1' },
}

describe('selectors', () => {
  for (const [selector, matches] of [
    ['', true],
    ['app', true],
    ['!app', false],
    ['!absent', true],
    ['app=x', true],
    ['app==x', true],
    ['app!=x', false],
    ['absent!=x', true],
    ['app in (x, y)', true],
    ['app in (y)', false],
    ['app notin (x),app', false],
    ['absent notin (x)', true],
    ['app=x,example.com/tier in (front,back)', true],
    ['app=x,example.com/tier=front', false],
  ] as const)
    it(`labels: ${JSON.stringify(selector)} ${matches ? 'matches' : 'does not match'}`, () => {
      expect(parseLabelSelector(selector)(pod)).to.equal(matches)
    })

  for (const [selector, matches] of [
    ['metadata.name=p', true],
    ['metadata.name=p,metadata.namespace!=ns', false],
    ['spec.nodeName=node1', true],
    ['status.phase=', true],
  ] as const)
    it(`fields: ${selector} ${matches ? 'matches' : 'does not match'}`, () => {
      expect(parseFieldSelector(selector, PODS)(pod)).to.equal(matches)
    })

  it('finds the name a selector pins down', () => {
    expect(selectedName('metadata.namespace=ns,metadata.name=p')).to.equal('p')
    expect(selectedName('metadata.name!=p')).to.equal(undefined)
  })

  it('selects events by what they involve, as describe does', () => {
    const event = { ...pod, involvedObject: { kind: 'Pod', name: 'p', uid: 'u' } }
    expect(parseFieldSelector('involvedObject.uid=u,involvedObject.kind=Pod', EVENTS)(event)).to.equal(true)
  })
})
