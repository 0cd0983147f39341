/** Reads the waivers that a user wrote, as YAML. */
import { parse } from 'yaml'
import { z } from 'zod'
import { describeError } from '../common/errors.ts'
import { oneLine, shorten } from '../common/text.ts'
import { type Catalogue, type Waiver, waiverSchema } from '../model/certification.ts'
import { waiverViolations } from '../model/waivers.ts'

/** Longest text, in characters; a waiver takes about 500. */
const LONGEST = 256 * 1024
const MOST_WAIVERS = 200

const fileSchema = z.strictObject({ waivers: z.array(waiverSchema).max(MOST_WAIVERS) })

export interface ReadWaivers {
  /** Empty if there are violations. */
  readonly waivers: readonly Waiver[]
  /** A sentence for each mistake. */
  readonly violations: readonly string[]
}

/** @param now waivers have to be valid then */
export function readWaivers(text: string, catalogue: Catalogue, now: Date): ReadWaivers {
  const refused = (...violations: string[]): ReadWaivers => ({ waivers: [], violations })
  if (text.length > LONGEST) return refused(`the waivers are longer than ${LONGEST / 1024} KiB`)
  let data: unknown
  try {
    // Aliases are refused: a few lines of them can stand for gigabytes.
    data = parse(text, { maxAliasCount: 0, logLevel: 'error' })
  } catch (error) {
    return refused(`the waivers are not valid YAML: ${shorten(oneLine(describeError(error)), 300)}`)
  }
  const { data: file, error } = fileSchema.safeParse(data)
  if (file === undefined) return refused(...error.issues.map(issueText))
  const violations = waiverViolations(file.waivers, catalogue, now)
  return violations.length > 0 ? refused(...violations) : { waivers: file.waivers, violations }
}

/** `waiver 2: scope.cluster: …`, counted from 1. */
function issueText({ path, message }: z.core.$ZodIssue): string {
  const [list, index, ...field] = path
  if (list !== 'waivers' || typeof index !== 'number')
    return `the waivers must be a list under the key waivers: ${shorten(oneLine(message), 200)}`
  const where = field.length === 0 ? '' : `${field.join('.')}: `
  return `waiver ${index + 1}: ${where}${shorten(oneLine(message), 200)}`
}
