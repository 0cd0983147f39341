/** Parses command lines by the rules of `parseArgs` (node:util). */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { InvalidInputError } from './errors.ts'

/**
 * Options and positional arguments, as `parseArgs` of node:util returns them.
 * @throws InvalidInputError with node's message, and a hint to --help
 */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    // Drop node's hint about `--`, which none of these commands needs.
    throw new InvalidInputError([`${why.replace(/\. To specify a positional argument.*/s, '')}; see --help`])
  }
}
