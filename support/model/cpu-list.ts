/** Sets of CPUs as Linux writes them: lists (`2-5,7`) and masks (`000000fc`). */
import { SuiteError } from '../common/errors.ts'

/** More CPUs than any kernel supports (CONFIG_NR_CPUS is at most 8192). */
const MAX_CPU = 8191
/** Longer than the longest list: every other CPU of them. */
const LONGEST_LIST = 32 * 1024

/**
 * The CPUs of a list, ascending and without duplicates. The empty string is the empty set.
 * @throws SuiteError `bad-cpu-list`
 */
export function parseCpuList(text: string): number[] {
  const list = text.trim()
  if (list === '') return []
  if (list.length > LONGEST_LIST) throw notCpus(list, 'list')
  const isIn = new Uint8Array(MAX_CPU + 1)
  for (const part of list.split(',')) {
    const [, first, last] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? []
    const [from, to] = [Number(first), Number(last ?? first)]
    if (first === undefined || from > to || to > MAX_CPU) {
      throw notCpus(list, 'list')
    }
    isIn.fill(1, from, to + 1)
  }
  const cpus: number[] = []
  for (const [cpu, there] of isIn.entries()) if (there === 1) cpus.push(cpu)
  return cpus
}

/** `[2, 3, 4, 7]` → `2-4,7`, ascending and without duplicates. */
export function writeCpuList(cpus: Iterable<number>): string {
  const ranges: { first: number; last: number }[] = []
  for (const cpu of [...new Set(cpus)].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range?.last === cpu - 1) range.last = cpu
    else ranges.push({ first: cpu, last: cpu })
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

/**
 * The CPUs of a mask in hexadecimal, in groups of 32 bits between commas or without.
 * @throws SuiteError `bad-cpu-list`
 */
export function parseCpuMask(text: string): number[] {
  const digits = text.trim().replaceAll(',', '')
  if (!/^[\da-f]{1,2048}$/i.test(digits)) {
    throw notCpus(text, 'mask')
  }
  const bits = BigInt(`0x${digits}`)
  const cpus: number[] = []
  for (let cpu = 0, rest = bits; rest > 0n; cpu += 1, rest >>= 1n) if ((rest & 1n) === 1n) cpus.push(cpu)
  return cpus
}

/** `[2, 3, 40]` → `00000100,0000000c`: groups of 32 bits, as the kernel writes them. */
export function writeCpuMask(cpus: Iterable<number>): string {
  const bits = [...cpus].reduce((mask, cpu) => mask | (1n << BigInt(cpu)), 0n)
  const digits = bits.toString(16)
  const padded = digits.padStart(Math.ceil(digits.length / 8) * 8, '0')
  return (padded.match(/.{8}/g) ?? []).join(',')
}

/** Quotes at most 200 characters of it. */
function notCpus(text: string, what: 'list' | 'mask'): SuiteError {
  const quoted = text.length > 200 ? `${text.slice(0, 200)}…` : text
  return new SuiteError('bad-cpu-list', `${JSON.stringify(quoted)} is not a ${what} of CPUs`)
}

/** Those of `wanted` that are not in `given`. */
export function missingCpus(wanted: readonly number[], given: readonly number[]): number[] {
  return wanted.filter((cpu) => !given.includes(cpu))
}
