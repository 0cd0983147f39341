/** Latency of one request to the lab's API server, measured with the suite's client. */
import { ConfigMaps } from '../../../support/cluster/config-map.ts'
import { type Benchmark, type Figure, percentile } from '../figure.ts'
import { PairLab } from '../scripted-pairs.ts'

const WARM_UP = 300
const REQUESTS = 2000
const MOST_MS = 5

export const apiLatency: Benchmark = {
  name: 'api',
  about: "the lab's API server: how long one request takes",
  async run({ signal, progress }) {
    await using lab = await PairLab.start(1)
    const configMaps = new ConfigMaps(lab.client)
    const limits = { signal, timeout: 10_000 }
    const create = (name: string) =>
      configMaps.create(
        'bench',
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: {} }, data: { key: name } },
        limits,
      )
    const get = (name: string) => configMaps.get('bench', name, limits)
    for (let count = 0; count < WARM_UP; count += 1) await create(`warm-up-${count}`)
    for (let count = 0; count < WARM_UP; count += 1) await get(`warm-up-${count}`)

    progress(`${REQUESTS} times create`)
    const creating = await timeEach((index) => create(`config-${index}`))
    progress(`${REQUESTS} times get`)
    const getting = await timeEach((index) => get(`config-${index}`))
    return [...figuresOf('create', creating), ...figuresOf('get', getting)]
  },
}

async function timeEach(request: (index: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  for (let index = 0; index < REQUESTS; index += 1) {
    const started = performance.now()
    await request(index)
    took.push(performance.now() - started)
  }
  return took
}

function figuresOf(verb: string, took: readonly number[]): Figure[] {
  return [50, 99].map((percent) => ({
    id: `api.${verb}.p${percent}`,
    what: `${percent} of 100 requests to ${verb} a ConfigMap take at most`,
    value: percentile(took, percent / 100),
    unit: 'ms',
    goal: { below: MOST_MS },
  }))
}
