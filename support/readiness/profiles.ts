/** Profiles: sets of parameters under which results of different clusters can be compared and certified. */
import { PROFILE_NAMES, type ProfileName, type ReportProfile } from '../model/certification.ts'

export interface CertificationProfile {
  readonly name: ProfileName
  /** The purpose of the profile, for the documentation. */
  readonly doc: string
  /** Values of parameters, by their names without prefix, as users would write them. */
  readonly sets: Readonly<Record<string, string>>
  /**
   * The frame sizes that the profile requires, a run for each, and further parameters of this run. The first is the default.
   * A run has one size, because an engine's frames are made before its guest boots.
   */
  readonly sizes: readonly FrameSizeRun[]
}

interface FrameSizeRun {
  readonly frameSize: string
  /** About 54 % of the line rate at 10 Gbit/s. */
  readonly trafficGenPacketsPerSecond: string
}

const SMALL: FrameSizeRun = { frameSize: '64', trafficGenPacketsPerSecond: '8m' }
const ALL_SIZES: readonly FrameSizeRun[] = [
  SMALL,
  { frameSize: 'imix', trafficGenPacketsPerSecond: '1800k' },
  { frameSize: '1518', trafficGenPacketsPerSecond: '430k' },
]

const BASELINE = {
  testDuration: '5m',
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
    sizes: [SMALL],
  },
  {
    name: 'telco',
    doc: 'both directions at once, ten more minutes without loss, and a ring of all nodes',
    sets: TELCO,
    sizes: ALL_SIZES,
  },
  {
    name: 'performance',
    doc: 'like telco, plus three searches for the highest load, the latencies, and all pairs of nodes',
    sets: PERFORMANCE,
    sizes: ALL_SIZES,
  },
]

export const PROFILE_EXPECTED = `${PROFILE_NAMES.slice(0, -1).join(', ')} or ${PROFILE_NAMES.at(-1) ?? ''}`

export function profileNamed(name: string | undefined): CertificationProfile | undefined {
  return CERTIFICATION_PROFILES.find((profile) => profile.name === name)
}

/** All values of a profile, in the run with this size of frames; with the first size if it is not one of the profile's. */
export function profileValues(
  { sets, sizes }: CertificationProfile,
  frameSize?: string,
): Readonly<Record<string, string>> {
  const run = sizes.find((each) => each.frameSize === frameSize) ?? sizes[0]
  return { ...run, ...sets }
}

/**
 * Fills in a profile's values for the parameters that are not given.
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
  for (const [parameter, value] of Object.entries(profileValues(profile, given('frameSize')))) {
    const used = given(parameter)
    if (used === undefined) sets[parameter] = value
    else if (!isSame(parameter, value, used)) deviations.push({ parameter, profile: value, used })
  }
  return { sets, profile: { name: profile.name, deviations } }
}
