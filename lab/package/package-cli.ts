/** `npm run sbom`, and what `npm pack` and `npm publish` run first. */
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../../support/common/cli.ts'
import { InvalidInputError } from '../../support/common/errors.ts'
import { EXIT_CODE } from '../../support/common/exit-code.ts'
import { BUILT, buildPackage } from './build-package.ts'
import { writeSupplyChain } from './supply-chain.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

await runCommand(
  async ([command = ''], signal) => {
    switch (command) {
      case 'build':
        await buildPackage(process.env['DPDK_CHECKUP_IMAGE'] || undefined, signal)
        return EXIT_CODE.ok
      case 'sbom':
        await mkdir(BUILT, { recursive: true })
        await writeSupplyChain({ clone: ROOT, installed: ROOT, target: BUILT }, signal)
        return EXIT_CODE.ok
      default:
        throw new InvalidInputError([`${command} is not one of build, sbom`])
    }
  },
  { again: 'ends' },
)
