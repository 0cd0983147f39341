/** Parses testpmd's statistics in a pod's log: periodic ones, and those printed on request. */
import { consoleLines } from '../dataplane/guest-output.ts'
import type { AbsurdCounter } from '../dataplane/testpmd/parsers/counter-block.ts'
import {
  type ForwardPortStatistics,
  parseForwardStatistics,
} from '../dataplane/testpmd/parsers/forward-statistics.ts'
import { parsePortStatistics, type PortStatistics } from '../dataplane/testpmd/parsers/port-statistics.ts'

export interface StatisticsBlock {
  /** By port number. */
  readonly ports: ReadonlyMap<number, PortStatistics>
  /** Counts of the forwarding engine; undefined if not printed. */
  readonly forward: ReadonlyMap<number, ForwardPortStatistics> | undefined
  /** Invalid counters, which are ignored. */
  readonly absurd?: readonly AbsurdCounter[]
}

/** All complete blocks, oldest first. An incomplete block at the end of the log is left out. */
export function parseStatistics(log: string): StatisticsBlock[] {
  const blocks: string[][] = []
  let block: string[] | undefined
  for (const line of consoleLines(log)) {
    const [, port] = /NIC statistics for port (\d+)\s/.exec(line) ?? []
    if (port !== undefined && line.includes('#') && (block === undefined || Number(port) === 0)) {
      block = []
      blocks.push(block)
    }
    block?.push(line)
    if (/^testpmd> # end of statistics/.test(line)) block = undefined
  }
  return blocks.flatMap((lines) => {
    const text = lines.join('\n')
    // Two ports, each ended by a rule.
    if (lines.filter((line) => /^#{30,}$/.test(line)).length < 2) return []
    try {
      const absurd: AbsurdCounter[] = []
      const onAbsurd = (one: AbsurdCounter) => absurd.push(one)
      const forward = text.includes('Accumulated forward statistics')
        ? parseForwardStatistics(text, onAbsurd).ports
        : undefined
      const ports = parsePortStatistics(portPart(lines), onAbsurd)
      return [{ ports, forward, ...(absurd.length === 0 ? {} : { absurd }) }]
    } catch {
      return []
    }
  })
}

/** The answer between two comments that testpmd echoes, or undefined as long as it is missing. */
export function answerBetween(log: string, begin: string, end: string): string | undefined {
  const lines = consoleLines(log)
  const from = lines.findLastIndex((line) => line.endsWith(`# ${begin}`))
  const to = lines.findLastIndex((line) => line.endsWith(`# ${end}`))
  return from < 0 || to < from ? undefined : lines.slice(from + 1, to).join('\n')
}

function portPart(lines: readonly string[]): string {
  const end = lines.findIndex((line) => line.includes('Forward statistics'))
  return (end < 0 ? lines : lines.slice(0, end)).join('\n')
}
