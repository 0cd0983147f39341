/** The runs whose objects are in the namespace, and whether they still go on. */
import { RUN_ANNOTATIONS, RUN_LABEL } from '../../model/testbed.ts'
import type { Labelled } from '../../cluster/inventory-schemas.ts'
import { ongoingRunOf, type OngoingRun } from '../ongoing-run.ts'
import type { Survey } from './survey.ts'
import { START_KEY } from '../../model/status-keys.ts'

/** `unknown`: it may go on, because its ConfigMap cannot be read. */
type RunState =
  | { readonly kind: 'ongoing'; readonly run: OngoingRun }
  | { readonly kind: 'ended'; readonly configMap: string | undefined }
  | { readonly kind: 'unknown'; readonly why: string }

export interface OtherRun {
  /** Value of its label. */
  readonly uid: string
  readonly vmis: readonly Labelled[]
  readonly configMaps: readonly Labelled[]
  readonly state: RunState
}

/** One entry for each value of the run's label. */
export async function otherRuns(
  survey: Survey,
  vmis: readonly Labelled[],
  configMaps: readonly Labelled[],
): Promise<readonly OtherRun[]> {
  const uidOf = ({ labels }: Labelled) => labels?.[RUN_LABEL] ?? ''
  const uids = [...new Set([...vmis, ...configMaps].map(uidOf))]
  return Promise.all(
    uids.map(async (uid) => {
      const own = {
        vmis: vmis.filter((one) => uidOf(one) === uid),
        configMaps: configMaps.filter((one) => uidOf(one) === uid),
      }
      return { uid, ...own, state: await stateOf(survey, [...own.vmis, ...own.configMaps]) }
    }),
  )
}

async function stateOf(survey: Survey, objects: readonly Labelled[]): Promise<RunState> {
  const annotated = objects.find(({ annotations }) => annotations?.[RUN_ANNOTATIONS.configMap] !== undefined)
  const configMap = annotated?.annotations?.[RUN_ANNOTATIONS.configMap]
  return configMap === undefined
    ? anyOngoing(survey)
    : stateByClaim(survey, configMap, annotated?.annotations?.[RUN_ANNOTATIONS.startedAt])
}

/** From the ConfigMap that its objects name. A different start timestamp there belongs to another run. */
async function stateByClaim(survey: Survey, name: string, startedAt = ''): Promise<RunState> {
  const read = await survey.configMap(name)
  if ('notReadable' in read) return { kind: 'unknown', why: read.notReadable }
  if ('missing' in read || read.found.data?.[START_KEY] !== startedAt)
    return { kind: 'ended', configMap: name }
  const run = ongoingRunOf(read.found)
  return run === undefined ? { kind: 'ended', configMap: name } : { kind: 'ongoing', run }
}

/** Objects of a suite before 0.2.0 do not name their run, so any ongoing run in the namespace may own them. */
async function anyOngoing(survey: Survey): Promise<RunState> {
  const read = await survey.configMaps()
  if (!('found' in read)) return { kind: 'unknown', why: Object.values(read).join() }
  const [run] = read.found
    .filter(({ metadata }) => metadata.name !== survey.claimed)
    .flatMap((one) => ongoingRunOf(one) ?? [])
  return run === undefined ? { kind: 'ended', configMap: undefined } : { kind: 'ongoing', run }
}
