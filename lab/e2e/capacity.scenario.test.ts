/** Searches for the capacity of simulated guests whose capacity is known. */
import { expect } from 'chai'
import type { Capacity } from '../../support/model/capacity.ts'
import { reportSchema } from '../../support/model/report.ts'
import { FAULTS } from '../faults/faults.ts'
import { ScriptedLab, type SuiteEnd } from './scripted-lab.fixture.ts'

async function search(id: string): Promise<SuiteEnd & { readonly capacity: Capacity }> {
  const fault = FAULTS.find((each) => each.id === id) ?? expect.fail(id)
  await using lab = await ScriptedLab.start({ hidden: false, ...fault })
  const end = await lab.run()
  const { capacity } = reportSchema.parse(end.report)
  return { ...end, capacity: capacity ?? expect.fail(end.output) }
}

/** The width of each goal; neighbours on the grid of loads are also this far apart. */
const WIDTH = 0.02

describe('the capacity of a simulated path', () => {
  const KNEES = [
    { id: 'capacity-knee', carries: 7_300_000, kind: 'vm-receive', says: /CPUs? \d.* had no time to spare/ },
    { id: 'capacity-knee-of-trex', carries: 3_000_000, kind: 'vm-transmit', says: /TX ring full/ },
  ] as const
  for (const { id, carries, kind, says } of KNEES)
    it(`is found to the width that was asked for, and its limiter named: ${id}`, async () => {
      const { capacity, data, output, pages } = await search(id)
      const [only, ...more] = capacity.searches
      expect(more).to.deep.equal([])
      const [ndr, pdr] = only?.results ?? []
      expect(ndr, output).to.include({ goal: 'NDR', isRegular: true })
      expect(pdr, output).to.include({ goal: 'PDR', isRegular: true })
      const { lower = 0, upper = 0 } = ndr ?? {}
      expect(lower).to.be.within(carries * (1 - WIDTH), carries)
      expect(upper).to.be.within(carries, carries / (1 - WIDTH))
      expect(capacity.limiter, output).to.include({ kind })
      expect(capacity.limiter?.sentence).to.match(says)
      // Only this guest's testpmd tells the time of each lcore.
      if (kind === 'vm-receive') expect(capacity.limiter?.headroom).to.include('busy 99 % of the time')
      // Each trial's loss ratio agrees with its ledger.
      for (const { ledger, load, lossRatio } of only?.trials ?? []) {
        const { generatorTx, generatorRx } = ledger.eastToWest
        expect(lossRatio).to.equal((generatorTx - generatorRx) / generatorTx)
        expect(lossRatio > 0).to.equal(load > carries)
      }
      expect(data).to.include({
        'status.result.ndrPacketsPerSecond': String(lower),
        'status.result.pdrPacketsPerSecond': String(pdr?.lower),
        'status.result.capacityLimitedBy': capacity.limiter?.sentence,
      })
      expect(pages.join('\n')).to.include('Search for the capacity.')
    })

  it('is at least what the generator sends, and nobody is blamed for the rest', async () => {
    const { capacity, output } = await search('capacity-slow-generator')
    const [only] = capacity.searches
    const lower = only?.results[0]?.lower ?? 0
    expect(lower, output).to.be.within(4_900_000, 5_000_000)
    expect(only?.results[0]?.upper).to.equal(undefined)
    expect(only).to.include({ isMaxOfGenerator: true })
    expect(capacity.limiter).to.include({ kind: 'generator' })
    expect(output).to.include('NDR is at least')
  })
})
