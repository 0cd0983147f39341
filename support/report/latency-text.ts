/** Latencies as text. */
import { grouped } from '../common/text.ts'
import type { Latency, LatencyDirection, LatencyFigures, LatencyLoad, Percentile } from '../model/latency.ts'

/** How the figures are to be read; completes "measured on". */
const METHODS = {
  hdr: 'each packet of a stream beside the load',
  buckets: 'each packet of a stream beside the load, in buckets: ≤ is the upper edge of a bucket',
  samples:
    'packets of the load, including their waits in the generator’s kernel: all figures are upper bounds',
} as const satisfies Record<NonNullable<Latency['method']>, string>

/** `12 µs`, `1,234 µs` */
export function microsecondsText(microseconds: number): string {
  return `${grouped(Math.round(microseconds))} µs`
}

/** `p99 31 µs`; `p99 ≤ 40 µs` if only an upper bound is known */
export function percentileText(
  { percent, atLeast, atMost }: Percentile,
  { method }: Pick<Latency, 'method'>,
): string {
  return `p${percent} ${isBound({ atLeast, atMost }, method) ? '≤ ' : ''}${microsecondsText(upper(atMost, method))}`
}

/** Samples are counted in ranges of two digits: 58,000 to 58,999 µs is reported as at most 59,000. */
function upper(microseconds: number, method: Latency['method']): number {
  if (method !== 'samples') return microseconds
  const width = 10 ** Math.max(0, String(microseconds).length - 2)
  return Math.ceil(microseconds / width) * width
}

/** Whether the true value may be far below: ranges of HDR histograms have 0.1 %. */
function isBound({ atLeast, atMost }: Omit<Percentile, 'percent'>, method: Latency['method']): boolean {
  return method === 'samples' || (method === 'buckets' && atLeast < atMost)
}

/** `min 12 µs, p50 24 µs, …, max 480 µs (10,000 packets)` */
export function figuresText(figures: LatencyFigures, { method }: Pick<Latency, 'method'>): string {
  const { measured, min, max, percentiles } = figures
  if (min === undefined || max === undefined) return 'no packet came back'
  const parts = [
    `min ${microsecondsText(min)}`,
    ...percentiles.map((each) => percentileText(each, { method })),
    `max ${method === 'samples' ? '≤ ' : ''}${microsecondsText(upper(max, method))}`,
  ]
  return `${parts.join(', ')} (${grouped(measured)} packets)`
}

/** `from west to east: ` if both directions were measured; otherwise empty. */
export function latencyDirectionPrefix({ directions }: LatencyLoad, { from }: LatencyDirection): string {
  if (directions.length < 2) return ''
  return `from ${from} to ${from === 'east' ? 'west' : 'east'}: `
}

/** Runs that are listed; of more, only the number is given. */
const RUNS_LISTED = 8

/**
 * Which packets of a probe were lost: `5 of 200, one after the other: 58 to 62`, or `3 of 200, scattered: 3, 17, 44`.
 * Packets that are lost one after the other point to an interruption, scattered ones to errors or to a rate that is too
 * high.
 */
export function lostText(
  lost: readonly { readonly first: number; readonly last: number }[],
  sent: number,
): string {
  const packets = lost.reduce((sum, { first, last }) => sum + last - first + 1, 0)
  if (packets === 0) return `none of ${grouped(sent)}`
  const how = lost.length === 1 && packets > 1 ? 'one after the other' : 'scattered'
  const listed = lost
    .slice(0, RUNS_LISTED)
    .map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`))
  const more = lost.length - listed.length
  return `${grouped(packets)} of ${grouped(sent)}, ${how}: ${listed.join(', ')}${more > 0 ? ` and ${more} more runs` : ''}`
}

/** `10 % of the NDR` */
export function loadText({ percent }: Pick<LatencyLoad, 'percent'>, { by }: Pick<Latency, 'by'>): string {
  return `${percent} % of ${by === 'ndr' ? 'the NDR' : 'the requested rate'}`
}

/** A line for each direction: `10 % of the NDR, 730,000 packets/s: min 12 µs, …`. */
export function latencyLoadText(load: LatencyLoad, latency: Pick<Latency, 'by' | 'method'>): string[] {
  const what = `${loadText(load, latency)}, ${grouped(load.load)} packets/s`
  return load.directions.map(
    (direction) =>
      `${what}: ${latencyDirectionPrefix(load, direction)}${figuresText(direction, latency)}${orderText(direction)}`,
  )
}

function orderText({ duplicated = 0, reordered = 0 }: LatencyDirection): string {
  return [
    ...(duplicated > 0 ? [`, ${grouped(duplicated)} duplicated`] : []),
    ...(reordered > 0 ? [`, ${grouped(reordered)} out of order`] : []),
  ].join('')
}

/** The whole result; the first line says how it was measured. */
export function latencyLines(latency: Latency): string[] {
  return [
    ...(latency.method === undefined ? [] : [`measured on ${METHODS[latency.method]}`]),
    ...latency.loads.flatMap((load) => latencyLoadText(load, latency)),
    ...(latency.probe ?? []).map(
      (direction) =>
        `probe from the ${direction.from} port: ${figuresText(direction, { method: 'samples' })}`,
    ),
    ...latency.leftOut.map((why) => `not measured: ${why}`),
  ]
}
