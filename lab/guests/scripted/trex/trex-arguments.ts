/** Parses the arguments of trex-console's commands, with the recorded error messages of its parser. */
import { readProfile } from './trex-profile.ts'
import type { LatencyStream } from './trex-server.ts'

export interface StartRequest {
  readonly ports: readonly {
    readonly port: number
    readonly to: string
    readonly latency: LatencyStream | undefined
  }[]
  /** Of each port. */
  readonly packetsPerSecond: number
  /** Seconds. */
  readonly duration: number | undefined
  readonly streams: number
  /** Mean bytes of a frame with its FCS, over all streams. */
  readonly meanBytes: number
  readonly force: boolean
}

export const STATS_USAGE =
  'usage: stats [-h] [--port PORTS [PORTS ...] | -a] [-g | -p | --ps | -s | -l | --lh | -c | -m | -x | --xz]\n'
const START_USAGE =
  'usage: start [-h] [-p PORT[.PROFILE] [PORT[.PROFILE] ...]] [--total] [--force] -f FILE [-d TIME] [-t ...] [-m MULT] [-n]\n' +
  '             [--pin | --core_mask CORE_MASK [CORE_MASK ...]] [--sync]\n'

const SCALES: Readonly<Record<string, number>> = { pps: 1, kpps: 1e3, mpps: 1e6 }

/** An option's values: the arguments after it, up to the next option. */
export function flagOf(args: readonly string[], ...names: readonly string[]): readonly string[] | undefined {
  const at = args.findIndex((argument) => names.includes(argument))
  if (at === -1) return undefined
  const end = args.findIndex((argument, index) => index > at && argument.startsWith('-'))
  return args.slice(at + 1, end === -1 ? undefined : end)
}

/** @param readFile resolves to undefined if there is no such file */
export async function readStart(
  args: readonly string[],
  readFile: (path: string) => Promise<string | undefined>,
): Promise<StartRequest | { readonly refusal: string }> {
  const error = (text: string) => ({ refusal: `${START_USAGE}\nstart: error: ${text}\n\n` })
  const [file] = flagOf(args, '-f') ?? []
  if (file === undefined) return error('the following arguments are required: -f')
  const profile = await readFile(file)
  if (profile === undefined) return error(`argument -f: The file '${file}' does not exist`)
  const multiplier = /^([\d.]+)([km]?pps)$/.exec(flagOf(args, '-m', '--multiplier')?.[0] ?? '1pps')
  const scale = SCALES[multiplier?.[2] ?? '']
  if (multiplier === null || scale === undefined)
    return error('argument -m/--multiplier: Multiplier should be passed in the following format:')
  const numbers = (flagOf(args, '-p', '--port') ?? ['0']).map(Number)
  const tunables = tunablesOf(flagOf(args, '-t', '--tunables')?.[0] ?? '')
  const read = await Promise.all(
    numbers.map(async (port) => ({
      port,
      profile: await readProfile(file, profile, port, readFile, tunables),
    })),
  )
  const streams = read[0]?.profile
  const ports = read.flatMap(({ port, profile: of }) =>
    of === undefined ? [] : [{ port, to: of.to, latency: of.latency }],
  )
  if (streams === undefined || ports.length < numbers.length)
    return { refusal: `\nstart - \nError loading profile '${file}'\n\nPython Traceback follows:\n\n` }
  const [duration] = flagOf(args, '-d') ?? []
  return {
    streams: streams.streams,
    meanBytes: streams.meanBytes,
    ports,
    packetsPerSecond: Number(multiplier[1]) * scale,
    duration: duration === undefined ? undefined : Number(duration),
    force: args.includes('--force'),
  }
}

/** `name=value,name=value`, as decode_tunables in TRex's parsing_opts.py reads it. */
function tunablesOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(',').flatMap((token): [string, string][] => {
      const [, name, value] = /^(\S+?)=(.+)$/.exec(token) ?? []
      return name === undefined || value === undefined ? [] : [[name, value]]
    }),
  )
}
