/** Parses the arguments of `npm run bench --`. */
import { parseArgs } from 'node:util'
import { describeError, InvalidInputError } from '../../support/common/errors.ts'
import type { Benchmark } from './figure.ts'

export interface BenchArguments {
  readonly help: boolean
  readonly benchmarks: readonly Benchmark[]
}

/** @throws InvalidInputError naming every invalid argument */
export function parseBenchArguments(args: readonly string[], all: readonly Benchmark[]): BenchArguments {
  const { help = false, only = [] } = parse(args)
  const unknown = only.filter((name) => !all.some((benchmark) => benchmark.name === name))
  if (unknown.length > 0) {
    const names = all.map(({ name }) => name).join(', ')
    throw new InvalidInputError(unknown.map((name) => `there is no benchmark ${name}; there are ${names}`))
  }
  return { help, benchmarks: all.filter(({ name }) => only.length === 0 || only.includes(name)) }
}

function parse(args: readonly string[]): { help?: boolean; only?: string[] } {
  try {
    return parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h' }, only: { type: 'string', multiple: true } },
    }).values
  } catch (error) {
    throw new InvalidInputError([describeError(error)])
  }
}

export function helpText(all: readonly Benchmark[]): string {
  const width = Math.max(...all.map(({ name }) => name.length))
  return `
Usage: npm run bench -- [options]

Measures the suite on simulated guests, prints each figure next to its goal, and writes reports/bench.json.

Options:
  --only <name>   this one only; may be given more than once
  -h, --help      this text

Benchmarks:
${all.map(({ name, about }) => `  ${name.padEnd(width)}   ${about}`).join('\n')}

Exit code: 0 every goal was met, 1 one was missed, 2 something could not be measured.
`.trimStart()
}
