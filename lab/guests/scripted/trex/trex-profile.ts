/**
 * Reads what the simulation needs from a TRex stream profile: the number of streams, their size and MAC address. It
 * runs no Python. It reads string assignments (also in modules imported with `*`), the `dst` of `Ether` layers, and
 * the streams, which are either a table or counted by a `range`.
 */
import { dirname, join } from 'node:path/posix'
import type { LatencyStream } from './trex-server.ts'

export interface Streams {
  readonly to: string
  readonly streams: number
  /** Mean bytes of a frame with its FCS, over all streams. */
  readonly meanBytes: number
  readonly latency: LatencyStream | undefined
}

type ReadFile = (path: string) => Promise<string | undefined>

/** Scapy's default if the profile sets no address and the port's neighbour is not resolved. */
const BROADCAST = 'ff:ff:ff:ff:ff:ff'

/** @returns undefined if TRex would not load the profile, because it has no function `register` */
export async function readProfile(
  path: string,
  text: string,
  port: number,
  readFile: ReadFile,
  tunables: ReadonlyMap<string, string> = new Map(),
): Promise<Streams | undefined> {
  const code = withoutComments(text)
  if (!/^def register\(/m.test(code)) return undefined
  const modules = [...code.matchAll(/^from (\w+) import \*/gm)].map(([, name = '']) => name)
  const imported = await Promise.all(modules.map((name) => readFile(join(dirname(path), `${name}.py`))))
  const constants = textsIn([...imported.map((module) => withoutComments(module ?? '')), code].join('\n'))
  const values = new Map([...constants, ...argumentsOf(code, constants), ...tunables])
  const { streams, meanBytes } = streamsOf(code)
  const latency = latencyOf(code, port)
  return {
    to: targetOf(code, values, port),
    streams: streams + (latency === undefined ? 0 : 1),
    meanBytes,
    latency,
  }
}

function withoutComments(code: string): string {
  return code.replace(/#.*$/gm, '')
}

/** Names to which a string is assigned outside of functions. */
function textsIn(code: string): ReadonlyMap<string, string> {
  const found = code.matchAll(/^(\w+)\s*=\s*(["'])(.*?)\2/gm)
  return new Map([...found].map(([, name = '', , value = '']) => [name, value]))
}

/** The defaults of the arguments of `get_streams` that are constants: `east=EAST_TARGET_MAC`. */
function argumentsOf(code: string, constants: ReadonlyMap<string, string>): [string, string][] {
  const list = /\bdef get_streams\(([^)]*)\)/.exec(code)?.[1] ?? ''
  return [...list.matchAll(/(\w+)=(\w+)/g)].flatMap(([, name = '', constant = '']): [string, string][] => {
    const value = constants.get(constant)
    return value === undefined ? [] : [[name, value]]
  })
}

/** The console requests direction 1 for odd ports. In a profile with one packet per direction, that is the second. */
function targetOf(code: string, values: ReadonlyMap<string, string>, port: number): string {
  const targets = [...code.matchAll(/\bEther\([^)]*?\bdst\s*=\s*(?:(["'])(.*?)\1|(\w+))/g)].map(
    ([, , literal, name = '']) => literal ?? values.get(name) ?? BROADCAST,
  )
  return targets[Math.min(port % 2, targets.length - 1)] ?? BROADCAST
}

/** The stream with STLFlowLatencyStats; its rate and the packet groups of both directions are constants. */
function latencyOf(code: string, port: number): LatencyStream | undefined {
  const rate = /^LATENCY_RATE = (\d+)$/m.exec(code)?.[1]
  const groups = /^LATENCY_GROUPS = \[(\d+), (\d+)\]$/m.exec(code)
  const group = groups?.[1 + (port % 2)]
  if (!code.includes('STLFlowLatencyStats(') || rate === undefined || group === undefined) return undefined
  return { group: Number(group), packetsPerSecond: Number(rate) }
}

/** A row of the table `STREAMS`: port, flows, bytes without the FCS, part of the rate. */
const ROW = /^\s*\((\d+), (\d+), (\d+), ([\d.]+)\),$/gm
const FCS_BYTES = 4
const SHORTEST_BYTES = 64

function streamsOf(code: string): Pick<Streams, 'streams' | 'meanBytes'> {
  const table = /^STREAMS = \[\n([^\]]*)\]/m.exec(code)?.[1]
  if (table === undefined) return { streams: countStreams(code), meanBytes: SHORTEST_BYTES }
  const rows = [...table.matchAll(ROW)].map(([, , , bytes, weight]) => ({
    bytes: Number(bytes) + FCS_BYTES,
    weight: Number(weight),
  }))
  const weights = rows.reduce((sum, { weight }) => sum + weight, 0)
  const meanBytes = rows.reduce((sum, { bytes, weight }) => sum + bytes * weight, 0) / weights
  return { streams: rows.length, meanBytes }
}

/** Counts `range(4)` and `range(1026, 1029 + 1)`; a profile without a range has one stream. */
function countStreams(code: string): number {
  const [, first, last, more] = /\brange\(\s*(\d+)\s*(?:,\s*(\d+)\s*(?:\+\s*(\d+)\s*)?)?\)/.exec(code) ?? []
  if (first === undefined) return 1
  return last === undefined ? Number(first) : Number(last) + Number(more ?? 0) - Number(first)
}
