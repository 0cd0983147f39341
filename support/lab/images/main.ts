/** The entry point of `npm run images`. */
import { describeError, InvalidInputError } from '../../common/errors.ts'
import { HELP, parseImagesArguments } from './arguments.ts'
import { buildImages } from './build.ts'
import { describeImages } from './summary.ts'

const log = (line: string) => {
  console.error(`images: ${line}`)
}

/** Aborts on the first signal. Its repetitions (a terminal, npm and a shell each pass Ctrl-C on) are one. */
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    interrupted.abort(new Error(`interrupted by ${signal}; nothing half-built is left`))
  })
}

try {
  const parsed = parseImagesArguments(process.argv.slice(2))
  if (parsed.help) process.stdout.write(HELP)
  else process.stdout.write(describeImages(await buildImages({ ...parsed, log, signal: interrupted.signal })))
} catch (error) {
  console.error(error instanceof InvalidInputError ? error.violations.join('\n') : describeError(error))
  process.exitCode = 2
}
