/** Which pairs are told as evidence of a weak node, an uplink or a pair. */
import { expect } from 'chai'
import { judgedMatrix } from '../../nodes/matrix.fixture.ts'
import { diagnose } from '../diagnose.ts'
import { criterion, findings } from '../findings.fixture.ts'

describe('causes of bad pairs of nodes', () => {
  it('have as evidence those that they explain', () => {
    const matrix = judgedMatrix({
      nodes: 12,
      zones: 3,
      loss: ({ from, to }) =>
        from === 5 || to === 5 || (from === 0 && to === 1) || (from === 10 && to === 11) ? 0.5 : 0,
    })
    const criteria = [criterion('nodes.none-weak'), criterion('nodes.all-carry')]
    const [node, pair] = diagnose(findings({ criteria, matrix }))
    expect([node?.id, pair?.id]).to.deep.equal(['node-weak', 'pair-weak'])
    const told = node?.evidence.map(({ what }) => what) ?? []
    expect(told.at(-1)).to.equal('more')
    for (const what of told.slice(0, -1)) expect(what).to.include('node-05')
    expect(pair?.evidence.map(({ what }) => what)).to.have.members([
      'node-00 to node-01',
      'node-10 to node-11',
    ])
  })

  it('are pairs across the border, for an uplink', () => {
    const zone = (node: number) => Math.floor(node / 4)
    const loss = ({ from, to }: { from: number; to: number }) =>
      zone(from) !== zone(to) && (zone(from) === 2 || zone(to) === 2) ? 0.5 : 0
    const matrix = judgedMatrix({ nodes: 12, zones: 3, loss })
    const [uplink] = diagnose(findings({ criteria: [criterion('nodes.none-weak')], matrix }))
    expect(uplink?.id).to.equal('uplink-weak')
    for (const { what } of uplink?.evidence.slice(0, -1) ?? []) {
      const [from = NaN, to = NaN] = [...what.matchAll(/node-(\d+)/g)].map(([, number]) => Number(number))
      expect(zone(from) === zone(to), what).to.equal(false)
    }
  })
})
