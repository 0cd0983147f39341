/** The words of a command line, taken apart by node's own rules. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { InvalidInputError } from './errors.ts'

/**
 * Options and positional words, as `parseArgs` of node:util has them.
 * @throws InvalidInputError in node's words, and where to look instead
 */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(
  words: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...words], allowPositionals: true, options })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    // node goes on about `--`, which none of these commands has a use for.
    throw new InvalidInputError([`${why.replace(/\. To specify a positional argument.*/s, '')}; see --help`])
  }
}
