/** `dpdk-checkup lab …`: runs the checkup without a cluster. */
import { defineCommand } from '../command.ts'
import { runOfClone } from '../child.ts'

const DETAILS = 'Its options are those of `npm start` and `npm run lab`: --help prints them.'

export const labRun = defineCommand({
  name: 'lab run',
  summary: 'Run the checkup in a cluster of its own, on this machine',
  details: DETAILS,
  options: {},
  examples: [
    { line: 'lab run --runtime scripted', doc: 'With simulated guests, in half a minute' },
    { line: 'lab run --runtime scripted --fault loss', doc: 'See how a loss is reported' },
  ],
  exitCodes: '0 passed, 1 the cluster failed a criterion, 2 the suite could not judge it',
  needsClone: true,
  passesOn: true,
  run: ({ args, session }) => runOfClone('start', args, session),
})

export const labUp = defineCommand({
  name: 'lab up',
  summary: 'Keep a lab cluster up until Ctrl-C',
  details: DETAILS,
  options: {},
  examples: [
    { line: 'lab up --runtime scripted', doc: 'A simulated cluster to try kubectl and these commands on' },
  ],
  needsClone: true,
  passesOn: true,
  run: ({ args, session }) => runOfClone('lab', args, session),
})
