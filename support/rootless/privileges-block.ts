/** The first block of a testpmd pod's log: as whom it runs and what it may do. */
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

/** What a user could do with a device or directory when it was tried. */
export type Access = 'usable' | 'denied' | 'absent'

export interface Privileges {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
  readonly capabilities: CapabilitySets
  readonly noNewPrivs: boolean
  /** Bytes that may be locked; undefined where the log does not say. */
  readonly memlock: number | 'unlimited' | undefined
  /** CPUs the container may use; undefined where the log does not say. */
  readonly cpus: readonly number[] | undefined
  /** By path. */
  readonly access: ReadonlyMap<string, Access>
}

const TITLE = 'Information about current user and privilege status:'
const RULE = /^={20,}$/

/**
 * Reads capsh's and id's words, and the kernel's own where the log has them; these go first.
 * @throws SuiteError `unparsable` where the block is missing or says too little
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
 * The line of coreutils' and BusyBox' id: names in parentheses may have blanks and commas themselves, effective ids stand
 * before the groups where they differ, an SELinux context behind them, and a language translates the last two words.
 */
function idsOf(line: string): Pick<Privileges, 'uid' | 'gid' | 'groups'> | undefined {
  const fields = line.trim().split(/ (?=[^\s=()]+=)/)
  const [uid, gid] = ['uid', 'gid'].map((key, index) =>
    new RegExp(`^${key}=(\\d+)(?:\\(|$)`).exec(fields[index] ?? '')?.at(1),
  )
  if (uid === undefined || gid === undefined) return undefined
  const groups = fields.slice(2).find((field) => /^(?!euid|egid)[^=]+=\d/.test(field)) ?? ''
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
  // A rule closes the heading, another one the block; a log that breaks off has no second one.
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

/** `8388608  8388608  bytes`: the soft limit counts, the hard one may be raised to. */
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

/** All capabilities this version knows, as a privileged container has them. */
export const ALL_CAPABILITIES: ReadonlySet<string> = new Set(CAPABILITIES)
