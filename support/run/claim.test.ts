import { expect } from 'chai'
import type { ConfigMaps } from '../cluster/config-map.ts'
import { claimConfigMap, InUseError, writeStatus } from './claim.ts'

const where = { namespace: 'ns', configMap: 'config', pod: undefined }
const limits = { signal: new AbortController().signal, timeout: 1000 }

/** A ConfigMap that another client changes just before the first updates arrive. */
function configMaps(data: Record<string, string>, ...inBetween: Record<string, string>[]) {
  const stored = { data }
  const fake: Pick<ConfigMaps, 'change'> = {
    change: (_namespace, _name, change) => {
      let changed = change(stored.data)
      for (const others of inBetween) {
        stored.data = { ...stored.data, ...others }
        changed = change(stored.data)
      }
      stored.data = changed
      return Promise.resolve()
    },
  }
  return { stored, fake: fake as ConfigMaps }
}

describe('claiming the ConfigMap', () => {
  it('writes the start timestamp and nothing else', async () => {
    const { stored, fake } = configMaps({ 'spec.timeout': '10m' })
    expect(await claimConfigMap(fake, where, 'now', limits)).to.deep.equal({ 'spec.timeout': '10m' })
    expect(stored.data).to.deep.equal({ 'spec.timeout': '10m', 'status.startTimestamp': 'now' })
  })

  it('leaves a ConfigMap alone that is in use', async () => {
    const { stored, fake } = configMaps({ 'status.startTimestamp': 'earlier' })
    let thrown: unknown
    try {
      await claimConfigMap(fake, where, 'now', limits)
    } catch (error) {
      thrown = error
    }
    expect(thrown).to.be.instanceOf(InUseError)
    expect(stored.data).to.deep.equal({ 'status.startTimestamp': 'earlier' })
  })

  it('gives way to a run that claims it at the same moment', async () => {
    const { fake } = configMaps({}, { 'status.startTimestamp': 'their start' })
    let thrown: unknown
    try {
      await claimConfigMap(fake, where, 'now', limits)
    } catch (error) {
      thrown = error
    }
    expect(thrown).to.be.instanceOf(InUseError)
  })

  it('knows its own claim again after an answer that was lost', async () => {
    const { fake } = configMaps({ 'spec.timeout': '10m' }, { 'status.startTimestamp': 'now' })
    expect(await claimConfigMap(fake, where, 'now', limits)).to.deep.equal({ 'spec.timeout': '10m' })
  })

  it('adds the status to what others wrote meanwhile', async () => {
    const { stored, fake } = configMaps({ 'status.startTimestamp': 'now' }, { note: 'theirs' })
    await writeStatus(fake, where, 'now', { 'status.succeeded': 'true' }, limits)
    expect(stored.data).to.deep.equal({
      note: 'theirs',
      'status.startTimestamp': 'now',
      'status.succeeded': 'true',
    })
  })

  it('writes no status into a ConfigMap that another run claimed', async () => {
    const { stored, fake } = configMaps({ 'status.startTimestamp': 'theirs' })
    const outcome = await writeStatus(fake, where, 'mine', { 'status.succeeded': 'true' }, limits).catch(
      (error: unknown) => error,
    )
    expect(outcome).to.have.property('code', 'not-claimed')
    expect(stored.data).to.deep.equal({ 'status.startTimestamp': 'theirs' })
  })
})
