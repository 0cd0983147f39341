/** `dpdk-checkup lab …`: runs the checkup without a cluster. */
import { defineCommand } from '../command.ts'
import { runOfClone } from '../child.ts'

const DETAILS = 'It takes the options of `npm start` and `npm run lab`; --help prints them.'

export const labRun = defineCommand({
  name: 'lab run',
  summary: 'Start a lab cluster on this machine, and run the checkup in it',
  details: DETAILS,
  options: {},
  examples: [
    { line: 'lab run --runtime scripted', doc: 'With simulated guests, in half a minute' },
    { line: 'lab run --runtime scripted --fault loss', doc: 'See the report of a packet loss' },
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
    {
      line: 'lab up --runtime scripted',
      doc: 'A simulated cluster on which to try kubectl and these commands',
    },
  ],
  needsClone: true,
  passesOn: true,
  run: ({ args, session }) => runOfClone('lab', args, session),
})
