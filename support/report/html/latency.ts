/** How late packets come back: the figures, and their percentiles over the loads as a picture. */
import type { Latency, LatencyDirection } from '../../model/latency.ts'
import type { Report } from '../../model/report.ts'
import { html, Html } from '../escape.ts'
import { latencyLines } from '../latency-text.ts'
import { latencyPicture } from '../pictures/latency-picture.ts'
import { text } from './parts.ts'

const WIDE = { width: 920, height: 320 }
const NARROW = { width: 340, height: 320 }

export function latencySection({ latency, parameters }: Report): Html | undefined {
  if (latency === undefined) return undefined
  const limit = Number(parameters['maxLatencyMicroseconds'])
  return html`<section aria-labelledby="latency">
    <h2 id="latency">Latency</h2>
    <ul class="reasons">
      ${latencyLines(latency).map((line) => html`<li>${text(line)}</li>`)}
    </ul>
    ${drawable(latency).map((from, _, all) =>
      figure(latency, from, all.length > 1, Number.isFinite(limit) ? limit : undefined),
    )}
  </section>`
}

/** The directions of which packets came back. */
function drawable({ loads }: Latency): LatencyDirection['from'][] {
  const directions = loads.flatMap((load) => load.directions).filter(({ measured }) => measured > 0)
  return [...new Set(directions.map(({ from }) => from))]
}

function figure(
  latency: Latency,
  from: LatencyDirection['from'],
  isOneOfTwo: boolean,
  limit: number | undefined,
): Html {
  const which = isOneOfTwo ? ` from ${from} to ${from === 'east' ? 'west' : 'east'}` : ''
  const of = latency.by === 'ndr' ? 'the NDR' : 'the requested rate'
  const sentence = `Microseconds from the traffic generator to the VM under test and back${which}, at shares of ${of}, on a logarithmic scale.`
  return html`<figure>
    <figcaption>${sentence} A line for each percentile; the thick one is p99.</figcaption>
    <div class="wide">${named(latencyPicture(latency, from, WIDE, limit), sentence)}</div>
    <div class="narrow">${named(latencyPicture(latency, from, NARROW, limit), sentence)}</div>
  </figure>`
}

function named(svg: string, label: string): Html {
  return new Html(
    svg.replace('<svg ', () => html`<svg role="img" aria-label="Latency by percentile. ${label}" `.markup),
  )
}
