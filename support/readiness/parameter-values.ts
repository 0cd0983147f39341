/** How the values of single parameters are written: names, durations, rates, frames. */
import { parseDuration } from '../common/duration.ts'
import { IMAGE_EXPECTED, isImageReference } from '../common/image-reference.ts'
import { grouped } from '../common/text.ts'
import type { Engine } from '../dataplane/engines/engine.ts'
import { DEFAULT_ENGINE } from '../dataplane/engines/engines.ts'
import { type Frames, framesOf, FRAME_WITH_FCS_BYTES, IMIX, LONGEST_JUMBO_BYTES } from '../model/frame.ts'
import type { Parameter } from './parameter.ts'

/** A Kubernetes object's name (RFC 1123 subdomain), which cannot contain shell syntax. */
const NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/

export const objectName = {
  expected: 'the name of a Kubernetes object (lower-case letters, digits, - and .)',
  parse: (text: string) => (text.length <= 253 && NAME.test(text) ? text : undefined),
}
export const imageReference = {
  expected: IMAGE_EXPECTED,
  parse: (text: string) => (isImageReference(text) ? text : undefined),
}
/** The texts that Go's strconv.ParseBool accepts, as kiagnose's checkup does. */
const TRUE = ['1', 't', 'T', 'TRUE', 'true', 'True']
const FALSE = ['0', 'f', 'F', 'FALSE', 'false', 'False']
export const flag = {
  expected: '"true" or "false"',
  parse: (text: string) => (TRUE.includes(text) ? true : FALSE.includes(text) ? false : undefined),
}
/** setTimeout is limited to 24.8 days. */
const LONGEST = 24 * 24 * 3_600_000
/** Milliseconds. */
export const duration = {
  expected: 'a duration above zero, at most 576h, such as 30s, 5m or 1h30m',
  parse: (text: string) => {
    const milliseconds = parseDuration(text) ?? 0
    return milliseconds > 0 && milliseconds <= LONGEST ? milliseconds : undefined
  },
}

export const RATE_EXPECTED =
  'a whole number of packets per second, optionally with k (thousand) or m (million), e.g. 8m'

export function oneOf(engines: readonly Engine[]) {
  return {
    default: DEFAULT_ENGINE.name,
    expected: engines.map(({ name }) => name).join(' or '),
    parse: (text: string) => engines.find((engine) => engine.name === text),
    doc: `the program that sends the packets: ${engines.map(({ name, doc }) => `\`${name}\`${doc === undefined ? '' : ` (${doc})`}`).join(' or ')}`,
  } satisfies Parameter<Engine>
}

export function microsecondsUpTo(most: number) {
  return {
    expected: `a whole number of microseconds from 1 to ${grouped(most)}`,
    parse: (text: string) => (/^[1-9]\d{0,7}$/.test(text) && Number(text) <= most ? Number(text) : undefined),
  }
}

/** 0 … 1, of a part or of percent. */
export function parseRatio(text: string): number | undefined {
  const [, number, percent] = /^(\d{1,3}(?:\.\d{1,9})?)(%?)$/.exec(text) ?? []
  const ratio = Number(number) / (percent === '%' ? 100 : 1)
  return ratio >= 0 && ratio < 1 ? ratio : undefined
}

export function parseFrames(text: string): Frames | undefined {
  if (text === 'imix') return IMIX
  const bytes = /^[1-9]\d{1,3}$/.test(text) ? Number(text) : 0
  return bytes >= FRAME_WITH_FCS_BYTES && bytes <= LONGEST_JUMBO_BYTES ? framesOf(bytes) : undefined
}

const HIGHEST_RATE = 1e12

/** Packets per second of `<amount>[k|m]`. */
export function parseRate(text: string): number | undefined {
  const [, amount, unit = ''] = /^([1-9]\d{0,11})([km]?)$/.exec(text) ?? []
  const rate = Number(amount) * ({ k: 1000, m: 1_000_000 }[unit] ?? 1)
  return rate <= HIGHEST_RATE ? rate : undefined
}
