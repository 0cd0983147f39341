import { perRole } from '../model/role.ts'
import { expect } from 'chai'
import { TimeoutError } from '../common/errors.ts'
import { withLimits } from '../common/wait.ts'
import type { LinkStatus, PerPort } from '../model/ports.ts'
import type { TestpmdSession } from '../dataplane/testpmd/session.ts'
import type { TrafficGenerator } from '../dataplane/traffic-generator.ts'
import { link } from './link.ts'
import type { Prepared } from './prepare.ts'
import type { Run } from '../run/run.ts'

const UP = { east: 'up', west: 'up' } as const

function run(longest = Infinity): Run {
  const { signal } = new AbortController()
  const phase = (_name: string, _spentOn: string, work: () => Promise<unknown>) => work()
  const journal = { phase, guest: () => undefined }
  return {
    signal,
    limits: (timeout: number) => ({ signal, timeout: Math.min(timeout, longest) }),
    journal,
  } as unknown as Run
}

/** Links that are up already. */
function testpmd(): TestpmdSession {
  const port = { mac: '60:00:00:00:00:01', link: 'up' } as const
  const fake: Pick<TestpmdSession, 'startForwarding' | 'waitForLinks' | 'ports'> = {
    startForwarding: () => Promise.resolve(),
    waitForLinks: () => Promise.resolve(),
    ports: () => Promise.resolve({ east: port, west: port }),
  }
  return fake as TestpmdSession
}

const guest = { plan: { role: 'vm-under-test' }, nics: [] }
const prepared = { guests: perRole(() => guest) } as unknown as Prepared

describe('the links', () => {
  it('are waited for on the traffic generator as well, whose kernel tells of a carrier later', async () => {
    const seen: PerPort<LinkStatus>[] = [
      { east: 'down', west: 'down' },
      { east: 'up', west: 'down' },
    ]
    const fake: Pick<TrafficGenerator, 'links'> = { links: () => Promise.resolve(seen.shift() ?? UP) }
    const linked = await link(run(), prepared, { testpmd: testpmd(), generator: fake as TrafficGenerator })
    expect(linked.links).to.deep.equal(perRole(() => UP))
  })

  it('that stay down are a fact, as long as the traffic generator tells of them', async () => {
    const down = { east: 'up', west: 'down' } as const
    const fake: Pick<TrafficGenerator, 'links'> = { links: () => Promise.resolve(down) }
    const linked = await link(run(50), prepared, { testpmd: testpmd(), generator: fake as TrafficGenerator })
    expect(linked.links['traffic-generator']).to.deep.equal(down)
  })

  it('are none of a traffic generator that stopped answering after it had told of one that is down', async () => {
    let polls = 0
    const fake: Pick<TrafficGenerator, 'links'> = {
      links: (limits) => {
        polls += 1
        if (polls === 1) return Promise.resolve({ east: 'down', west: 'down' })
        return withLimits({ ...limits, describe: () => 'the command' }, () => new Promise(() => undefined))
      },
    }
    const linking = link(run(50), prepared, { testpmd: testpmd(), generator: fake as TrafficGenerator })
    expect(await linking.catch((error: unknown) => error)).to.be.instanceOf(TimeoutError)
  })
})
