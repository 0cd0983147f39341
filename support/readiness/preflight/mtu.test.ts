import { expect } from 'chai'
import { sriovNodeStateSchema } from '../../cluster/schemas/sriov-node-state.ts'
import { DEFAULT_FRAMES, framesOf } from '../../model/frame.ts'
import { mtu } from './mtu.ts'
import { askedOf, PREFLIGHT } from './preflight.ts'
import type { Survey } from './survey.ts'

const RESOURCE = 'openshift.io/dpdk_vf'

function state(name: string, has: number | undefined) {
  const pf = { pciAddress: '0000:3b:00.0', name: 'ens1f0' }
  return sriovNodeStateSchema.parse({
    metadata: { name },
    spec: { interfaces: [{ ...pf, numVfs: 4, vfGroups: [{ resourceName: 'dpdk_vf' }] }] },
    status: { syncStatus: 'Succeeded', interfaces: [{ ...pf, ...(has === undefined ? {} : { mtu: has }) }] },
  })
}

interface Given {
  /** MTU of each node's PF; undefined: there is no operator. */
  readonly pfs?: readonly (number | undefined)[]
  readonly plugin?: object
  readonly targets?: Readonly<Record<string, string>>
}

function examine({ pfs, plugin = {}, targets }: Given, bytes = 9018) {
  const states = pfs?.map((has, index) => state(`w${index}`, has))
  const nodes = (states ?? [state('w0', undefined)]).map(({ metadata }) => ({
    metadata: { ...metadata, labels: { 'kubevirt.io/schedulable': 'true', cpumanager: 'true' } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }))
  const scheduling = { tolerations: [], nodeSelector: {}, priorityClassName: undefined }
  const annotations = { 'k8s.v1.cni.cncf.io/resourceName': RESOURCE }
  const spec = { config: JSON.stringify({ type: 'sriov', ...plugin }) }
  const survey = {
    parameters: { targetNodes: targets, frameSize: framesOf(bytes) },
    sriovNodeStates: () => Promise.resolve(states === undefined ? { missing: 'none' } : { found: states }),
    nodes: () => Promise.resolve({ found: { nodes, absent: [], scheduling } }),
    networks: () =>
      Promise.resolve([
        {
          name: 'n',
          ports: ['east', 'west'],
          nad: { found: { metadata: { name: 'n', annotations }, spec } },
        },
      ]),
  }
  return mtu.examine(survey as unknown as Survey)
}

describe('the preflight of the MTU', () => {
  it('is made only for frames that an MTU of 1500 does not let through', () => {
    const with_ = (bytes: number) => {
      const parameters = { frameSize: bytes === 64 ? DEFAULT_FRAMES : framesOf(bytes), flows: 1 }
      const asks = (isAsked: (all: never) => boolean) => isAsked(parameters as never)
      return askedOf(PREFLIGHT, { asks }).includes(mtu)
    }
    expect([64, 1518, 1519, 9018].map(with_)).to.deep.equal([false, false, true, true])
  })

  const CASES: readonly (readonly [string, Given, number, string, RegExp?])[] = [
    ['PFs with an MTU that is just enough', { pfs: [9000, 9000] }, 9018, 'passed'],
    ['PFs with one byte less', { pfs: [8999, 8999] }, 9018, 'error', /need an MTU of 9,000: .*8,999/],
    ['one of two nodes with less', { pfs: [9000, 1500] }, 9018, 'passed'],
    [
      'a target node with less',
      { pfs: [9000, 1500], targets: { 'vm-under-test': 'w1', 'traffic-generator': 'w0' } },
      9018,
      'error',
      /w1/,
    ],
    [
      'a network that sets less',
      { pfs: [9000], plugin: { mtu: 8000 } },
      9018,
      'error',
      /network n sets 8,000/,
    ],
    ['a shorter frame', { pfs: [2000] }, 2018, 'passed'],
    ['no operator', {}, 9018, 'not-judged'],
    ['an operator that tells no MTU', { pfs: [undefined] }, 9018, 'not-judged'],
  ]
  for (const [what, given, bytes, expected, says] of CASES)
    it(`is ${expected} for ${what}`, async () => {
      const { outcome, problems } = await examine(given, bytes)
      expect(outcome, problems.join()).to.equal(expected)
      if (says !== undefined) expect(problems.join()).to.match(says)
    })

  it('warns where other nodes may serve', async () => {
    expect((await examine({ pfs: [9000, 1500] })).warnings.join()).to.include('w1')
  })
})
