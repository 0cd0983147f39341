/** Whether the SR-IOV operator, where there is one, has made its VFs on the nodes. */
import { shorten } from '../../common/text.ts'
import { notJudged } from '../../run/criterion.ts'
import { defineCheck } from './check.ts'
import { byReason, mustHaveUsableNodes, nameOf } from './nodes.ts'
import { mustBeRead } from './survey.ts'

export const sriovState = defineCheck({
  id: 'preflight.sriov-state',
  title: 'has its SR-IOV policies in force on the nodes',
  reads: async (survey) => {
    const [states, nodes] = await Promise.all([survey.sriovNodeStates(), survey.nodes()])
    return { states, nodes, hasTargets: survey.parameters.targetNodes !== undefined }
  },
  judge: ({ states, nodes, hasTargets }, { saw, wrong, warning }) => {
    if ('missing' in states)
      notJudged('the SR-IOV operator is not installed: it has no SriovNetworkNodeStates')
    const all = mustBeRead(states)
    const names = new Set(mustHaveUsableNodes(nodes).map(nameOf))
    const ours = all.filter(({ metadata }) => names.has(metadata.name))
    if (ours.length === 0) notJudged('the SR-IOV operator looks after none of the nodes')
    saw(
      'SriovNetworkNodeStates',
      byReason(ours.map(({ metadata, status }) => [metadata.name, status?.syncStatus ?? 'not told'])),
    )
    const unsynced = ours.filter(({ status }) => status?.syncStatus !== 'Succeeded')
    if (unsynced.length === 0) return
    const sentence = `SR-IOV is not configured as its policies say on ${byReason(
      unsynced.map(({ metadata, status }) => {
        const error = status?.lastSyncError ?? ''
        const text = `syncStatus ${status?.syncStatus ?? 'not told'}${error === '' ? '' : ` (${error})`}`
        return [metadata.name, shorten(text, 300)]
      }),
    )}`
    // One node that is ready is enough for both VMIs, unless others were asked for.
    if (hasTargets || unsynced.length === ours.length) wrong(sentence)
    else warning(sentence)
  },
})
