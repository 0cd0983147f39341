/** The results of all benchmarks: a file for programs, and a table for people. */
import { spawnSync } from 'node:child_process'
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import Table from 'cli-table3'
import { z } from 'zod'
import { type Figure, type Goal, isMet } from './figure.ts'

/** Increased with every change that affects readers of older files. */
const API_VERSION = 'dpdk-checkup.kubevirt.io/bench/v1'

const goalSchema = z.union([z.object({ below: z.number() }), z.object({ atLeast: z.number() })])

export const resultsSchema = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('BenchmarkResults'),
  startedAt: z.iso.datetime(),
  machine: z.object({
    cpuModel: z.string(),
    cores: z.number().int().positive(),
    memoryMB: z.number().positive(),
    os: z.string(),
    node: z.string(),
  }),
  /** The measured commit; `changed` if the working tree had uncommitted changes. Absent outside of a clone. */
  source: z.object({ commit: z.string(), changed: z.boolean() }).optional(),
  figures: z.array(
    z.object({
      id: z.string(),
      what: z.string(),
      value: z.number(),
      unit: z.string(),
      goal: goalSchema.optional(),
      met: z.boolean().optional(),
    }),
  ),
})
export type Results = z.infer<typeof resultsSchema>

export function makeResults(figures: readonly Figure[], startedAt: Date): Results {
  const source = readSource()
  return {
    apiVersion: API_VERSION,
    kind: 'BenchmarkResults',
    startedAt: startedAt.toISOString(),
    machine: {
      cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryMB: Math.round(totalmem() / 1e6),
      os: `${platform()} ${release()} ${arch()}`,
      node: process.version,
    },
    ...(source === undefined ? {} : { source }),
    figures: figures.map((figure) => {
      const met = isMet(figure)
      return { ...figure, ...(met === undefined ? {} : { met }) }
    }),
  }
}

function readSource(): Results['source'] {
  const git = (...args: string[]) =>
    spawnSync('git', args, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const head = git('rev-parse', 'HEAD')
  if (head.status !== 0) return undefined
  return { commit: head.stdout.trim(), changed: git('status', '--porcelain').stdout.trim() !== '' }
}

export function renderResults({ machine, source, figures }: Results): string {
  const table = new Table({
    head: ['figure', 'measured', 'goal', ''],
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  })
  for (const { what, value, unit, goal, met } of figures) {
    const judged = met === undefined ? '' : met ? '✔ met' : '✘ missed'
    table.push([what, quantity(value, unit), goal === undefined ? '' : goalText(goal, unit), judged])
  }
  const commit =
    source === undefined ? '' : `, commit ${source.commit.slice(0, 7)}${source.changed ? ' and changes' : ''}`
  return `${table.toString()}\n${machine.cpuModel}, ${machine.cores} cores, node ${machine.node}${commit}\n`
}

function goalText(goal: Goal, unit: string): string {
  return 'below' in goal ? `< ${quantity(goal.below, unit)}` : `≥ ${quantity(goal.atLeast, unit)}`
}

/** Such a measurement is accurate to three digits at best. */
function quantity(value: number, unit: string): string {
  const digits = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))
  return `${digits}${unit === '' ? '' : ` ${unit}`}`
}
