/** `dpdk-checkup status`: shows the runs of a namespace. */
import { oneLine, shorten } from '../../common/text.ts'
import { SuiteError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { timeouts } from '../../model/timeouts.ts'
import { type Call, defineCommand } from '../command.ts'
import { FORMAT_OPTION, jsonText } from '../format-option.ts'
import type { RunStatus } from '../run-status.ts'

export const status = defineCommand({
  name: 'status',
  summary: 'Phase, progress and verdict of the runs in a namespace',
  details: `
A run is a ConfigMap with the checkup's parameters. If readable, its Job and the last line of its pod are printed
too. It needs the permission list on ConfigMaps; list on Jobs and pods, and get on their logs, add details.`,
  options: FORMAT_OPTION,
  examples: [
    { line: 'status -n dpdk', doc: 'The runs of the namespace, with their verdicts' },
    { line: 'status -n dpdk -o json', doc: 'For programs' },
  ],
  usesCluster: true,
  run: printStatus,
})

async function printStatus({ options, session }: Call<typeof FORMAT_OPTION>): Promise<number> {
  const cluster = await session.connect()
  const namespace = session.namespaceOf(cluster, 'default')
  const limits = { signal: session.interrupted, timeout: timeouts.apiRequest }
  const { readRuns } = await import('../run-status.ts')
  const runs = await readRuns(cluster, namespace, limits)
  // A list in a namespace that does not exist is empty.
  if (runs.length === 0 && 'missing' in (await cluster.inventory.namespaceUid(namespace, limits)))
    throw new SuiteError('api', `there is no namespace ${namespace}`)
  if (options.format === 'json') session.print(jsonText(runs))
  else if (runs.length === 0) session.print(`there is no checkup in namespace ${namespace}`)
  else session.print(runs.map(runText).join('\n'))
  return EXIT_CODE.ok
}

const MOST = 200

function runText({
  configMap,
  phase,
  job,
  startedAt,
  verdict,
  reason,
  progress,
  reports,
}: RunStatus): string {
  const more = [
    job === undefined ? '' : `Job ${job}`,
    startedAt === undefined ? '' : `started ${startedAt}`,
    reports === undefined ? '' : `reports in ConfigMap ${reports}`,
  ].filter((part) => part !== '')
  return [
    `${configMap}  ${verdict ?? phase}${more.length === 0 ? '' : `  (${more.join(', ')})`}`,
    ...(reason === undefined ? [] : [`  ${shorten(oneLine(reason), MOST)}`]),
    ...(progress === undefined ? [] : [`  ${shorten(oneLine(progress), MOST)}`]),
  ].join('\n')
}
