/** The entry point of `npm run images`. */
import { describeError, InvalidInputError } from '../../support/common/errors.ts'
import { interruptedBy, onInterruption } from '../../support/common/signals.ts'
import { HELP, parseImagesArguments } from './image-arguments.ts'
import { buildImages } from './build.ts'
import { describeImages } from './image-summary.ts'

const log = (line: string) => {
  console.error(`images: ${line}`)
}

const interrupted = new AbortController()
onInterruption((signal) => {
  interrupted.abort(new Error(`${interruptedBy(signal)}; nothing half-built is left`))
})

try {
  const parsed = parseImagesArguments(process.argv.slice(2))
  if (parsed.help) process.stdout.write(HELP)
  else process.stdout.write(describeImages(await buildImages({ ...parsed, log, signal: interrupted.signal })))
} catch (error) {
  console.error(error instanceof InvalidInputError ? error.violations.join('\n') : describeError(error))
  process.exitCode = 2
}
