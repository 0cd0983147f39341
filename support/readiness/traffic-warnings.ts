/** What is worth knowing of the traffic although no criterion judges it. Warnings do not change the verdict. */
import { plural } from '../common/text.ts'
import { spreadWarning } from '../dataplane/testpmd/queue-spread.ts'
import type { TestpmdFinalStatistics } from '../dataplane/testpmd/session.ts'
import { artefactDrops, foreignFrames, testedDirections } from '../model/ledger.ts'
import type { Queues, Traffic } from '../model/traffic.ts'

/** A sentence each. */
export function trafficWarnings(
  traffic: Traffic,
  queues: Queues,
  { contradictions }: Pick<TestpmdFinalStatistics, 'contradictions'>,
): string[] {
  const foreign = foreignFrames(traffic)
  const artefact = artefactDrops(traffic.ledger)
  return [
    ...testedDirections(traffic).flatMap(({ from }) => spreadWarning(queues, from) ?? []),
    ...[...contradictions.ofTheTraffic, ...contradictions.others].map(
      (sentence) => `counts of the same packets differ: ${sentence}`,
    ),
    ...(foreign === 0
      ? []
      : [
          `${plural(foreign, 'foreign frame')} came from the west, where the generator sends nothing: other hosts use this network`,
        ]),
    ...(artefact === 0
      ? []
      : [
          `the NIC of the VM under test counted ${plural(artefact, 'dropped packet')} (imissed), although every packet came back: ` +
            'the counters of some VFs (Intel X710) count drops that did not happen, so this is not a failure',
        ]),
  ]
}
