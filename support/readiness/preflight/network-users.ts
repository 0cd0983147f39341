/**
 * The other users of the networks that will carry millions of packets per second, and of VFs on the same ports. They
 * are not a fault of the cluster, so this is a warning before the traffic.
 */
import type { NetworkUser } from '../../cluster/network-users.ts'
import { describeError, InterruptedError } from '../../common/errors.ts'
import { grouped } from '../../common/text.ts'
import { RUN_LABEL } from '../../model/testbed.ts'
import { defineCheck } from './check.ts'
import { resourcesOf } from './network.ts'
import { listNames } from './nodes.ts'
import { mustBeRead } from './survey.ts'

export const networkUsers = defineCheck({
  id: 'preflight.network-users',
  title: 'the other users of the network are known',
  rationale: "Packets of other pods change the run's counts, and the run's packets disturb other pods.",
  remediation: 'Give the checkup a network of its own.',
  guardsHonesty: true,
  reads: async (survey) => {
    const [users, networks] = await Promise.all([survey.networkUsers().catch(notReadable), survey.networks()])
    return { users, networks, namespace: survey.namespace, parameters: survey.parameters }
  },
  judge: ({ users: read, networks, namespace, parameters }, { fact, warning }) => {
    const { users, resources, ...found } = mustBeRead(read)
    fact('namespaces read', found.namespace ?? 'all')
    fact('pods read', `${found.pods}${found.isComplete ? '' : ', of more'}`)
    if (!found.hasVmis)
      fact('VMIs', 'not readable with these permissions; running VMIs are known from their pods')
    const ours = new Set(networks.map(({ name }) => `${namespace}/${name}`))
    const ofUs = new Set(resourcesOf(networks))
    // preflight.leftovers reports the suite's own objects.
    const others = users.filter(({ labels }) => !Object.hasOwn(labels, RUN_LABEL))
    const onNetwork = others.filter((user) => user.networks.some((one) => ours.has(one)))
    const onPorts = others.filter(
      (user) => !onNetwork.includes(user) && user.networks.some((one) => ofUs.has(resources?.get(one) ?? '')),
    )
    fact('other users of the network', listNames(onNetwork.map(nameOf)) || 'nobody else')
    fact(
      'users of VFs of the same resource through another network',
      resources === undefined
        ? 'unknown: the list of NetworkAttachmentDefinitions is not readable with these permissions'
        : listNames(onPorts.map(nameOf)) || 'nobody else',
    )
    const rate = `${grouped(parameters.trafficGenPacketsPerSecond)} packets/s`
    if (onNetwork.length > 0)
      warning(
        `this run sends ${rate} on network ${[...ours].join(' and ')}, which others use as well: ${listNames(onNetwork.map(nameOf))}; ` +
          'if the traffic disturbs them, give the checkup a network of its own',
      )
    if (onPorts.length > 0)
      warning(
        `others have VFs of ${[...ofUs].join(' and ')} and share their nodes’ ports with the ${rate} of this run: ${listNames(onPorts.map(nameOf))}`,
      )
  },
})

/** An unreadable list is not an error, because the check is only informative. @throws InterruptedError */
function notReadable(error: unknown): { notReadable: string } {
  if (error instanceof InterruptedError) throw error
  return { notReadable: describeError(error) }
}

function nameOf({ kind, namespace, name }: NetworkUser): string {
  return `${kind} ${namespace}/${name}`
}
