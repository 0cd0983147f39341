/** The packet counts: the path with its hops, and the timeline. */
import { grouped } from '../../common/text.ts'
import type { Report } from '../../model/report.ts'
import type { Traffic } from '../../model/traffic.ts'
import type { Ledger } from '../../model/ledger.ts'
import {
  type Direction,
  directions,
  directionText,
  firstLossIndex,
  hops,
  isSilent,
  lostEndToEnd,
  worstDirection,
} from '../../model/ledger.ts'
import { type PathNames, pathPicture } from '../pictures/path-picture.ts'
import { timelinePicture } from '../pictures/timeline-picture.ts'
import { secondOf, timelineOf, type Timeline } from '../timeline.ts'
import { html, Html } from '../escape.ts'
import { count, pairs, text } from './parts.ts'
import { queueFacts } from './queues.ts'

const WIDE = { width: 920, height: 320 }
const NARROW = { width: 340, height: 260 }

export function ledgerSection(report: Report): Html {
  const { traffic } = report
  if (traffic === undefined) {
    return html`<section aria-labelledby="path">
      <h2 id="path">Path of the packets</h2>
      <p>No packet was sent.</p>
    </section>`
  }
  const [there, back] = directions(traffic.ledger)
  const names = pathNames(report)
  return html`<section aria-labelledby="path">
    <h2 id="path">Path of the packets</h2>
    ${traffic.directions === 2 && html`<p>${bothText(there, back)}</p>`}
    ${directionFigure(there, names, 'East to west, the traffic under test.')}
    ${
      traffic.directions === 2
        ? directionFigure(back, names, 'West to east, sent at the same time.')
        : isSilent(back)
          ? html`<p class="muted">
              West to east, in which the generator sends nothing: no hop counted a packet.
            </p>`
          : directionFigure(
              back,
              names,
              'West to east. The generator sends nothing in this direction: all of these frames are foreign.',
            )
    }
    ${errorCounts(traffic.ledger)} ${queueFacts(traffic)} ${driverCounters(traffic)}
  </section>`
}

/** The sum, which judges nothing. */
function bothText(there: Direction, back: Direction): string {
  const sum = (of: (direction: Direction) => number) => grouped(of(there) + of(back))
  return `Both directions together: ${sum(({ counts }) => counts.generatorTx)} packets sent, ${sum(({ counts }) => lostEndToEnd(counts))} lost. The checkup judges each direction by itself.`
}

/** The nodes on which the guests ran. */
export function pathNames({ guests }: Report): PathNames {
  const node = (role: Report['guests'][number]['role']) => {
    const name = guests.find((guest) => guest.role === role)?.nodeName
    return name === undefined ? '' : `on ${name}`
  }
  return { generatorNode: node('traffic-generator'), vmNode: node('vm-under-test') }
}

function directionFigure(direction: Direction, names: PathNames, caption: string): Html {
  const path = hops(direction)
  const first = path[firstLossIndex(path)]
  return html`<figure>
    <figcaption>
      ${caption}
      ${
        first === undefined
          ? 'No hop lost a packet.'
          : html`<b class="failed"
              >First loss: ${grouped(first.lost)} ${first.lost === 1 ? 'packet' : 'packets'},
              ${first.where}.</b
            >`
      }
    </figcaption>
    <div class="wide">${new Html(pathPicture(direction, names, 'wide'))}</div>
    <div class="narrow">${new Html(pathPicture(direction, names, 'narrow'))}</div>
  </figure>`
}

function errorCounts(ledger: Ledger): Html {
  return pairs([
    ['Generator, output errors', count(ledger.generatorOutputErrors, 'generatorOutputErrors')],
    ['Generator, input errors', count(ledger.generatorInputErrors, 'generatorInputErrors')],
    ['VM under test, RX errors', count(ledger.vmRxErrors, 'vmRxErrors')],
    ['VM under test, RX without a free mbuf', count(ledger.vmRxNoMbuf, 'vmRxNoMbuf')],
  ])
}

function driverCounters({ vmDriverCounters }: Traffic): Html | undefined {
  if (vmDriverCounters === undefined) return undefined
  const all = (['east', 'west'] as const).flatMap((port) =>
    Object.entries(vmDriverCounters[port]).map(
      ([name, value]) => [`${port}: ${name}`, html`${grouped(value)}`] as const,
    ),
  )
  if (all.length === 0) return undefined
  return html`<details>
    <summary>Counters of the VM under test’s port drivers (${all.length})</summary>
    ${pairs(all)}
  </details>`
}

export function timelineSection({ traffic }: Report): Html | undefined {
  if (traffic === undefined) return undefined
  const worst = worstDirection(traffic)
  const timeline = timelineOf(traffic, worst.from)
  if (timeline.intervals.length === 0) return undefined
  const which =
    traffic.directions === 2
      ? `The chart shows ${directionText(worst)}, the direction that lost more, or as much as the other. `
      : ''
  const [wide, narrow] = [timelinePicture(timeline, WIDE), timelinePicture(timeline, NARROW)]
  const lostElsewhere = timeline.intervals.some((interval) => interval.lostElsewhere > 0)
  return html`<section aria-labelledby="timeline">
    <h2 id="timeline">Packets per second</h2>
    ${shortfall(traffic)}
    <figure>
      <figcaption>${which}${lossSentence(timeline)}</figcaption>
      <ul class="legend" aria-hidden="true">
        <li>${key('sent', true)}sent</li>
        <li>${key('returned')}came back</li>
        <li>${key('failed')}dropped by the VM under test</li>
        ${lostElsewhere && html`<li>${key('inconclusive')}lost elsewhere</li>`}
      </ul>
      <div class="wide">${chart(wide, timeline)}</div>
      <div class="narrow">${chart(narrow, timeline)}</div>
    </figure>
  </section>`
}

function chart({ svg, step }: { svg: string; step: number }, timeline: Timeline): Html {
  const label = `Packets per second over the run. ${lossSentence(timeline)}`
  const named = svg.replace('<svg ', () => html`<svg role="img" aria-label="${label}" `.markup)
  return html`${new Html(named)}${
    step > 1 &&
    html`<p class="muted">
      Each step stands for ${step} samples and shows their worst: fewest sent, fewest back, most lost.
    </p>`
  }`
}

function lossSentence({ firstLoss }: Timeline): string {
  return firstLoss === undefined
    ? 'No packet was lost in any second.'
    : `The first loss was in second ${grouped(secondOf(firstLoss))}: ${firstLoss.where}.`
}

function shortfall({ shortfall: reasons }: Traffic): Html | false {
  return (
    reasons.length > 0 &&
    html`<p class="inconclusive">The generator fell short of its rate:</p>
      <ul class="reasons">
        ${reasons.map((reason) => html`<li>${text(reason)}</li>`)}
      </ul>`
  )
}

function key(color: string, isDashed = false): Html {
  const dashes = isDashed ? ' stroke-dasharray="4 3"' : ''
  return new Html(
    `<svg viewBox="0 0 24 12" aria-hidden="true"><path d="M0 6H24" stroke="var(--${color})" stroke-width="3"${dashes}/></svg>`,
  )
}
