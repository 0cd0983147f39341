/** Which runs give a certificate, and until when it is valid. */
import type { Report } from './report.ts'

/** Months for which a certificate is valid at most. It ends earlier if the environment's digest changes. */
const LONGEST_VALIDITY_MONTHS = 12

/** Why the run gives no certificate, without a subject; undefined if it gives one. */
export function whyNoCertificate({ profile, verdict, cluster }: Report): string | undefined {
  if (profile === undefined) return 'it has no profile'
  if (profile.deviations.length > 0) {
    const named = profile.deviations.map(({ parameter, used }) => `${parameter}=${used}`)
    return `it deviates from profile ${profile.name}: ${named.join(', ')}`
  }
  if (verdict !== 'passed' && verdict !== 'passed-with-waivers') return `its verdict is ${verdict}`
  // Without it, the page could be shown for any cluster.
  return cluster.uid === undefined ? 'the uid of the cluster could not be read' : undefined
}

/** The last moment of its validity, if the environment stays the same; waivers end it earlier. */
export function validUntil({ completedAt, criteria }: Pick<Report, 'completedAt' | 'criteria'>): Date {
  const end = new Date(completedAt)
  end.setUTCMonth(end.getUTCMonth() + LONGEST_VALIDITY_MONTHS)
  const waivers = criteria.flatMap(({ waived }) => (waived === undefined ? [] : [endOfDay(waived.expires)]))
  return new Date(Math.min(end.getTime(), ...waivers))
}

function endOfDay(date: string): number {
  return Date.parse(date) + 24 * 3_600_000 - 1
}
