import { expect } from 'chai'
import { TimeoutError } from '../common/errors.ts'
import type { ApiClient, ApiRequest } from './api-client.ts'
import { ApiError } from './api-error.ts'
import { ConfigMaps } from './config-map.ts'

const CONFLICT = JSON.stringify({ message: 'the object has been modified', reason: 'Conflict' })

/** A server on whose ConfigMap another client writes just before this many updates. */
function contested(conflicts: number) {
  const stored = { metadata: { name: 'config', resourceVersion: '0' }, data: { mine: 'old', theirs: '0' } }
  let updates = 0
  const send = ({ method, body, doing }: ApiRequest): Promise<unknown> => {
    if (method === 'GET') return Promise.resolve(structuredClone(stored))
    updates += 1
    if (updates <= conflicts) {
      stored.data = { ...stored.data, theirs: String(updates) }
      return Promise.reject(new ApiError(doing, 409, CONFLICT))
    }
    Object.assign(stored, body)
    return Promise.resolve(undefined)
  }
  const client: Pick<ApiClient, 'send'> = { send }
  return { stored, updates: () => updates, configMaps: new ConfigMaps(client as ApiClient) }
}

const change = (data: Readonly<Record<string, string>>) => ({ ...data, mine: 'new' })

describe('a change of a ConfigMap', () => {
  it('is made again on what others wrote in between', async () => {
    const { stored, configMaps } = contested(2)
    const limits = { signal: new AbortController().signal, timeout: 60_000 }
    await configMaps.change('ns', 'config', change, limits)
    expect(stored.data).to.deep.equal({ mine: 'new', theirs: '2' })
  })

  it('ends with its time where others write without end, and says so', async () => {
    const { updates, configMaps } = contested(Infinity)
    const limits = { signal: new AbortController().signal, timeout: 200 }
    const outcome = configMaps.change('ns', 'config', change, limits)
    const error = await outcome.catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(TimeoutError)
    expect(error).to.have.property('message', 'updating ConfigMap ns/config: the object has been modified')
    expect(updates()).to.be.below(100)
  })
})
