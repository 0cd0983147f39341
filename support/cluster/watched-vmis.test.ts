import { expect } from 'chai'
import type { Limits } from '../common/wait.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError } from './api-error.ts'
import { WatchedVmis, type WatchPacing } from './watched-vmis.ts'
import type { WatchHandlers } from './watch-stream.ts'

const HOUR = 3_600_000
const LIMITS: Limits = { signal: new AbortController().signal, timeout: 60_000 }
/** A silent watch is never doubted, and one that ends is replaced at once. */
const TRUSTING: WatchPacing = { silence: HOUR, provenSilence: HOUR, grace: 1, relist: 0, early: 0 }

interface WorldVmi {
  readonly phase: string
  readonly version: string
  readonly isReady?: boolean
}

interface Opened extends WatchHandlers {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  isClosed: boolean
}

/** An API server with VMIs; changes reach a watch only if the test sends them. */
class World {
  readonly vmis = new Map<string, WorldVmi>()
  readonly requests: string[] = []
  readonly streams: Opened[] = []
  refusesLists = false
  readonly #waiting: (() => void)[] = []

  set(name: string, vmi: WorldVmi): object {
    this.vmis.set(name, vmi)
    return this.object(name, vmi)
  }

  object(name: string, { phase, version, isReady = false }: WorldVmi): object {
    const conditions = ['Ready', 'AgentConnected'].map((type) => ({
      type,
      status: isReady ? 'True' : 'False',
    }))
    return { metadata: { name, uid: `uid-${name}`, resourceVersion: version }, status: { phase, conditions } }
  }

  watched(pacing: Partial<WatchPacing> = {}): WatchedVmis {
    const scope = { namespace: 'ns', label: { name: 'run', value: '1' }, limits: () => LIMITS }
    const client = { send: ({ path }: { readonly path: string }) => this.#answer(path) }
    return new WatchedVmis(client as unknown as ApiClient, scope, {
      pacing: { ...TRUSTING, ...pacing },
      open: (path, query, handlers) => {
        const stream: Opened = { ...handlers, path, query, isClosed: false }
        this.streams.push(stream)
        this.#waiting.splice(0).forEach((resolve) => {
          resolve()
        })
        return Promise.resolve(() => {
          stream.isClosed = true
        })
      },
    })
  }

  /** The nth watch, once it is opened. */
  async stream(count: number): Promise<Opened> {
    for (;;) {
      const stream = this.streams[count - 1]
      if (stream !== undefined) return stream
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  get lists(): number {
    return this.requests.filter((path) => path.includes('?')).length
  }

  #answer(path: string): Promise<unknown> {
    this.requests.push(path)
    if (path.includes('?')) {
      if (this.refusesLists) return Promise.reject(new ApiError('listing', 403, ''))
      const items = [...this.vmis].map(([name, vmi]) => this.object(name, vmi))
      return Promise.resolve({ metadata: { resourceVersion: `list-${this.lists}` }, items })
    }
    const name = path.split('/').at(-1) ?? ''
    const vmi = this.vmis.get(name)
    if (vmi === undefined) return Promise.reject(new ApiError('reading', 404, ''))
    return Promise.resolve(this.object(name, vmi))
  }
}

const BOOTING: WorldVmi = { phase: 'Scheduling', version: '1' }
const READY: WorldVmi = { phase: 'Running', version: '9', isReady: true }

function bootingPair(): World {
  const world = new World()
  world.set('a', BOOTING)
  world.set('b', BOOTING)
  return world
}

describe('VMIs that are watched', () => {
  it('are ready by one list and one watch from there, which ends with the last wait', async () => {
    const world = bootingPair()
    const vmis = world.watched()
    const waits = ['a', 'b'].map((name) => vmis.waitReady('ns', name, LIMITS))
    const stream = await world.stream(1)
    expect(stream.path).to.match(/\/namespaces\/ns\/virtualmachineinstances$/)
    expect(stream.query).to.deep.equal({
      labelSelector: 'run=1',
      allowWatchBookmarks: 'true',
      resourceVersion: 'list-1',
    })
    stream.onEvent('BOOKMARK', { metadata: { resourceVersion: '5' } })
    stream.onEvent('MODIFIED', world.set('a', READY))
    await waits[0]
    expect(stream.isClosed).to.equal(false)
    stream.onEvent('MODIFIED', world.set('b', READY))
    await Promise.all(waits)
    expect(stream.isClosed).to.equal(true)
    expect([world.requests.length, world.streams.length]).to.deep.equal([1, 1])
  })

  it('are gone by an event, which the API server confirms', async () => {
    const world = bootingPair()
    const gone = world.watched().waitGone('ns', 'a', 'uid-a', LIMITS)
    const stream = await world.stream(1)
    world.vmis.delete('a')
    stream.onEvent('DELETED', world.object('a', BOOTING))
    await gone
    expect(world.requests).to.have.length(2)
  })

  it('are not gone because a watch says so', async () => {
    const world = bootingPair()
    const ready = world.watched().waitReady('ns', 'a', LIMITS)
    const stream = await world.stream(1)
    // Its label was removed, so that it left the watch.
    world.set('a', READY)
    stream.onEvent('DELETED', world.object('a', BOOTING))
    const { metadata } = await ready
    expect(metadata.name).to.equal('a')
  })

  const ENDS: readonly (readonly [string, (stream: Opened) => void])[] = [
    [
      'its connection is lost',
      ({ onEnd }) => {
        onEnd(undefined)
      },
    ],
    [
      'its version is too old',
      ({ onEvent }) => {
        onEvent('ERROR', { kind: 'Status', code: 410, reason: 'Expired' })
      },
    ],
    [
      'the server answers that the version is too old',
      ({ onEnd }) => {
        onEnd(410)
      },
    ],
  ]
  for (const [what, end] of ENDS)
    it(`are listed and watched again where ${what}`, async () => {
      const world = bootingPair()
      const ready = world.watched().waitReady('ns', 'a', LIMITS)
      end(await world.stream(1))
      const second = await world.stream(2)
      expect(second.query).to.include({ resourceVersion: 'list-2' })
      // What the first watch still brings is from before.
      world.streams[0]?.onEvent('MODIFIED', world.object('a', { ...BOOTING, phase: 'Failed' }))
      second.onEvent('MODIFIED', world.set('a', READY))
      await ready
      expect(world.lists).to.equal(2)
    })

  it('are polled where the watch is refused', async () => {
    const world = bootingPair()
    const ready = world.watched().waitReady('ns', 'a', LIMITS)
    const stream = await world.stream(1)
    world.set('a', READY)
    stream.onEnd(403)
    await ready
    expect([world.lists, world.streams.length]).to.deep.equal([2, 1])
  })

  it('are read one by one where the list is refused', async () => {
    const world = bootingPair()
    world.refusesLists = true
    world.set('a', READY)
    await world.watched().waitReady('ns', 'a', LIMITS)
    expect(world.requests.at(-1)).to.match(/virtualmachineinstances\/a$/)
    expect(world.streams).to.have.length(0)
  })

  it('are polled where watches end early again and again', async () => {
    const world = bootingPair()
    const ready = world.watched({ early: HOUR }).waitReady('ns', 'a', LIMITS)
    for (const count of [1, 2, 3]) {
      const stream = await world.stream(count)
      if (count === 3) world.set('a', READY)
      stream.onEnd(undefined)
    }
    await ready
    expect(world.streams).to.have.length(3)
  })

  it('are polled where a list shows a change that the watch does not bring', async () => {
    const world = bootingPair()
    const ready = world.watched({ silence: 0 }).waitReady('ns', 'a', LIMITS)
    const stream = await world.stream(1)
    world.set('a', READY)
    await ready
    expect(stream.isClosed).to.equal(true)
    expect(world.streams).to.have.length(1)
  })

  it('stay watched where the event of a listed change is on its way', async () => {
    const world = bootingPair()
    const ready = world.watched({ silence: 0, grace: HOUR }).waitReady('ns', 'a', LIMITS)
    const stream = await world.stream(1)
    const changed = world.set('a', { ...BOOTING, version: '2' })
    while (world.lists < 2) await new Promise(setImmediate)
    stream.onEvent('MODIFIED', changed)
    stream.onEvent('MODIFIED', world.set('a', READY))
    await ready
    expect(world.streams).to.have.length(1)
  })

  it('stay watched where a silent watch and a list agree', async () => {
    const world = bootingPair()
    const ready = world.watched({ silence: 0 }).waitReady('ns', 'a', LIMITS)
    const stream = await world.stream(1)
    while (world.lists < 2) await new Promise(setImmediate)
    stream.onEvent('MODIFIED', world.set('a', READY))
    await ready
    expect(world.streams).to.have.length(1)
  })
})
