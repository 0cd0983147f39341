/** `dpdk-checkup diff`: shows what changed between two runs. */
import { EXIT_CODE } from '../../common/exit-code.ts'
import { environmentSentence } from '../../report/compare-environment.ts'
import { compareReports, LOSS_TOLERANCE, RATE_TOLERANCE } from '../../report/compare.ts'
import { type Call, defineCommand } from '../command.ts'
import { diffText } from '../diff-text.ts'
import { FORMAT_OPTION, jsonText } from '../format-option.ts'
import { readGivenReports } from '../given-reports.ts'

export const diff = defineCommand({
  name: 'diff',
  summary: 'Compare the reports of two runs',
  details: `
It prints the changed versions, parameters, topology, criteria, rates and losses. A regression is
  - a criterion that passed before, and is now failed, inconclusive, an error, skipped, or missing
  - lost packets if there were none before, or a share of lost packets that grew by more than ${LOSS_TOLERANCE * 100} %
  - a sent rate that is lower by more than ${RATE_TOLERANCE * 100} %, with the same engine, requested rate and frame size
Changed versions, nodes, images, NICs and parameters are listed, but are no regressions. If both runs are of the same
cluster, a sentence lists the other changes of its environment.`,
  arguments: [
    { name: 'OLD', doc: 'report.json of the earlier run, or its folder', isRequired: true },
    { name: 'NEW', doc: 'report.json of the later run, or its folder', isRequired: true },
  ],
  options: FORMAT_OPTION,
  examples: [{ line: 'diff old/report.json new/report.json', doc: 'Did an upgrade make anything worse?' }],
  exitCodes: '0 no regression, 1 a regression, 2 one of the files is not a report',
  run: compare,
})

async function compare({ options, args, session }: Call<typeof FORMAT_OPTION>): Promise<number> {
  const [before, after] = await readGivenReports(args)
  if (before === undefined || after === undefined) return EXIT_CODE.error
  const changes = compareReports(before, after)
  if (options.format === 'json')
    session.print(jsonText({ environment: environmentSentence(before, after), changes }))
  else process.stdout.write(diffText(before, after, changes))
  return changes.some(({ kind }) => kind === 'regression') ? EXIT_CODE.failed : EXIT_CODE.ok
}
