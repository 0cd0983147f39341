/** Whether a matrix can be measured between the requested nodes. */
import { chooseNodes, type Chosen } from '../matrix/choose-nodes.ts'
import { readRoom } from './capacity.ts'
import { defineCheck } from './check.ts'
import { listNames, obstaclesOf } from './nodes.ts'
import type { Survey } from './survey.ts'
import { schedulingOf } from '../parameters.ts'

export const matrix = defineCheck({
  id: 'preflight.matrix',
  title: 'the requested nodes can be paired',
  rationale: 'The matrix measures paths between nodes, so at least two nodes must accept the VMIs.',
  remediation:
    'Correct the names or labels of spec.param.nodes, or free CPUs, hugepages and VFs on the nodes.',
  blames: 'input',
  onlyIf: { parameter: 'nodes', isAsked: ({ nodes }) => nodes !== undefined },
  reads: readChosen,
  judge: (chosen, { fact, wrong, warning }) => {
    const withRoom = (room: number) =>
      chosen?.nodes.filter((node) => node.room === room).map(({ name }) => name) ?? []
    fact('nodes with room for both VMIs', listNames(withRoom(2)) || 'none')
    if (withRoom(1).length > 0)
      fact('nodes with room for one VMI (its role alternates)', listNames(withRoom(1)))
    for (const { name, room, short } of chosen?.nodes ?? [])
      if (room === 0) warning(`node ${name} cannot be measured: ${short ?? ''}`)
    for (const sentence of chosen?.warnings ?? []) warning(sentence)
    for (const sentence of chosen?.problems ?? []) wrong(sentence)
  },
})

/** The nodes of the matrix; undefined if none are requested. */
export async function readChosen(survey: Survey): Promise<Chosen | undefined> {
  const { parameters } = survey
  const { nodes: choice, sameNode = false } = parameters
  if (choice === undefined) return undefined
  const [read, roomOf, states] = await Promise.all([
    survey.nodes(),
    readRoom(survey),
    survey.sriovNodeStates(),
  ])
  const scheduling = schedulingOf(parameters)
  return chooseNodes({
    choice,
    sameNode,
    read,
    roomOf,
    states: 'found' in states ? states.found : [],
    obstacles: (node) => obstaclesOf(node, scheduling),
  })
}
