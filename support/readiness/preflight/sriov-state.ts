/** Whether the SR-IOV operator, if installed, has created its VFs on the nodes, in a form that VMs can use. */
import type { SriovNodeState } from '../../cluster/schemas/sriov-node-state.ts'
import { shorten } from '../../common/text.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { defineCheck } from './check.ts'
import { resourceName } from './network.ts'
import { byReason, mustHaveUsableNodes, nameOf } from './nodes.ts'
import { mustBeRead } from './survey.ts'

export const sriovState = defineCheck({
  id: 'preflight.sriov-state',
  title: 'SR-IOV policies are applied on all nodes',
  reads: async (survey) => {
    const [states, nodes, networks] = await Promise.all([
      survey.sriovNodeStates(),
      survey.nodes(),
      survey.networks(),
    ])
    const resources = networks.flatMap(({ nad }) => ('found' in nad ? (resourceName(nad.found) ?? []) : []))
    return { states, nodes, resources, hasTargets: survey.parameters.targetNodes !== undefined }
  },
  judge: ({ states, nodes, resources, hasTargets }, { saw, wrong, warning }) => {
    if ('missing' in states)
      skipCriterion('the SR-IOV operator is not installed: it has no SriovNetworkNodeStates')
    const all = mustBeRead(states)
    const names = new Set(mustHaveUsableNodes(nodes).map(nameOf))
    const ours = all.filter(({ metadata }) => names.has(metadata.name))
    if (ours.length === 0) skipCriterion('the SR-IOV operator manages none of the nodes')
    saw(
      'SriovNetworkNodeStates',
      byReason(ours.map(({ metadata, status }) => [metadata.name, status?.syncStatus ?? 'not told'])),
    )
    const told = ours.filter(({ status }) => (status?.syncStatus ?? '') !== '')
    // An operator that has not processed a node yet has no status for it.
    if (told.length === 0) skipCriterion('the SR-IOV operator reports on none of the nodes yet')
    const unsynced = told.filter(({ status }) => status?.syncStatus !== 'Succeeded')
    const synced = told.filter((state) => !unsynced.includes(state))
    const problemsByNode = synced.map((state) => ({
      node: state.metadata.name,
      ...vfProblems(state, resources),
    }))
    for (const { node, made } of problemsByNode) if (made.length > 0) saw(`VFs on ${node}`, made.join('; '))
    const doubts = problemsByNode.flatMap(({ node, doubtful }) =>
      doubtful.map((reason) => [node, reason] as const),
    )
    if (doubts.length > 0) warning(byReason(doubts))
    const unusable = problemsByNode.filter((one) => one.unusable.length > 0)
    // One ready node is enough for both VMIs, unless the parameters name others.
    const tell = hasTargets || unsynced.length + unusable.length === told.length ? wrong : warning
    if (unsynced.length > 0) tell(`SR-IOV policies are not applied on ${byReason(unsynced.map(syncReason))}`)
    if (unusable.length > 0)
      tell(
        byReason(
          unusable.flatMap(({ node, unusable: reasons }) => reasons.map((one) => [node, one] as const)),
        ),
      )
  },
})

function syncReason({ metadata, status }: SriovNodeState): readonly [string, string] {
  const error = status?.lastSyncError ?? ''
  const text = `syncStatus ${status?.syncStatus ?? ''}${error === '' ? '' : ` (${error})`}`
  return [metadata.name, shorten(text, 300)]
}

/** The VFs of the networks' resources on one node. */
interface VfProblems {
  /** For the report. */
  readonly made: readonly string[]
  readonly unusable: readonly string[]
  /** What may keep VMs from using them; warnings, because it may also not. */
  readonly doubtful: readonly string[]
}

function vfProblems({ spec, status }: SriovNodeState, resources: readonly string[]): VfProblems {
  const made: string[] = []
  const unusable: string[] = []
  const doubtful: string[] = []
  const pfs = status?.interfaces ?? []
  for (const { name, pciAddress, numVfs, vfGroups } of spec?.interfaces ?? []) {
    const groups = vfGroups.filter((group) => isOf(resources, group.resourceName))
    if (groups.length === 0) continue
    const pf = shorten(`${name ?? 'the PF'} (${pciAddress})`, 80)
    const policy = shorten(groups[0]?.policyName ?? 'its policy', 80)
    const found = pfs.find((one) => one.pciAddress === pciAddress)
    const [there, wanted] = [found?.numVfs ?? 0, numVfs ?? 0]
    const types = [...new Set(groups.map(({ deviceType }) => shorten(deviceType || NETDEVICE, 40)))]
    made.push(`${there} of ${wanted} at ${pf}, for ${types.join(' and ')}`)
    if (pfs.length > 0 && found === undefined)
      unusable.push(`${pf}, which policy ${policy} names, does not exist`)
    else if (pfs.length > 0 && there === 0)
      unusable.push(
        `${pf} has none of the ${wanted} VFs of policy ${policy}, although its syncStatus is Succeeded`,
      )
    else if (pfs.length > 0 && there < wanted)
      doubtful.push(`${pf} has ${there} of the ${wanted} VFs of policy ${policy}`)
    if (!types.includes(NETDEVICE)) continue
    const sentence =
      `the VFs of ${pf} stay with the node's own driver (deviceType netdevice), and KubeVirt passes on only VFs that ` +
      `vfio-pci holds: deviceType: vfio-pci in policy ${policy}`
    // Guides for NVIDIA's NICs use netdevice, which is right for DPDK in a pod, and is not known to be wrong for a VM.
    if (found?.vendor == null || found.vendor === NVIDIA) doubtful.push(sentence)
    else unusable.push(sentence)
  }
  return { made, unusable, doubtful }
}

/** The operator's default. */
const NETDEVICE = 'netdevice'
const NVIDIA = '15b3'

/** The operator's resources have no prefix, as in `openshift.io/`. */
function isOf(resources: readonly string[], name: string | null | undefined): boolean {
  return name != null && name !== '' && resources.some((resource) => resource.endsWith(`/${name}`))
}
