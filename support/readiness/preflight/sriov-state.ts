/**
 * Whether the SR-IOV operator, if installed, has created its VFs on the nodes, in a form that VMs can use: deviceType
 * vfio-pci for NICs of all vendors (KubeVirt's user guide, "How to expose SR-IOV VFs to KubeVirt"), and isRdma false
 * (openshift/openshift-docs#23160); netdevice with isRdma is for DPDK in pods. The driver inside the guest is
 * independent of this.
 */
import type { SriovNodeState } from '../../cluster/schemas/sriov-node-state.ts'
import { shorten } from '../../common/text.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { defineCheck } from './check.ts'
import { resourcesOf } from './network.ts'
import { byReason, mustHaveUsableNodes, nameOf } from './nodes.ts'
import { mustBeRead } from './survey.ts'

export const sriovState = defineCheck({
  id: 'preflight.sriov-state',
  title: 'SR-IOV policies are applied on all nodes',
  rationale: 'A node on which a policy is not applied offers other VFs than the policy intends.',
  remediation:
    'Wait until the SR-IOV operator has synchronised the nodes, or correct the problem that the SriovNetworkNodeState names.',
  reads: async (survey) => {
    const [states, nodes, networks] = await Promise.all([
      survey.sriovNodeStates(),
      survey.nodes(),
      survey.networks(),
    ])
    return {
      states,
      nodes,
      resources: resourcesOf(networks),
      hasTargets: survey.parameters.targetNodes !== undefined,
    }
  },
  judge: ({ states, nodes, resources, hasTargets }, { fact, wrong, warning }) => {
    if ('missing' in states)
      skipCriterion('the SR-IOV operator is not installed: it has no SriovNetworkNodeStates')
    const all = mustBeRead(states)
    const names = new Set(mustHaveUsableNodes(nodes).map(nameOf))
    const ours = all.filter(({ metadata }) => names.has(metadata.name))
    if (ours.length === 0) skipCriterion('the SR-IOV operator manages none of the nodes')
    fact(
      'SriovNetworkNodeStates',
      byReason(ours.map(({ metadata, status }) => [metadata.name, status?.syncStatus ?? 'not reported'])),
    )
    const reporting = ours.filter(({ status }) => (status?.syncStatus ?? '') !== '')
    // An operator that has not processed a node yet has no status for it.
    if (reporting.length === 0) skipCriterion('the SR-IOV operator reports on none of the nodes yet')
    const unsynced = reporting.filter(({ status }) => status?.syncStatus !== 'Succeeded')
    const synced = reporting.filter((state) => !unsynced.includes(state))
    const problemsByNode = synced.map((state) => ({
      node: state.metadata.name,
      ...vfProblems(state, resources),
    }))
    for (const { node, made } of problemsByNode) if (made.length > 0) fact(`VFs on ${node}`, made.join('; '))
    const doubts = problemsByNode.flatMap(({ node, doubtful }) =>
      doubtful.map((reason) => [node, reason] as const),
    )
    if (doubts.length > 0) warning(byReason(doubts))
    const unusable = problemsByNode.filter((one) => one.unusable.length > 0)
    // One ready node is enough for both VMIs, unless the parameters name target nodes.
    const report = hasTargets || unsynced.length + unusable.length === reporting.length ? wrong : warning
    if (unsynced.length > 0)
      report(`SR-IOV policies are not applied on ${byReason(unsynced.map(syncReason))}`)
    if (unusable.length > 0)
      report(
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
  /** Settings that may prevent VMs from using the VFs; only warnings, because they do not always. */
  readonly doubtful: readonly string[]
}

type Asked = NonNullable<SriovNodeState['spec']>['interfaces'][number]
type Group = Asked['vfGroups'][number]
type Found = NonNullable<SriovNodeState['status']>['interfaces'][number]

function vfProblems({ spec, status }: SriovNodeState, resources: readonly string[]): VfProblems {
  const pfs = status?.interfaces ?? []
  const problems = (spec?.interfaces ?? []).flatMap((asked) => {
    const groups = asked.vfGroups.filter((group) => isOf(resources, group.resourceName))
    return groups.length === 0 ? [] : [pfProblems(asked, groups, pfs)]
  })
  const unusable = problems.flatMap((one) => one.unusable)
  const doubtful = problems.flatMap((one) => one.doubtful)
  const made = problems.map((one) => one.made)
  // A resource has the VFs of all its PFs: one PF without problems is enough.
  const isServed = problems.some((one) => one.unusable.length === 0)
  return isServed
    ? { made, unusable: [], doubtful: [...unusable, ...doubtful] }
    : { made, unusable, doubtful }
}

/** One node's PFs whose VFs are of these resources. */
export function pfsOf({ spec, status }: SriovNodeState, resources: readonly string[]): readonly Found[] {
  const addresses = (spec?.interfaces ?? [])
    .filter(({ vfGroups }) => vfGroups.some(({ resourceName }) => isOf(resources, resourceName)))
    .map(({ pciAddress }) => pciAddress)
  return (status?.interfaces ?? []).filter(({ pciAddress }) => addresses.includes(pciAddress))
}

function pfProblems(
  { name, pciAddress, numVfs }: Asked,
  groups: readonly Group[],
  pfs: readonly Found[],
): { readonly made: string } & Omit<VfProblems, 'made'> {
  const pf = shorten(`${name ?? 'the PF'} (${pciAddress})`, 80)
  const policies = policiesOf(groups)
  const found = pfs.find((one) => one.pciAddress === pciAddress)
  const [there, wanted] = [found?.numVfs ?? 0, numVfs ?? 0]
  const types = [...new Set(groups.map((group) => shorten(typeOf(group), 40)))]
  const unusable: string[] = []
  const doubtful: string[] = []
  if (pfs.length > 0 && found === undefined) unusable.push(`${pf}, which ${policies} names, does not exist`)
  else if (found !== undefined && there === 0) unusable.push(noVfs(pf, found, wanted, policies))
  else if (found !== undefined && groups.every((group) => firstOf(group) >= there))
    unusable.push(
      `${pf} has ${there} of the ${wanted} VFs of ${policies}, but none of the VFs for the network (${groups.map(({ vfRange }) => shorten(vfRange ?? '', 60)).join(', ')})`,
    )
  else if (found !== undefined && there < wanted)
    doubtful.push(`${pf} has ${there} of the ${wanted} VFs of ${policies}`)
  if (found?.linkType === INFINIBAND)
    unusable.push(`${pf} is an InfiniBand port (linkType IB), but DPDK forwards on Ethernet ports only`)
  const held = heldByOthers(groups, found)
  if (held !== undefined) {
    const { drivers, isAll } = held
    const sentence = `${isAll ? 'the' : 'some'} VFs of ${pf} are bound to ${drivers}, although ${policies} says vfio-pci`
    ;(isAll ? unusable : doubtful).push(sentence)
  }
  const vdpa = groups.find(({ vdpaType }) => vdpaType != null && vdpaType !== '')
  if (vdpa !== undefined)
    unusable.push(
      `the VFs of ${pf} are vDPA devices (vdpaType ${shorten(vdpa.vdpaType ?? '', 20)} in ${policiesOf([vdpa])}), which KubeVirt does not pass to VMs`,
    )
  if (found?.eSwitchMode === SWITCHDEV)
    doubtful.push(
      `${pf} is in the mode switchdev: frames of its VFs reach the network only through representors that a bridge of the node connects (ovs with hardware offload), which sriov-cni does not set up`,
    )
  if (found?.linkAdminState === 'down') doubtful.push(`${pf} is set down (linkAdminState down)`)
  else if (NO_LINK.test(found?.linkSpeed ?? ''))
    doubtful.push(`${pf} has no link (linkSpeed ${shorten(found?.linkSpeed ?? '', 20)})`)
  const left = groups.filter((group) => typeOf(group) === NETDEVICE)
  if (left.length > 0) {
    const sentence =
      `the VFs of ${pf} stay with the node's own driver (deviceType netdevice), but KubeVirt passes to VMs only VFs ` +
      `that are bound to vfio-pci: set deviceType: vfio-pci in ${policiesOf(left)}`
    ;(left.length === groups.length ? unusable : doubtful).push(sentence)
  }
  const rdma = groups.filter((group) => typeOf(group) !== NETDEVICE && group.isRdma === true)
  if (rdma.length > 0)
    unusable.push(
      `isRdma: true in ${policiesOf(rdma)} makes the device plugin offer only RDMA devices, which VFs of ${pf} bound to vfio-pci are not: ` +
        'set isRdma: false',
    )
  return { made: `${there} of ${wanted} at ${pf}, for ${types.join(' and ')}`, unusable, doubtful }
}

function noVfs(pf: string, { totalvfs }: Found, wanted: number, policies: string): string {
  const none = `${pf} has none of the ${wanted} VFs of ${policies}, although its syncStatus is Succeeded`
  // The operator omits zeros.
  return (totalvfs ?? 0) === 0
    ? `${none}: the PF can have no VFs (totalvfs 0), because SR-IOV is off in its firmware or in the node's BIOS`
    : none
}

function policiesOf(groups: readonly Group[]): string {
  const names = [...new Set(groups.flatMap(({ policyName }) => policyName ?? []))].map((one) =>
    shorten(one, 80),
  )
  if (names.length === 0) return 'its policy'
  return names.length === 1 ? `policy ${names.join('')}` : `policies ${names.join(' and ')}`
}

/** The operator's default. */
const NETDEVICE = 'netdevice'
const VFIO = 'vfio-pci'
const INFINIBAND = 'IB'
const SWITCHDEV = 'switchdev'
const NO_LINK = /^-\d/

function typeOf({ deviceType }: Group): string {
  return deviceType == null || deviceType === '' ? NETDEVICE : deviceType
}

/** Index of its first VF; 0 without a readable range, which means all VFs of the PF. */
function firstOf(group: Group): number {
  return rangeOf(group)[0]
}

function rangeOf({ vfRange }: Group): readonly [first: number, last: number] {
  const [, first, last] = /(?:^|#)(\d{1,5})-(\d{1,5})$/.exec(vfRange ?? '') ?? []
  return [Number(first ?? 0), Number(last ?? Infinity)]
}

/** Drivers other than vfio-pci that hold VFs whose policy requests vfio-pci; undefined if there are none. */
function heldByOthers(
  groups: readonly Group[],
  found: Found | undefined,
): { readonly drivers: string; readonly isAll: boolean } | undefined {
  const asked = groups.filter((group) => typeOf(group) !== NETDEVICE).map(rangeOf)
  const vfs = (found?.Vfs ?? []).filter(({ vfID }) =>
    asked.some(([first, last]) => vfID >= first && vfID <= last),
  )
  const others = vfs.flatMap(({ driver }) => (driver == null || ['', VFIO].includes(driver) ? [] : [driver]))
  if (others.length === 0) return undefined
  const drivers = [...new Set(others)].map((driver) => shorten(driver, 40)).join(' and ')
  return { drivers, isAll: others.length === vfs.length }
}

/** The operator's resources have no prefix, as in `openshift.io/`. */
function isOf(resources: readonly string[], name: string | null | undefined): boolean {
  return name != null && name !== '' && resources.some((resource) => resource.endsWith(`/${name}`))
}
