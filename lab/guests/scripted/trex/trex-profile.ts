/**
 * A stream profile of TRex, read for what the simulation needs of it: how many streams, and to which MAC address.
 * Python is not run here. Read are assignments of texts, also of modules that the profile imports whole, the `dst` of
 * its `Ether` layers and the `range` that its streams are counted by.
 */
import { dirname, join } from 'node:path/posix'

export interface Streams {
  readonly to: string
  readonly streams: number
}

type ReadFile = (path: string) => Promise<string | undefined>

/** Scapy's default, where a profile says none and the port has no neighbour that was resolved. */
const BROADCAST = 'ff:ff:ff:ff:ff:ff'

/** @returns undefined where TRex would not load it: without a function `register` it is no profile */
export async function readProfile(
  path: string,
  text: string,
  port: number,
  readFile: ReadFile,
): Promise<Streams | undefined> {
  const code = withoutComments(text)
  if (!/^def register\(/m.test(code)) return undefined
  const modules = [...code.matchAll(/^from (\w+) import \*/gm)].map(([, name = '']) => name)
  const imported = await Promise.all(modules.map((name) => readFile(join(dirname(path), `${name}.py`))))
  const constants = textsIn([...imported.map((module) => withoutComments(module ?? '')), code].join('\n'))
  return { to: targetOf(code, constants, port), streams: countStreams(code) }
}

function withoutComments(code: string): string {
  return code.replace(/#.*$/gm, '')
}

/** Names that are assigned a text outside of functions. */
function textsIn(code: string): ReadonlyMap<string, string> {
  const found = code.matchAll(/^(\w+)\s*=\s*(["'])(.*?)\2/gm)
  return new Map([...found].map(([, name = '', , value = '']) => [name, value]))
}

/** The console asks odd ports for direction 1: of a profile with a packet for each direction that is the second. */
function targetOf(code: string, constants: ReadonlyMap<string, string>, port: number): string {
  const targets = [...code.matchAll(/\bEther\([^)]*?\bdst\s*=\s*(?:(["'])(.*?)\1|(\w+))/g)].map(
    ([, , literal, name = '']) => literal ?? constants.get(name) ?? BROADCAST,
  )
  return targets[Math.min(port % 2, targets.length - 1)] ?? BROADCAST
}

/** `range(4)` and `range(1026, 1029 + 1)`; a profile without one has one stream. */
function countStreams(code: string): number {
  const [, first, last, more] = /\brange\(\s*(\d+)\s*(?:,\s*(\d+)\s*(?:\+\s*(\d+)\s*)?)?\)/.exec(code) ?? []
  if (first === undefined) return 1
  return last === undefined ? Number(first) : Number(last) + Number(more ?? 0) - Number(first)
}
