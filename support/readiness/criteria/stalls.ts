/** Whether something interrupts the polling CPUs for long. */
import { assert } from 'chai'
import { formatDuration } from '../../common/duration.ts'
import { TITLES } from '../../model/role.ts'
import { longestStall, microsecondsText, stallText } from '../../model/stalls.ts'
import { inconclusive, skipCriterion } from '../../run/criterion.ts'
import { requestedRingTime } from '../rx-ring.ts'
import type { ReadinessCriterion } from './stage-facts.ts'

export const cpuStalls: ReadinessCriterion = {
  id: 'guest.cpu-stalls',
  title: 'no polling CPU stalls for longer than allowed',
  rationale: 'A CPU that does not poll for longer than its RX ring lasts loses packets.',
  remediation:
    'Find the source that the kernel’s tracer (osnoise or hwlat) names: interrupts, timers, threads, or the host.',
  stage: 'prepared',
  judge: ({ guests, parameters, testbed }, record) => {
    const limit = parameters.maxStallMicroseconds
    const all = Object.values(guests).map(({ plan, stalls }) => ({ title: TITLES[plan.role], stalls }))
    for (const { title, stalls } of all) {
      if ('unknown' in stalls) continue
      const { tracer, cpus, watchedFor, thresholdMicroseconds, longest } = stalls
      const none = `none above ${microsecondsText(thresholdMicroseconds)}`
      record(`${title}, watched by ${tracer}`, `CPUs ${cpus} for ${formatDuration(watchedFor)}`)
      record(`${title}, longest stall`, longest === undefined ? none : stallText(longest))
    }
    record('an RX ring lasts', requestedRingTime(testbed.cpus, parameters).text)
    if (limit !== undefined) record('longest allowed stall', microsecondsText(limit))
    const tooLong = all.flatMap(({ title, stalls }) => {
      const longest = longestStall(stalls)
      const isTooLong = longest !== undefined && longest.microseconds > (limit ?? Infinity)
      return isTooLong ? [`the ${title} stalls for ${stallText(longest)}`] : []
    })
    assert(
      tooLong.length === 0,
      `${tooLong.join('; ')}; at most ${microsecondsText(limit ?? 0)} are allowed (maxStallMicroseconds)`,
    )
    const unknown = all.flatMap(({ title, stalls }) =>
      'unknown' in stalls ? [{ title, why: stalls.unknown }] : [],
    )
    for (const { title, why } of unknown) record(`stalls of the ${title}`, `unknown: ${why}`)
    const byReason = [...Map.groupBy(unknown, ({ why }) => why)].map(
      ([why, of]) => `unknown for the ${of.map(({ title }) => title).join(' and the ')}: ${why}`,
    )
    // The stalls that the parameter limits were not measured.
    if (limit !== undefined && unknown.length > 0) inconclusive(byReason.join('; '))
    if (unknown.length === all.length) skipCriterion(byReason.join('; '))
  },
}
