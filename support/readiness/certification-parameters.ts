/** The parameters of a certification: profile, waivers, and whether a pass with waivers is accepted. */
import { digestOf } from '../common/canonical-json.ts'
import { plural } from '../common/text.ts'
import type { ReportProfile, Waiver } from '../model/certification.ts'
import { currentCatalogue } from '../report/catalogue.ts'
import { givenIn, type ParameterRecords } from './parameter.ts'
import {
  CERTIFICATION_PROFILES,
  PROFILE_EXPECTED,
  profileNamed,
  profileValues,
  withProfile,
} from './profiles.ts'
import { readWaivers } from './read-waivers.ts'

export const CERTIFICATION_PARAMETERS = {
  profile: {
    expected: PROFILE_EXPECTED,
    parse: profileNamed,
    doc: `a set of parameters for a [certification](certification.md); the profile sets each of its parameters that you do not set: ${CERTIFICATION_PROFILES.map(({ name, doc }) => `\`${name}\` (${doc})`).join(', ')}`,
  },
  waivers: {
    expected: 'a list of waivers in YAML',
    parse: (text: string) => text,
    doc: 'known failures that someone takes responsibility for, as YAML, see [waivers](certification.md#waivers)',
  },
}

export interface CertificationRequest {
  readonly profile: ReportProfile | undefined
  readonly waivers: readonly Waiver[]
}

/** The data of a ConfigMap with the values of its profile, if it names one. */
export function filledIn(
  data: Readonly<Record<string, string>>,
  records: ParameterRecords,
  prefix: string,
): { readonly data: Readonly<Record<string, string>>; readonly profile: ReportProfile | undefined } {
  const profile = profileNamed(givenIn(data, `${prefix}profile`))
  if (profile === undefined) return { data, profile: undefined }
  const valueOf = (name: string, text: string) => JSON.stringify([records[name]?.parse(text)])
  const filled = withProfile(
    profile,
    (name) => givenIn(data, prefix + name),
    (name, one, other) => valueOf(name, one) === valueOf(name, other),
  )
  const sets = Object.entries(filled.sets).map(([name, value]) => [prefix + name, value] as const)
  return { data: { ...data, ...Object.fromEntries(sets) }, profile: filled.profile }
}

/** The values that the profile sets, for a list of violations: one of them may contradict a key. */
export function profileText(name: string): string {
  const profile = profileNamed(name)
  const values = profile === undefined ? {} : profileValues(profile)
  const sets = Object.entries(values).map(([parameter, value]) => `${parameter}=${value}`)
  return `profile ${name} sets, because they are not given: ${sets.join(', ')}`
}

/** @returns the waivers, with a sentence for each mistake */
export function waiversIn(
  text: string | undefined,
  acceptsWaivers: boolean | undefined,
  now: Date,
): { readonly waivers: readonly Waiver[]; readonly violations: readonly string[] } {
  if (text !== undefined) return readWaivers(text, currentCatalogue(), now)
  const violations =
    acceptsWaivers === true ? ['spec.param.acceptWaivers has no effect without spec.param.waivers'] : []
  return { waivers: [], violations }
}

/** The waivers as a parameter in reports: their ids, not their whole text. */
export function waiversText(text: string, waivers: readonly Waiver[]): string {
  return `${plural(waivers.length, 'waiver')}, ${digestOf(text)}`
}
