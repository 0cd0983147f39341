import { expect } from 'chai'
import { mostSimilar } from './similar.ts'

describe('the word that was meant', () => {
  const known = ['testDuration', 'trafficGenTargetNodeName', 'verbose', 'networkAttachmentDefinitionName']

  for (const [word, meant] of [
    ['TestDuration', 'testDuration'],
    ['test-duration', 'testDuration'],
    ['testduraton', 'testDuration'],
    ['trafficGenTargetNodename', 'trafficGenTargetNodeName'],
    ['NetworkAttachmentDefinitionName', 'networkAttachmentDefinitionName'],
    ['verbos', 'verbose'],
    ['networkAttachmentDefinition', 'networkAttachmentDefinitionName'],
    ['myNetworkAttachmentDefinitionName', 'networkAttachmentDefinitionName'],
    ['colour', undefined],
    ['x', undefined],
    ['', undefined],
    ['duration', undefined],
    ['y'.repeat(10_000), undefined],
  ] as const) {
    it(`by ${JSON.stringify(word.slice(0, 40))} is ${meant ?? 'none'}`, () => {
      expect(mostSimilar(word, known)).to.equal(meant)
    })
  }
})
