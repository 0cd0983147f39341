/** Parses the output of iputils' ping. */
import { SuiteError } from '../common/errors.ts'

export interface PingResult {
  readonly transmitted: number
  readonly received: number
  /** Milliseconds: minimum, average and maximum; undefined if no answer came. */
  readonly roundTrip: { readonly min: number; readonly avg: number; readonly max: number } | undefined
}

/** @throws SuiteError `unparsable` with the output, if it has no statistics */
export function parsePing(output: string): PingResult {
  const [, transmitted, received] =
    /^(\d{1,7}) packets transmitted, (\d{1,7}) (?:packets )?received/m.exec(output) ?? []
  if (transmitted === undefined || received === undefined) {
    const text = output.trim().slice(-300) || 'it said nothing'
    throw new SuiteError('unparsable', `ping printed no statistics: ${text}`)
  }
  const [, min, avg, max] = /^rtt min\/avg\/max\/mdev = ([\d.]+)\/([\d.]+)\/([\d.]+)\//m.exec(output) ?? []
  return {
    transmitted: Number(transmitted),
    received: Number(received),
    roundTrip: min === undefined ? undefined : { min: Number(min), avg: Number(avg), max: Number(max) },
  }
}
