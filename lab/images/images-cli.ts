/** The entry point of `npm run images`. */
import { runCommand } from '../../support/common/cli.ts'
import { EXIT_CODE } from '../../support/common/exit-code.ts'
import { HELP, parseImagesArguments } from './image-arguments.ts'
import { buildImages } from './build.ts'
import { describeImages } from './image-summary.ts'

const log = (line: string) => {
  console.error(`images: ${line}`)
}

await runCommand(
  async (args, signal) => {
    const parsed = parseImagesArguments(args)
    process.stdout.write(parsed.help ? HELP : describeImages(await buildImages({ ...parsed, log, signal })))
    return EXIT_CODE.ok
  },
  { again: 'is ignored', note: '; nothing half-built is left' },
)
