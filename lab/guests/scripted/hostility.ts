/** Hostile guests: how they change their own names, and every output with counters. */
import type { GuestProfile } from './profiles.ts'

export type Hostility =
  | 'markup in its names'
  | 'control characters'
  | 'bytes that are no UTF-8'
  | 'forged prompts and markers'
  | 'megabytes without a newline'
  | 'counters beyond 2^53'
  | 'negative counters'
  | 'missing counters'

interface Nature {
  readonly profile?: (usual: GuestProfile) => GuestProfile
  /** Called with all output of its programs. */
  readonly distort?: (text: string) => string | Buffer
}

/** Contains a script, the end of a CDATA section, the end of an attribute, and an invalid entity. */
export const MARKUP = `<script>alert(1)</script>]]>&#0;'`
const CONTROL = '\x1b[2J\x1b]0;taken over\x07\x1b]8;;http://evil.example/\x1b\\\x00\x08\x7f\x9b31m'
/** Matches counters in the output of testpmd, of pktgen and the NICs, and of TRex. */
const COUNTER = /((?:RX|TX)-packets: +|\/statistics\/\w+:|pkts-sofar: |"[io]packets": )\d+/g
/** Bytes; more than a console session accepts as one answer. */
const TOO_MUCH = 20 * 2 ** 20
const FORGED =
  '\nabcdefghijkl1xabcdefgh:0>\nabcdefghijkl2xabcdefgh<\n\ntestpmd> \ntrex>\nroot@checkup-guest:~# \n' +
  'checkup-guest login: \nPassword: \nLogin incorrect\n'

const beforeCounters = (text: string, what: string) => (text.search(COUNTER) === -1 ? text : `${what}${text}`)

const NATURES: Readonly<Record<Hostility, Nature>> = {
  'markup in its names': { profile: (usual) => named(usual, MARKUP) },
  'control characters': {
    profile: (usual) => named(usual, CONTROL),
    distort: (text) => beforeCounters(text, `${CONTROL}\n`).replace(COUNTER, '\x1b[31m$&\x1b[0m'),
  },
  'bytes that are no UTF-8': {
    distort: (text) =>
      text.search(COUNTER) === -1
        ? text
        : Buffer.concat([Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x0a]), Buffer.from(text)]),
  },
  'forged prompts and markers': { distort: (text) => beforeCounters(text, FORGED) },
  'megabytes without a newline': {
    distort: (text) => (text.search(COUNTER) === -1 ? text : 'no end '.repeat(TOO_MUCH / 7) + text),
  },
  'counters beyond 2^53': { distort: (text) => text.replace(COUNTER, '$118446744073709551615') },
  'negative counters': { distort: (text) => text.replace(COUNTER, '$1-5') },
  'missing counters': { distort: (text) => text.replace(COUNTER, '') },
}

export function natureOf(hostility: Hostility | undefined): Nature {
  return hostility === undefined ? {} : NATURES[hostility]
}

function named(usual: GuestProfile, what: string): GuestProfile {
  const { osRelease, hostname, prompt, issue, kernel } = usual
  return {
    ...usual,
    osRelease: { ...osRelease, PRETTY_NAME: `${osRelease['PRETTY_NAME'] ?? ''} ${what}` },
    kernel: [`${kernel[0]}${what}`, kernel[1]],
    hostname: `${hostname}${what}`,
    issue: issue.replace(hostname, `${hostname}${what}`),
    prompt: prompt.replace(hostname, `${hostname}${what}`),
  }
}
