/** Parses the first block of a testpmd pod's log: its user and its privileges. */
import { SuiteError } from '../common/errors.ts'
import { consoleLines } from '../dataplane/guest-output.ts'
import { parseCpuList } from '../model/cpu-list.ts'
import { CAPABILITIES, namesOf, parseCapabilityText } from './capabilities.ts'

export interface CapabilitySets {
  readonly inheritable: ReadonlySet<string>
  readonly permitted: ReadonlySet<string>
  readonly effective: ReadonlySet<string>
  readonly bounding: ReadonlySet<string>
  readonly ambient: ReadonlySet<string>
}

/** The access that a user had to a device or directory, as tested. */
export type Access = 'usable' | 'denied' | 'absent'

export interface Privileges {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  readonly capabilities: CapabilitySets
  readonly noNewPrivs: boolean
  /** Bytes that may be locked; undefined if the log does not say. */
  readonly memlock: number | 'unlimited' | undefined
  /** CPUs that the container may use; undefined if the log does not say. */
  readonly cpus: readonly number[] | undefined
  /** By path. */
  readonly access: ReadonlyMap<string, Access>
}

const TITLE = 'Information about current user and privilege status:'
const RULE = /^={20,}$/

/**
 * Reads the output of capsh and id, and the kernel's values if the log has them; the latter take precedence.
 * @throws SuiteError `unparsable` if the block is missing or incomplete
 */
export function parsePrivileges(log: string): Privileges {
  const lines = blockOf(consoleLines(log))
  const value = (label: string) =>
    lines
      .find((line) => line.startsWith(label))
      ?.slice(label.length)
      .trim()
  const ids = lines.map(idsOf).find((found) => found !== undefined)
  if (ids === undefined) throw missing("id's line `uid=… gid=…`")
  return {
    ...ids,
    capabilities: capabilitySets(value),
    noNewPrivs: (value('NoNewPrivs:') ?? /no-new-privs=(\d)/.exec(lines.join('\n'))?.[1]) === '1',
    memlock: memlock(value('Max locked memory')),
    cpus: cpuList(value('Cpus_allowed_list:')),
    access: new Map(lines.flatMap((line) => accessOf(line))),
  }
}

/**
 * The line of coreutils' and BusyBox' id: names in parentheses may contain blanks and commas; effective ids, if
 * different, precede the groups; an SELinux context follows them; and locales translate the words, of which only `id`
 * is the same in all (`用户id=0(root) 组id=0(root) 组=0(root)`).
 */
function idsOf(line: string): Pick<Privileges, 'uid' | 'gid' | 'groups'> | undefined {
  const fields = line.trim().split(/ (?=[^\s=()]+=)/)
  // capsh also prints lines with `uid=` and `euid=`.
  const [uid, gid] = fields
    .slice(0, 2)
    .map((field) => /^(?!euid)[^\s=()]{0,12}id=(\d+)(?:\(|$)/.exec(field)?.at(1))
  if (uid === undefined || gid === undefined) return undefined
  const groups = fields.slice(2).find((field) => /^(?![^=]*id=)[^=]+=\d/.test(field)) ?? ''
  return {
    uid: Number(uid),
    gid: Number(gid),
    groups: groups
      .slice(groups.indexOf('=') + 1)
      .split(/,(?=\d)/)
      .filter((group) => group !== '')
      .map((group) => parseInt(group, 10)),
  }
}

function blockOf(lines: readonly string[]): readonly string[] {
  const title = lines.indexOf(TITLE)
  if (title < 0) throw missing(`the heading ${JSON.stringify(TITLE)}`)
  const rest = lines.slice(title + 1)
  // A rule ends the heading, another one the block; an incomplete log lacks the second one.
  const heading = rest.findIndex((line) => RULE.test(line))
  const body = rest.slice(heading + 1)
  const end = body.findIndex((line) => RULE.test(line))
  return end < 0 ? body : body.slice(0, end)
}

function capabilitySets(value: (label: string) => string | undefined): CapabilitySets {
  const [current, bounding, ambient] = ['Current:', 'Bounding set =', 'Ambient set ='].map(value)
  const text = parseCapabilityText(current ?? '')
  const listed = (list: string | undefined) => new Set((list ?? '').split(',').filter((name) => name !== ''))
  const hex = (label: string) => {
    const mask = value(label)
    return mask === undefined || !/^[0-9a-f]{1,16}$/.test(mask) ? undefined : namesOf(mask)
  }
  const sets = {
    inheritable: hex('CapInh:') ?? text?.inheritable,
    permitted: hex('CapPrm:') ?? text?.permitted,
    effective: hex('CapEff:') ?? text?.effective,
    bounding: hex('CapBnd:') ?? (bounding === undefined ? undefined : listed(bounding)),
    ambient: hex('CapAmb:') ?? (ambient === undefined ? undefined : listed(ambient)),
  }
  const { inheritable, permitted, effective, bounding: bound, ambient: amb } = sets
  if (!inheritable || !permitted || !effective || !bound || !amb) throw missing('the capabilities')
  return { inheritable, permitted, effective, bounding: bound, ambient: amb }
}

/** `8388608  8388608  bytes`: soft and hard limit; the soft limit counts. */
function memlock(text: string | undefined): Privileges['memlock'] {
  const [, soft] = /^(unlimited|\d{1,19})\s/.exec(text ?? '') ?? []
  return soft === undefined ? undefined : soft === 'unlimited' ? soft : Number(soft)
}

function cpuList(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined
  try {
    return parseCpuList(text)
  } catch {
    return undefined
  }
}

function accessOf(line: string): (readonly [string, Access])[] {
  const [, path, found] = /^Access to (\/\S+): (usable|denied|absent)$/.exec(line) ?? []
  return path === undefined || found === undefined ? [] : [[path, found as Access] as const]
}

function missing(what: string): SuiteError {
  return new SuiteError('unparsable', `the pod's log does not begin with its privileges: no ${what}`)
}

/** All known capabilities, as of a privileged container. */
export const ALL_CAPABILITIES: ReadonlySet<string> = new Set(CAPABILITIES)
