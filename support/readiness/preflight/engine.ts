/** Whether the engine supports the NICs that the SR-IOV operator reports for the network's VFs. */
import type { SriovNodeState } from '../../cluster/schemas/sriov-node-state.ts'
import { deviceOf, familyOf, UNKNOWN_NIC } from '../../guest/facts/nic-families/families.ts'
import { isTarget } from '../../model/target-node.ts'
import { shorten } from '../../common/text.ts'
import { skipCriterion } from '../../run/criterion.ts'
import { DEFAULT_IMAGES } from '../parameters.ts'
import { defineCheck } from './check.ts'
import { resourcesOf } from './network.ts'
import { byReason, mustHaveUsableNodes, nameOf } from './nodes.ts'
import { pfsOf } from './sriov-state.ts'
import { mustBeRead } from './survey.ts'

export const engine = defineCheck({
  id: 'preflight.engine',
  title: 'the traffic engine can send through the network’s NICs',
  rationale: 'An engine without a driver for the NIC sends no packets on any cluster.',
  remediation: 'Choose another trafficGenEngine for these NICs.',
  guardsHonesty: true,
  blames: 'input',
  reads: async (survey) => {
    const [states, nodes, networks] = await Promise.all([
      survey.sriovNodeStates(),
      survey.nodes(),
      survey.networks(),
    ])
    return { states, nodes, resources: resourcesOf(networks), parameters: survey.parameters }
  },
  judge: ({ states, nodes, resources, parameters }, { fact, wrong, warning }) => {
    if ('missing' in states) skipCriterion('the SR-IOV operator, which knows the NICs, is not installed')
    const target = parameters.targetNodes?.['traffic-generator']
    const names = new Set(
      mustHaveUsableNodes(nodes)
        .filter(({ metadata }) => target === undefined || isTarget(metadata, target))
        .map(nameOf),
    )
    const nics = mustBeRead(states)
      .filter(({ metadata }) => names.has(metadata.name))
      .flatMap((state) => nicsOf(state, resources))
    if (nics.length === 0) skipCriterion('the SR-IOV operator reports no NIC with VFs of the network')
    fact('NICs of the network', byReason(nics.map(({ node, model }) => [node, model])))
    const { trafficGenEngine, trafficGenContainerDiskImage: image } = parameters
    const { unfitNics, title } = trafficGenEngine
    const unfit = nics.filter(({ family }) => unfitNics?.families.includes(family) === true)
    if (unfitNics === undefined || unfit.length === 0) return
    const where = byReason(unfit.map(({ node, model }) => [node, model]))
    const needed = `for these NICs ${title} needs ${unfitNics.needs} (${where})`
    if (image !== DEFAULT_IMAGES['traffic-generator'])
      warning(`${needed}; the start of the engine will show whether the image has it`)
    else if (unfit.length < nics.length)
      warning(`${needed}, which the default image lacks; NICs of other families may work`)
    else
      wrong(
        `${needed}, which the default image lacks; trafficGenEngine pktgen sends through the kernel's driver`,
      )
  },
})

interface NodeNic {
  readonly node: string
  readonly model: string
  readonly family: ReturnType<typeof familyOf>
}

/** The NICs whose VFs are of these resources. */
function nicsOf(state: SriovNodeState, resources: readonly string[]): NodeNic[] {
  return pfsOf(state, resources).flatMap(({ vendor, deviceID, driver }) => {
    const ids = `${vendor ?? ''}:${deviceID ?? ''}`
    const family = familyOf({ ids, driver: driver ?? '' })
    const model = deviceOf(ids)?.model ?? (family === UNKNOWN_NIC ? ids : `${family.title} (${ids})`)
    return [{ node: state.metadata.name, model: shorten(model, 80), family }]
  })
}
