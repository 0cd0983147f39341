/** The capacity of the path: results, limiter, and the search as a picture. */
import { percentText } from '../../common/percent.ts'
import { formatDuration } from '../../common/duration.ts'
import { grouped } from '../../common/text.ts'
import type { Capacity, CapacitySearchReport } from '../../model/capacity.ts'
import type { Report } from '../../model/report.ts'
import { capacityLines } from '../capacity-text.ts'
import { html, Html } from '../escape.ts'
import { capacityPicture } from '../pictures/capacity-picture.ts'
import { text } from './parts.ts'

const WIDE = { width: 920, height: 460 }
const NARROW = { width: 340, height: 420 }

export function capacitySection({ capacity }: Report): Html | undefined {
  if (capacity === undefined) return undefined
  return html`<section aria-labelledby="capacity">
    <h2 id="capacity">Capacity</h2>
    <ul class="reasons">
      ${capacityLines(capacity).map((line) => html`<li>${text(line)}</li>`)}
    </ul>
    ${capacity.limiter?.headroom !== undefined && html`<p class="muted">Headroom at that load: ${text(capacity.limiter.headroom)}.</p>`}
    ${capacity.searches.flatMap((search, index) =>
      search.trials.length === 0 ? [] : [searchFigure(search, index, capacity)],
    )}
  </section>`
}

function searchFigure(search: CapacitySearchReport, index: number, { searches, budget }: Capacity): Html {
  const which = searches.length === 1 ? '' : `Search ${index + 1} of ${searches.length}: `
  const sentence = `${which}${search.trials.length} trials in ${formatDuration(search.took)} of at most ${formatDuration(budget)}.`
  const [wide, narrow] = [capacityPicture(search, WIDE), capacityPicture(search, NARROW)]
  return html`<figure>
    <figcaption>
      ${sentence} Above, what was lost at each load; below, the loads in the order they were tried. Circles:
      nothing lost. Triangles: packets lost. Diamonds: the generator fell short, at the rate that it reached.
    </figcaption>
    <div class="wide">${named(wide, sentence)}</div>
    <div class="narrow">${named(narrow, sentence)}</div>
    ${trialTable(search)}
  </figure>`
}

function named(svg: string, label: string): Html {
  return new Html(
    svg.replace('<svg ', () => html`<svg role="img" aria-label="Search for the capacity. ${label}" `.markup),
  )
}

function trialTable({ trials }: CapacitySearchReport): Html {
  return html`<details>
    <summary>All ${trials.length} trials</summary>
    <ol>
      ${trials.map(
        ({ load, duration, lossRatio, invalid, wasCut }) =>
          html`<li>
            ${grouped(load)} packets/s for ${formatDuration(duration)}:
            ${invalid === undefined ? `${percentText(lossRatio)} lost` : INVALID[invalid]}${wasCut === true && ', ended early'}
          </li>`,
      )}
    </ol>
  </details>`
}

const INVALID = {
  'generator-short': 'the generator fell short: does not count',
  'more-came-than-sent': 'more packets came back than were sent: does not count',
} as const
