/** The current catalogue of criteria, from their records, and the rules between two of its versions. */
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import {
  PROFILE_NAMES,
  type ProfileName,
  type Catalogue,
  type CatalogueEntry,
  type Level,
} from '../../../support/model/certification.ts'
import { READINESS_CRITERIA } from '../../../support/readiness/criteria/criteria.ts'
import type { ReadinessCriterion } from '../../../support/readiness/criteria/stage-facts.ts'
import { PARAMETER_PREFIX, type Parameters, TIMEOUT_KEY } from '../../../support/readiness/parameters.ts'
import { readParameters } from '../../../support/readiness/read-parameters.ts'
import { CATALOGUE_FOLDER, CATALOGUE_VERSION } from '../../../support/report/catalogue.ts'
import type { CatalogueFacts } from '../../../support/run/criterion-record.ts'
import { ROOTLESS_CRITERIA } from '../../../support/rootless/criteria/criteria.ts'

const FIRST_VERSION = '1.0.0'

export const CATALOGUE_FILE = fileURLToPath(new URL(`${CATALOGUE_VERSION}.json`, CATALOGUE_FOLDER))

export function catalogueOfRecords(): Catalogue {
  return {
    version: CATALOGUE_VERSION,
    criteria: [
      ...READINESS_CRITERIA.map((criterion) => entry(criterion, 'readiness')),
      ...ROOTLESS_CRITERIA.map((criterion) => entry(criterion, 'rootless')),
    ],
  }
}

/** The catalogue's file, formatted. */
export async function catalogueText(): Promise<string> {
  const text = JSON.stringify(catalogueOfRecords())
  return format(text, { ...(await resolveConfig(CATALOGUE_FILE)), parser: 'json' })
}

type Recorded = CatalogueFacts &
  Pick<ReadinessCriterion, 'id' | 'title' | 'isEssential' | 'onlyIf'> & {
    readonly observed?: { readonly unit: string }
  }

function entry(criterion: Recorded, suite: CatalogueEntry['suite']): CatalogueEntry {
  const { id, title, rationale, remediation, since = FIRST_VERSION, guardsHonesty, observed } = criterion
  if (rationale === undefined || remediation === undefined)
    throw new TypeError(`${id} has no rationale or no remediation`)
  return {
    id,
    suite,
    level: levelOf(criterion),
    profiles: suite === 'readiness' ? byProfile(criterion) : {},
    requirement: title,
    rationale,
    remediation,
    since,
    waivable: guardsHonesty !== true,
    ...(observed === undefined ? {} : { unit: observed.unit }),
  }
}

function levelOf({ isEssential, informs }: Recorded): Level {
  return isEssential === true ? 'MUST' : informs === true ? 'INFO' : 'SHOULD'
}

/** The profiles whose parameters ask for the criterion. */
function byProfile(criterion: Recorded): CatalogueEntry['profiles'] {
  const asking = PROFILE_NAMES.filter((name) => criterion.onlyIf?.isAsked(parametersOf(name)) ?? true)
  return Object.fromEntries(
    asking.map((name) => [name, criterion.mustIn?.includes(name) === true ? 'MUST' : levelOf(criterion)]),
  )
}

function parametersOf(profile: ProfileName): Parameters {
  return readParameters({
    [TIMEOUT_KEY]: '24h',
    [`${PARAMETER_PREFIX}networkAttachmentDefinitionName`]: 'any',
    [`${PARAMETER_PREFIX}profile`]: profile,
  })
}

/** A sentence for each promise between two versions that the newer one breaks. */
export function brokenPromises(older: Catalogue, newer: Catalogue): string[] {
  const major = (version: string) => Number(version.split('.', 1).join())
  const isMajor = major(newer.version) > major(older.version)
  const byId = new Map(newer.criteria.map((criterion) => [criterion.id, criterion]))
  const before = new Map(older.criteria.map((criterion) => [criterion.id, criterion]))
  const gone = older.criteria.flatMap(({ id, suite, since }) => {
    const now = byId.get(id)
    if (now === undefined) return [`${id} is gone`]
    return now.suite === suite && now.since === since ? [] : [`${id} was reused for another criterion`]
  })
  const harder = newer.criteria.flatMap(({ id, level, profiles }) => {
    const old = before.get(id)
    const isNew = (now: Level | undefined, then: Level | undefined) => now === 'MUST' && then !== 'MUST'
    const where = [
      ...(isNew(level, old?.level) ? ['without a profile'] : []),
      ...PROFILE_NAMES.filter((name) => isNew(profiles[name], old?.profiles[name])),
    ]
    return isMajor || where.length === 0
      ? []
      : [`${id} is a new MUST (${where.join(', ')}): raise the major version`]
  })
  return [...gone, ...harder]
}
