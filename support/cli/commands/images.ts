/** `dpdk-checkup images build`: builds the images that a cluster needs. */
import { defineCommand } from '../command.ts'
import { runOfClone } from '../child.ts'

export const imagesBuild = defineCommand({
  name: 'images build',
  summary: 'Build the images that a cluster needs, and push them',
  details: 'It takes the options of `npm run images`; --help prints them.',
  options: {},
  examples: [
    {
      line: 'images build checkup --push registry.example/dpdk',
      doc: 'The suite’s image, for run --in-cluster',
    },
  ],
  exitCodes: '0 built (and pushed), 2 not',
  needsClone: true,
  passesOn: true,
  run: ({ args, session }) => runOfClone('images', args, session),
})
