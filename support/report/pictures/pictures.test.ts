import { expect } from 'chai'
import { SaxesParser } from 'saxes'
import { hostile, lossWithCauses, pass, twoHours } from '../html/examples.fixture.ts'
import { directions } from '../../model/ledger.ts'
import { exampleCapacity } from '../capacity.fixture.ts'
import { timelineOf } from '../timeline.ts'
import { capacityPicture } from './capacity-picture.ts'
import { latencyPicture } from './latency-picture.ts'
import { DARK, LIGHT, painted, type Palette } from './palette.ts'
import { pathPicture } from './path-picture.ts'
import { timelinePicture } from './timeline-picture.ts'

const SIZE = { width: 920, height: 320 }

describe('the palette', () => {
  for (const [name, palette] of Object.entries({ LIGHT, DARK })) {
    it(`can be read: ${name}`, () => {
      const inks = ['ink', 'muted', 'passed', 'failed', 'inconclusive', 'error'] as const
      for (const ink of inks) {
        for (const surface of ['paper', 'raised'] as const) {
          expect(contrast(palette[ink], palette[surface]), `${ink} on ${surface}`).to.be.at.least(4.5)
        }
      }
      expect(contrast(palette['on-failed'], palette.failed)).to.be.at.least(4.5)
      // Minimum contrast of lines in a picture: WCAG 1.4.11.
      for (const line of ['sent', 'returned'] as const) {
        expect(contrast(palette[line], palette.paper)).to.be.at.least(3)
      }
    })
  }
})

describe('pictures', () => {
  for (const [what, report] of Object.entries({
    'a pass': pass(),
    'a loss': lossWithCauses(),
    'two hours': twoHours(),
    'hostile texts': hostile(),
  })) {
    it(`are XML and know all their colours: ${what}`, () => {
      if (report.traffic === undefined) throw new Error('the example has traffic')
      const names = { generatorNode: report.guests[1]?.nodeName ?? '', vmNode: '<&"\'>' }
      const drawn = [
        ...directions(report.traffic.ledger).flatMap((direction) =>
          (['wide', 'narrow'] as const).map((layout) => pathPicture(direction, names, layout)),
        ),
        timelinePicture(timelineOf(report.traffic), SIZE).svg,
        ...(report.capacity?.searches ?? []).map((search) => capacityPicture(search, SIZE)),
        ...(report.latency === undefined ? [] : [latencyPicture(report.latency, 'east', SIZE, 100)]),
      ]
      for (const svg of drawn) {
        const parser = new SaxesParser({})
        parser.on('error', (error) => {
          throw error
        })
        parser.write(svg).close()
        expect(painted(svg, LIGHT)).not.to.contain('var(--')
      }
    })
  }

  it('draw the timeline in steps that can be told apart', () => {
    const { traffic } = twoHours()
    if (traffic === undefined) throw new Error('the example has traffic')
    expect(timelinePicture(timelineOf(traffic), SIZE).step).to.equal(Math.ceil(7200 / 428))
    expect(timelinePicture(timelineOf(traffic), { width: 340, height: 260 }).svg.length).to.be.below(40_000)
  })

  it('draw a trial that the generator could not send at the rate that it reached', () => {
    const [search] = exampleCapacity().searches
    const [first] = search?.trials ?? []
    if (search === undefined || first === undefined) throw new Error('the example has trials')
    const eastToWest = { ...first.ledger.eastToWest, generatorTx: 9000 }
    const short = {
      ...first,
      invalid: 'generator-short' as const,
      sentFor: 1000,
      ledger: { ...first.ledger, eastToWest },
    }
    const svg = capacityPicture({ ...search, results: [], trials: [short, { ...first, load: 8000 }] }, SIZE)
    expect(svg)
      .to.contain('>8k<')
      .and.not.to.match(/>[\d.]+M</)
  })

  it('name bounds together that are too close for two labels', () => {
    const [search] = exampleCapacity().searches
    if (search === undefined) throw new Error('the example has a search')
    const withLows = (...lows: readonly number[]) => {
      const results = search.results.map((result, index) => ({ ...result, lower: lows[index] }))
      return capacityPicture({ ...search, results }, SIZE)
    }
    expect(withLows(7_000_000, 7_000_000)).to.contain('>NDR, PDR<').and.not.to.contain('>PDR<')
    expect(withLows(5_000_000, 9_000_000)).to.contain('>NDR<').and.contain('>PDR<')
  })

  it('draw what gained packets as a gain', () => {
    const { traffic } = pass()
    if (traffic === undefined) throw new Error('the example has traffic')
    traffic.ledger.eastToWest.generatorRx += 7
    const svg = pathPicture(directions(traffic.ledger)[0], { generatorNode: '', vmNode: '' }, 'wide')
    expect(svg).to.contain('7 more than before').and.not.to.contain('>first loss<')
  })

  it('do not blame drops that never happened', () => {
    const { traffic } = pass()
    if (traffic === undefined) throw new Error('the example has traffic')
    traffic.ledger.eastToWest.vmRxDropped = 12
    const svg = pathPicture(directions(traffic.ledger)[0], { generatorNode: '', vmNode: '' }, 'wide')
    expect(svg).to.contain('12 more than before').and.not.to.contain('>first loss<')
  })
})

/** Contrast ratio of two colours, as defined by WCAG. */
function contrast(one: Palette[keyof Palette], other: Palette[keyof Palette]): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(color: string): number {
  const channel = (from: number) => {
    const value = parseInt(color.slice(from, from + 2), 16) / 255
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}
