import { expect } from 'chai'
import fc from 'fast-check'
import { SuiteError, UnrecoverableError } from '../common/errors.ts'
import { CASES, hostileObject } from '../common/testing/hostile-text.ts'
import type { ApiClient } from './api-client.ts'
import { ConfigMaps } from './config-map.ts'
import { Inventory } from './inventory.ts'
import { readinessOf, Vmis } from './vmi.ts'

const LIMITS = { signal: new AbortController().signal, timeout: 1000 }

const VMI = {
  metadata: { name: 'vmi', uid: 'u', labels: { a: 'b' } },
  status: {
    phase: 'Running',
    nodeName: 'node',
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'AgentConnected', status: 'True' },
      { type: 'Synchronized', status: 'True', reason: 'x', message: 'y' },
      { type: 'PodScheduled', status: 'True' },
    ],
  },
}
const NAD = { metadata: { name: 'net', annotations: { a: 'b' } }, spec: { config: '{}' } }
const CONFIG_MAP = { metadata: { name: 'config', resourceVersion: '1', labels: {} }, data: { a: 'b' } }

/** A client whose server gives this answer to every request. */
function answering(answer: unknown): ApiClient {
  const client: Pick<ApiClient, 'send'> = { send: () => Promise.resolve(answer) }
  return client as ApiClient
}

async function read<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error
    expect(error.message.length).to.be.below(2000)
    expect(error.message).not.to.include('\n')
    return undefined
  }
}

describe('hostile objects of a cluster', () => {
  it('are no VMI that is ready, unless all says so', async () => {
    await fc.assert(
      fc.asyncProperty(hostileObject(VMI), async (answer) => {
        const vmi = await read(() => new Vmis(answering(answer)).get('ns', 'vmi', LIMITS))
        if (vmi === undefined) return
        let look
        try {
          look = readinessOf(vmi, 'ns/vmi')
        } catch (error) {
          expect(error).to.be.instanceOf(UnrecoverableError)
          return
        }
        if (!('done' in look)) return
        const of = (type: string) =>
          vmi.status?.conditions?.find((condition) => condition.type === type)?.status
        expect([of('Ready'), of('AgentConnected')]).to.deep.equal(['True', 'True'])
      }),
      CASES,
    )
  })

  it('are ConfigMaps, networks and reviews as they should be, or an error that says where not', async () => {
    const answers = fc.tuple(
      hostileObject(CONFIG_MAP),
      hostileObject(NAD),
      hostileObject({ status: { allowed: true } }),
      hostileObject({
        items: [{ status: { observedKubeVirtVersion: 'v1' } }],
        gitVersion: 'v1',
        resources: [{ name: 'a' }],
      }),
    )
    await fc.assert(
      fc.asyncProperty(answers, async ([configMap, nad, review, list]) => {
        const found = await read(() => new ConfigMaps(answering(configMap)).get('ns', 'config', LIMITS))
        for (const text of Object.values(found?.data ?? {})) expect(text).to.be.a('string')
        const network = await read(() => new Inventory(answering(nad)).nad('ns', 'net', LIMITS))
        if (network !== undefined && 'found' in network) expect(network.found.metadata.name).to.be.a('string')
        const permission = { verb: 'get', group: '', resource: 'configmaps' }
        const missing = await read(() =>
          new Inventory(answering(review)).permissions('ns', { required: [permission] }, LIMITS),
        )
        // Only `allowed: true`, or a rule with the permission, counts as a yes.
        const { status } = (review ?? {}) as { status?: { allowed?: unknown; resourceRules?: unknown } }
        const isAllowed = status?.allowed === true
        if (missing !== undefined && 'found' in missing)
          expect(missing.found.missing.length === 0).to.equal(isAllowed)
        const inventory = new Inventory(answering(list))
        await read(() => inventory.kubernetesVersion(LIMITS))
        await read(() => inventory.kubeVirt(LIMITS))
        await read(() => inventory.resources('kubevirt.io', 'v1', LIMITS))
      }),
      CASES,
    )
  })

  it('are told by the places where they are wrong, the first few of many', async () => {
    const answer = { items: Array.from({ length: 100_000 }, () => 'nonsense') }
    const error = await new Inventory(answering(answer)).kubeVirt(LIMITS).catch((thrown: unknown) => thrown)
    expect(String(error)).to.match(
      /^SuiteError: KubeVirt's configuration is not what Kubernetes promises: items\.0: .* \(and 99997 more\)$/,
    )
  })
})
