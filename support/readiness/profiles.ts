/** Profiles: sets of parameters under which results of different clusters can be compared and certified. */
import { PROFILE_NAMES, type ProfileName, type ReportProfile } from '../model/certification.ts'

export interface CertificationProfile {
  readonly name: ProfileName
  /** For the documentation: what it is for. */
  readonly doc: string
  /** Values of parameters, by their names without prefix, as users would write them. */
  readonly sets: Readonly<Record<string, string>>
}

const BASELINE = {
  trafficGenPacketsPerSecond: '8m',
  testDuration: '5m',
  frameSize: '64',
  flows: '1024',
  directions: '1',
} as const

const TELCO = { ...BASELINE, directions: '2', soak: '10m', nodes: 'all', pairs: 'ring' } as const

const PERFORMANCE = {
  ...TELCO,
  pairs: 'all',
  capacity: 'certification',
  repeat: '3',
  latency: 'true',
} as const

export const CERTIFICATION_PROFILES: readonly CertificationProfile[] = [
  {
    name: 'baseline',
    doc: 'the path carries small frames in one direction without loss',
    sets: BASELINE,
  },
  {
    name: 'telco',
    doc: 'both directions at once, ten more minutes without loss, and once around all nodes',
    sets: TELCO,
  },
  {
    name: 'performance',
    doc: 'as telco, with the highest load that the path carries, found three times, how late packets come back, and each node with each',
    sets: PERFORMANCE,
  },
]

export const PROFILE_EXPECTED = `${PROFILE_NAMES.slice(0, -1).join(', ')} or ${PROFILE_NAMES.at(-1) ?? ''}`

export function profileNamed(name: string | undefined): CertificationProfile | undefined {
  return CERTIFICATION_PROFILES.find((profile) => profile.name === name)
}

/**
 * Fills in a profile's values where none are given.
 * @param given texts of parameters by their names without prefix; undefined or blank: not given
 * @param isSame whether two texts of a parameter mean the same value
 */
export function withProfile(
  profile: CertificationProfile,
  given: (parameter: string) => string | undefined,
  isSame: (parameter: string, one: string, other: string) => boolean,
): { readonly sets: Readonly<Record<string, string>>; readonly profile: ReportProfile } {
  const sets: Record<string, string> = {}
  const deviations: ReportProfile['deviations'] = []
  for (const [parameter, value] of Object.entries(profile.sets)) {
    const used = given(parameter)
    if (used === undefined) sets[parameter] = value
    else if (!isSame(parameter, value, used)) deviations.push({ parameter, profile: value, used })
  }
  return { sets, profile: { name: profile.name, deviations } }
}
