/**
 * A campaign: a run that measures between many nodes takes their CPUs, hugepages and VFs, so a second one on the same
 * nodes would only measure the first. Each holds a ConfigMap with its name and its latest end. It is found in the run's
 * namespace, and in all other namespaces in which the account may list ConfigMaps.
 */
import type { ConfigMap, NewConfigMap } from '../../cluster/config-map.ts'
import { isSuiteError, SuiteError } from '../../common/errors.ts'
import { commandLine } from '../../common/shell-quote.ts'
import type { Limits } from '../../common/wait.ts'
import { APP_LABELS, RUN_ANNOTATIONS, RUN_LABEL } from '../../model/testbed.ts'
import { timeouts } from '../../model/timeouts.ts'
import { planConfigMap } from '../../run/planned-config-map.ts'
import type { Run } from '../../run/run.ts'
import type { Configured } from '../configure.ts'
import { COMPLETION_KEY } from '../../model/status-keys.ts'

export const CAMPAIGN_CONFIG_MAP = 'kubevirt-dpdk-checkup-campaign'
const CAMPAIGN_LABEL = 'kubevirt-dpdk-checkup/campaign'
const KEYS = { holder: 'holder', run: 'run', since: 'since', expires: 'expires' } as const

/** Attempts to take the place of a campaign whose time is over, if others do the same. */
const TRIES = 3

/** @throws SuiteError `in-use`, naming the campaign that is still going on; ApiError */
export async function holdCampaign(
  run: Run,
  { cluster, environment, parameters }: Configured,
): Promise<void> {
  const limits = run.limits(timeouts.apiRequest)
  const { namespace, configMap } = environment
  const since = run.journal.startedAt
  const expires = new Date(since.getTime() + parameters.timeout + timeouts.teardown)
  const manifest: NewConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: CAMPAIGN_CONFIG_MAP,
      // Those of a run's objects too: if the run is killed, they are removed together.
      labels: {
        ...APP_LABELS,
        [RUN_LABEL]: environment.pod?.uid ?? run.id,
        [CAMPAIGN_LABEL]: run.id,
      },
      annotations: {
        [RUN_ANNOTATIONS.configMap]: configMap,
        [RUN_ANNOTATIONS.startedAt]: since.toISOString(),
      },
    },
    data: {
      [KEYS.holder]: `${namespace}/${configMap}`,
      [KEYS.run]: run.id,
      [KEYS.since]: since.toISOString(),
      [KEYS.expires]: expires.toISOString(),
    },
  }
  const elsewhere = await cluster.inventory.configMapsLabelled(CAMPAIGN_LABEL, limits)
  if ('found' in elsewhere) elsewhere.found.forEach(mustBeOver)
  const creation = planConfigMap(run.cleanup, cluster.configMaps, namespace, manifest)
  await creation.make(timeouts.apiRequest, (each) => create(cluster.configMaps, namespace, manifest, each))
}

/** @returns its uid */
async function create(
  configMaps: Configured['cluster']['configMaps'],
  namespace: string,
  manifest: NewConfigMap,
  limits: Limits,
): Promise<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await configMaps.create(namespace, manifest, limits)
    } catch (error) {
      if (!isSuiteError(error, 'there-already') || tries === TRIES) throw error
      const found = await configMaps.find(namespace, manifest.metadata.name, limits)
      if (found === undefined) continue
      mustBeOver(found)
      if (found.metadata.uid !== undefined)
        await configMaps.delete(namespace, manifest.metadata.name, found.metadata.uid, limits)
    }
  }
}

/** @throws SuiteError `in-use` if the campaign may still go on */
function mustBeOver(claim: ConfigMap): void {
  if (isExpired(claim)) return
  const {
    [KEYS.holder]: holder = '',
    [KEYS.since]: since = '',
    [KEYS.expires]: expires = '',
  } = claim.data ?? {}
  const [namespace = ''] = holder.split('/')
  const run = claim.metadata.labels?.[RUN_LABEL]
  const remove =
    run === undefined
      ? `delete ConfigMap ${namespace}/${CAMPAIGN_CONFIG_MAP}`
      : `remove its objects: ${commandLine('npx', 'dpdk-checkup', 'clean', '--namespace', namespace, '--run', run)}`
  throw new SuiteError(
    'in-use',
    `another run measures between the nodes of this cluster: the run of ConfigMap ${holder}, which began at ${since} and ends at ${expires} at the latest; wait until it has ended or, if it was killed, ${remove}`,
  )
}

function isExpired({ data }: ConfigMap): boolean {
  return Date.parse(data?.[KEYS.expires] ?? '') < Date.now()
}

export interface OngoingCampaign {
  /** Name of the ConfigMap of its run. */
  readonly configMap: string
  /** Both RFC 3339. */
  readonly since: string
  readonly until: string
}

/** The campaign that is still going on in a namespace: its time is not over, and the ConfigMap
 * of its run exists and has no end.
 * @param all the ConfigMaps of the namespace
 */
export function ongoingCampaign(all: readonly ConfigMap[]): OngoingCampaign | undefined {
  const named = (name: string) => all.find(({ metadata }) => metadata.name === name)
  const claim = named(CAMPAIGN_CONFIG_MAP)
  if (claim === undefined || isExpired(claim)) return undefined
  const {
    [KEYS.holder]: holder = '',
    [KEYS.since]: since = '',
    [KEYS.expires]: until = '',
  } = claim.data ?? {}
  const configMap = holder.split('/').at(-1) ?? ''
  const held = named(configMap)
  if (held === undefined || held.data?.[COMPLETION_KEY] !== undefined) return undefined
  return { configMap, since, until }
}
