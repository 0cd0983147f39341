import { expect } from 'chai'
import type { ConfigMap } from '../cluster/config-map.ts'
import { KEPT_LABEL, keptRuns, removeOldest } from './kept-runs.ts'

const LIMITS = { signal: new AbortController().signal, timeout: 1000 }

function configMap(
  name: string,
  startedAt: string | undefined,
  labels: Record<string, string> = KEPT_LABEL,
): ConfigMap {
  const data = startedAt === undefined ? {} : { 'status.startTimestamp': startedAt }
  return { metadata: { name, uid: `uid of ${name}`, labels }, data }
}

/** The names of the ConfigMaps that are removed. */
async function removed(keep: number, ...all: readonly ConfigMap[]): Promise<string[]> {
  const names: string[] = []
  const configMaps = {
    list: () => Promise.resolve(all),
    delete: (_namespace: string, name: string) => {
      names.push(name)
      return Promise.resolve()
    },
  }
  await removeOldest(configMaps, 'ns', keep, LIMITS)
  return names
}

describe('the runs of a schedule that are kept', () => {
  const [first, second, third] = ['2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z']

  it('are the latest ones, and runs of others', async () => {
    const all = [
      configMap('b', second),
      configMap('c', third),
      configMap('a', first),
      configMap('mine', first, {}),
    ]
    expect(await removed(2, ...all)).to.deep.equal(['a'])
    expect(await removed(1, ...all)).to.deep.equal(['a', 'b'])
    expect(await removed(3, ...all)).to.deep.equal([])
    expect(await removed(9, ...all)).to.deep.equal([])
  })

  it('are not those that never started', async () => {
    expect(await removed(1, configMap('a', first), configMap('never', undefined))).to.deep.equal(['never'])
  })

  it('are a number', () => {
    expect(keptRuns(undefined)).to.equal(undefined)
    expect(keptRuns('12')).to.equal(12)
    for (const wrong of ['0', '-1', '1.5', 'all', '', '99999'])
      expect(() => keptRuns(wrong)).to.throw(/--keep must be a number of runs/)
  })
})
