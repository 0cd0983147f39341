/**
 * Whether frames above 1,518 bytes fit the MTU of the network: that of the PFs, as the SR-IOV operator reports it (a VF's
 * MTU can be no larger), and that of a CNI plugin in the network's configuration.
 */
import { cniOption, readCniConfig } from '../../cluster/cni-config.ts'
import type { SriovNodeState } from '../../cluster/schemas/sriov-node-state.ts'
import { isTarget } from '../../model/target-node.ts'
import { grouped, shorten } from '../../common/text.ts'
import { longestBytes, mtuOf, USUAL_MTU } from '../../model/frame.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { defineCheck } from './check.ts'
import { resourcesOf } from './network.ts'
import { byReason, mustHaveUsableNodes, nameOf } from './nodes.ts'
import { pfsOf } from './sriov-state.ts'
import { mustBeRead, type NetworkRead } from './survey.ts'

export const mtu = defineCheck({
  id: 'preflight.mtu',
  title: 'the frames fit the MTU of the network',
  rationale: 'Frames above the MTU are dropped before they reach the VM.',
  remediation: 'Raise the MTU of PFs, VFs and switch, or send shorter frames.',
  blames: 'input',
  onlyIf: { parameter: 'frameSize', isAsked: ({ frameSize }) => mtuOf(frameSize) > USUAL_MTU },
  reads: async (survey) => {
    const [states, nodes, networks] = await Promise.all([
      survey.sriovNodeStates(),
      survey.nodes(),
      survey.networks(),
    ])
    return { states, nodes, networks, parameters: survey.parameters }
  },
  judge: ({ states, nodes, networks, parameters }, { fact, wrong, warning }) => {
    const { frameSize, targetNodes } = parameters
    const needed = mtuOf(frameSize)
    const asked = `frames of ${grouped(longestBytes(frameSize))} bytes need an MTU of ${grouped(needed)}`
    fact('MTU needed', needed)
    for (const { name, mtu: given } of networks.flatMap(mtusOfPlugins)) {
      fact(`mtu of network ${name}`, given)
      if (given < needed) wrong(`${asked}, and network ${name} sets ${grouped(given)}`)
    }
    if ('missing' in states) {
      skipCriterion('the SR-IOV operator, which knows the MTU of the PFs, is not installed')
    }
    const targets = Object.values(targetNodes ?? {})
    const names = new Set(
      mustHaveUsableNodes(nodes)
        .filter(({ metadata }) => targets.length === 0 || targets.some((one) => isTarget(metadata, one)))
        .map(nameOf),
    )
    const pfs = mustBeRead(states)
      .filter(({ metadata }) => names.has(metadata.name))
      .flatMap((state) => mtusOf(state, resourcesOf(networks)))
    if (pfs.length === 0) skipCriterion('the SR-IOV operator reports no MTU of a PF with VFs of the network')
    const reasons = pfs.map(({ node, pf, mtu: has }) => [node, `${pf} has ${grouped(has)}`] as const)
    fact('MTU of the PFs', byReason(reasons))
    const small = pfs.filter(({ mtu: has }) => has < needed)
    if (small.length === 0) return
    const where = byReason(small.map(({ node, pf, mtu: has }) => [node, `${pf} has ${grouped(has)}`]))
    const isEnough = new Set(small.map(({ node }) => node)).size < new Set(pfs.map(({ node }) => node)).size
    const sentence = `${asked}: ${where} (mtu of the SriovNetworkNodePolicy)`
    // Other nodes may serve, unless these are the ones that the parameters name.
    if (isEnough && targets.length === 0) warning(sentence)
    else wrong(sentence)
  },
})

function mtusOf(state: SriovNodeState, resources: readonly string[]) {
  return pfsOf(state, resources).flatMap(({ name, pciAddress, mtu: has }) =>
    has == null ? [] : [{ node: state.metadata.name, pf: shorten(name ?? pciAddress, 40), mtu: has }],
  )
}

/** Plugins that set an interface's MTU, such as tuning. */
function mtusOfPlugins({ name, nad }: NetworkRead): readonly { name: string; mtu: number }[] {
  const config = 'found' in nad ? readCniConfig(nad.found.spec?.config) : undefined
  if (config === undefined || 'problem' in config) return []
  return config.plugins.flatMap((plugin) => {
    const given = cniOption(plugin, 'mtu')
    return typeof given === 'number' && given > 0 ? [{ name: shorten(name, 80), mtu: given }] : []
  })
}
