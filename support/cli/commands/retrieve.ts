/** `dpdk-checkup retrieve`: fetches the reports of a run from a ConfigMap, which outlives the run's pod. */
import { InvalidInputError } from '../../common/errors.ts'
import { EXIT_CODE } from '../../common/exit-code.ts'
import { timeouts } from '../../model/timeouts.ts'
import { type Call, defineCommand } from '../command.ts'
import { FORMAT_OPTION, jsonText } from '../format-option.ts'
import { DEFAULT_CONFIG_MAP } from '../job-names.ts'
import { retrievedText } from '../retrieved-text.ts'

const OPTIONS = {
  output: {
    type: 'text',
    value: 'FOLDER',
    default: 'reports',
    doc: 'target folder, in which a new folder is created',
  },
  redact: {
    type: 'flag',
    doc: 'replace names of nodes, IP and MAC addresses and the API server’s host by aliases, in all files alike',
  },
  ...FORMAT_OPTION,
} as const

export const retrieve = defineCommand({
  name: 'retrieve',
  summary: 'Fetch the reports of a run, even if its pod is gone',
  details: 'It reads two ConfigMaps. If there are no reports, it prints the reason.',
  arguments: [
    { name: 'CONFIGMAP', doc: `ConfigMap with which the run was started (default: ${DEFAULT_CONFIG_MAP})` },
  ],
  options: OPTIONS,
  examples: [
    { line: 'retrieve -n dpdk', doc: 'Into a new folder in reports/' },
    { line: 'retrieve -n dpdk --redact --output ticket', doc: 'For a vendor’s ticket' },
  ],
  exitCodes: '0 the reports are written, 2 there are no reports, or they could not be fetched',
  usesCluster: true,
  run: fetchReports,
})

async function fetchReports({ options, args, session }: Call<typeof OPTIONS>): Promise<number> {
  const { output, redact, format } = options
  if (output === '') throw new InvalidInputError(['--output is empty'])
  const [configMap = DEFAULT_CONFIG_MAP] = args
  const cluster = await session.connect()
  const place = {
    namespace: session.namespaceOf(cluster, 'default'),
    // Accepts kubectl's notation too: `configmap/NAME`.
    configMap: configMap.replace(/^(configmaps?|cm)\//, ''),
  }
  const limits = { signal: session.interrupted, timeout: timeouts.apiRequest }
  const { retrieveReports } = await import('../../run/retrieve/retrieve-reports.ts')
  const retrieved = await retrieveReports(cluster.client, place, output, limits, { redact })
  session.print(format === 'json' ? jsonText(retrieved) : retrievedText(retrieved, redact))
  return EXIT_CODE.ok
}
