/** Durations as Go writes them (`1h5m30s`, `10m`, `1.5s`); inside the suite a duration is milliseconds. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

const GO_DURATION = /^(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h)/

/**
 * Milliseconds of a Go duration, or undefined if the text is none. A sign is not accepted: no duration of this suite is
 * negative. A bare `0` is Go's only number without a unit.
 */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  let rest = text
  let milliseconds = 0
  while (rest !== '') {
    const part = GO_DURATION.exec(rest)?.[0]
    if (part === undefined) return undefined
    const number = parseFloat(part)
    milliseconds += number * (UNIT_MS[part.replace(/^[\d.]+/, '')] ?? NaN)
    rest = rest.slice(part.length)
  }
  return text === '' || !Number.isFinite(milliseconds) ? undefined : milliseconds
}

/** `93500` → `1m33.5s`; whole units only from a minute on (`2h5m`, `1m30s`), tenths of seconds below. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)}ms`
  if (milliseconds < 59_950) return `${Number((milliseconds / 1000).toFixed(1))}s`
  const seconds = Math.round(milliseconds / 1000)
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ]
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join('')
}
