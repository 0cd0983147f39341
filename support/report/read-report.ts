/** Reads a report file of unknown origin, which may contain anything. */
import { oneLine, shorten } from '../common/text.ts'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError, InvalidInputError } from '../common/errors.ts'
import { API_VERSION, READABLE_VERSIONS, type Report, reportSchema } from '../model/report.ts'

/** Size limit of a file, in MiB; a report of the longest run is below 1 MiB. */
const MAX_MEBIBYTES = 256
/** Most violations that are listed. */
const MAX_VIOLATIONS = 10

/**
 * @param file a report.json, or the folder of a run
 * @throws InvalidInputError naming the file and what is wrong with it
 */
export async function readReport(file: string): Promise<Report> {
  return parseReport(await readText(file), file)
}

/** @throws InvalidInputError like `readReport` */
export function parseReport(text: string, file: string): Report {
  const data = parseJson(text, file)
  const { apiVersion, kind } = (typeof data === 'object' && data !== null ? data : {}) as Record<
    string,
    unknown
  >
  if (!READABLE_VERSIONS.some((version) => version === apiVersion))
    throw new InvalidInputError([wrongVersion(apiVersion, file)])
  if (kind !== 'CheckupReport') {
    throw new InvalidInputError([`${file} is not a report of this checkup: its kind is ${quoted(kind)}`])
  }
  const { data: report, error } = reportSchema.safeParse(data)
  if (report !== undefined) return report
  const violations = error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${oneLine(message)}`)
  const more = violations.length - MAX_VIOLATIONS
  throw new InvalidInputError([
    `${file} is not a valid ${API_VERSION} report`,
    ...violations.slice(0, MAX_VIOLATIONS).map((violation) => shorten(violation, 300)),
    ...(more > 0 ? [`and ${more} more`] : []),
  ])
}

async function readText(file: string): Promise<string> {
  try {
    await using handle = await open(file)
    const stats = await handle.stat()
    // A run's output names its folder.
    if (stats.isDirectory()) return await readText(join(file, 'report.json'))
    const chunks: Buffer[] = []
    let length = 0
    // Counts the bytes read, because pipes and devices have no size.
    for await (const chunk of handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      length += chunk.length
      if (Math.max(length, stats.size) > MAX_MEBIBYTES * 2 ** 20) {
        throw new InvalidInputError([`${file} is larger than ${MAX_MEBIBYTES} MiB, so it is not a report`])
      }
      chunks.push(chunk)
    }
    // Some editors add a byte order mark, which JSON does not allow.
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    throw new InvalidInputError([`${file} cannot be read: ${describeError(error)}`])
  }
}

function parseJson(text: string, file: string): unknown {
  if (text.trim() === '') throw new InvalidInputError([`${file} is empty`])
  if (text.startsWith('\u001f')) {
    throw new InvalidInputError([`${file} is packed: unpack it and name the report.json in it`])
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = describeError(error)
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length)
    const isCutShort = /^\s*\{/.test(text) && position >= text.trimEnd().length
    throw new InvalidInputError([
      isCutShort
        ? `${file} was cut short: it ends in the middle, after ${Buffer.byteLength(text)} bytes`
        : `${file} is not JSON: ${shorten(oneLine(message), 200)}`,
    ])
  }
}

function wrongVersion(apiVersion: unknown, file: string): string {
  const [group = ''] = API_VERSION.split('/')
  const ours = Number(/\/v(\d+)$/.exec(API_VERSION)?.[1])
  const theirs =
    typeof apiVersion === 'string' && apiVersion.startsWith(`${group}/v`)
      ? Number(/\/v(\d+)$/.exec(apiVersion)?.[1])
      : NaN
  if (theirs > ours) {
    return `${file} is of a newer version (${quoted(apiVersion)}) than this suite reads (${API_VERSION}): use a newer kubevirt-dpdk-checkup`
  }
  return `${file} is not a report of this checkup: its apiVersion is ${quoted(apiVersion)}, not ${API_VERSION}`
}

function quoted(value: unknown): string {
  return value === undefined ? 'missing' : shorten(oneLine(JSON.stringify(value)), 100)
}
