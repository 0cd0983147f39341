import { PATIENCE } from '../common/testing/patience.ts'
import { expect } from 'chai'
import type { ApiClient, ApiRequest } from '../cluster/api-client.ts'
import { ApiError } from '../cluster/api-error.ts'
import { SILENT } from '../report/silent-progress.ts'
import { type Cluster, clusterOf } from '../run/connect.ts'
import type { Configured } from './configure.ts'
import { readParameters } from './read-parameters.ts'
import { provision } from './provision.ts'
import { Run } from '../run/run.ts'

const EXISTS = JSON.stringify({ message: 'it already exists', reason: 'AlreadyExists' })
const NOT_FOUND = JSON.stringify({ message: 'not found', reason: 'NotFound' })

interface Stored {
  readonly metadata: { readonly name: string; readonly uid: string; readonly labels?: object }
}

/** An API server on which another client creates an object of each planned name just before the run does. */
function crowded(
  isTaken: (path: string) => boolean,
  forbids: (request: ApiRequest) => string | undefined = () => undefined,
): {
  readonly cluster: Cluster
  readonly stored: Map<string, Stored>
} {
  const stored = new Map<string, Stored>()
  const send = (request: ApiRequest): Promise<unknown> => {
    const { method, path, body, doing } = request
    const forbidden = forbids(request)
    if (forbidden !== undefined) return Promise.reject(new ApiError(doing, 403, forbidden))
    if (method === 'POST') {
      const { metadata } = body as Stored
      const item = `${path}/${metadata.name}`
      if (isTaken(path)) {
        stored.set(item, { metadata: { name: metadata.name, uid: 'theirs' } })
        return Promise.reject(new ApiError(doing, 409, EXISTS))
      }
      stored.set(item, { metadata: { ...metadata, uid: `uid of ${metadata.name}` } })
      return Promise.resolve(undefined)
    }
    const found = stored.get(path)
    if (found === undefined) return Promise.reject(new ApiError(doing, 404, NOT_FOUND))
    if (method === 'DELETE') {
      const { preconditions } = body as { preconditions?: { uid?: string } }
      expect(preconditions?.uid).to.equal(found.metadata.uid)
      stored.delete(path)
    }
    return Promise.resolve(found)
  }
  const client = { send } as unknown as ApiClient
  const cluster = clusterOf(client)
  return { cluster, stored }
}

function configuredOn(cluster: Cluster): Configured {
  const parameters = readParameters({
    'spec.timeout': '10m',
    'spec.param.networkAttachmentDefinitionName': 'dpdk-network',
  })
  return { cluster, environment: { namespace: 'ns', configMap: 'config', pod: undefined }, parameters }
}

describe('the making of the testbed', () => {
  for (const [taken, kind] of [
    ['virtualmachineinstances', 'VMI'],
    ['configmaps', 'ConfigMap'],
  ] as const)
    it(`removes nothing of others, where they have ${taken} of its names, and says so`, async () => {
      const { cluster, stored } = crowded((path) => path.endsWith(taken))
      const run = new Run(SILENT)
      const { vmis } = await provision(run, configuredOn(cluster), () => undefined)
      for (const outcome of Object.values(vmis)) {
        // An error, not a VMI that the cluster fails to start.
        expect(outcome).to.have.property('outcome', 'error')
        expect('notReady' in outcome && outcome.notReady).to.match(
          new RegExp(`^${kind} ns/[\\w-]+ already exists, and this run did not create it`),
        )
      }
      run.end()
      expect(stored.size).to.equal(4)
      expect(
        await run.cleanup.run({ signal: new AbortController().signal, timeout: PATIENCE }),
      ).to.deep.equal([])
      const left = [...stored.values()].map(({ metadata }) => metadata.uid)
      expect(left).to.deep.equal(['theirs', 'theirs'])
    })

  it('tells a refusal at once, as the cluster’s word, and does not wait for the other VMI', async () => {
    const said =
      'virtualmachineinstances.kubevirt.io "x" is forbidden: exceeded quota: team, limited: count/vmis=1'
    const refusal = JSON.stringify({ message: said, reason: 'Forbidden' })
    const { cluster } = crowded(
      () => false,
      ({ method, path, body }) =>
        method === 'POST' &&
        path.endsWith('virtualmachineinstances') &&
        (body as Stored).metadata.name.startsWith('dpdk-traffic-gen')
          ? refusal
          : undefined,
    )
    const run = new Run(SILENT)
    const { vmis } = await provision(run, configuredOn(cluster), () => undefined)
    expect(vmis['traffic-generator']).to.include({ outcome: 'failed' })
    expect(vmis['vm-under-test']).to.deep.equal({
      notReady: 'the run stopped waiting for this VMI: the traffic generator could not be created',
      outcome: 'not-judged',
      errors: [],
    })
    expect(run.journal.toReport().phases.map(({ name, outcome }) => [name, outcome])).to.deep.equal([
      ['create the VMIs', 'failed'],
    ])
    run.end()
  })
})
