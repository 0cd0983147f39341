/** How late packets come back: the figures, and their percentiles as a picture. */
import { grouped } from '../../common/text.ts'
import type { Latency } from '../../model/latency.ts'
import type { Report } from '../../model/report.ts'
import { html, Html } from '../escape.ts'
import { latencyLines, loadText } from '../latency-text.ts'
import { latencyPicture } from '../pictures/latency-picture.ts'
import { text } from './parts.ts'

const WIDE = { width: 920, height: 300 }
const NARROW = { width: 340, height: 300 }

export function latencySection({ latency }: Report): Html | undefined {
  if (latency === undefined) return undefined
  return html`<section aria-labelledby="latency">
    <h2 id="latency">Latency</h2>
    <ul class="reasons">
      ${latencyLines(latency).map((line) => html`<li>${text(line)}</li>`)}
    </ul>
    ${latency.loads.some(({ directions }) => directions.some(({ measured }) => measured > 0)) && figure(latency)}
  </section>`
}

function figure(latency: Latency): Html {
  const sentence = latency.loads
    .map((load) => `${loadText(load, latency)}: ${grouped(load.load)} packets/s`)
    .join('; ')
  return html`<figure>
    <figcaption>
      Microseconds from the traffic generator to the VM under test and back, by percentile, on a logarithmic
      scale. A line for each load, thicker for a higher one. ${sentence}.
    </figcaption>
    <div class="wide">${named(latencyPicture(latency, WIDE), sentence)}</div>
    <div class="narrow">${named(latencyPicture(latency, NARROW), sentence)}</div>
  </figure>`
}

function named(svg: string, label: string): Html {
  return new Html(
    svg.replace('<svg ', () => html`<svg role="img" aria-label="Latency by percentile. ${label}" `.markup),
  )
}
