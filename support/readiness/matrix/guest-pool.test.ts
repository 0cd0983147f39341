import { expect } from 'chai'
import { SuiteError } from '../../common/errors.ts'
import { readParameters } from '../read-parameters.ts'
import { SILENT } from '../../report/silent-progress.ts'
import { Run } from '../../run/run.ts'
import type { Provisionable } from '../configure.ts'
import { GuestPool, type PoolSetting } from './guest-pool.ts'
import { type Generator, type NodeGuest, NotUsable } from './node-guest.ts'

const CONFIGURED = {
  parameters: readParameters({
    'spec.timeout': '1h',
    'spec.param.networkAttachmentDefinitionName': 'net',
    'spec.param.nodes': 'a,b',
  }),
  environment: { namespace: 'ns', configMap: 'config', pod: undefined },
} as unknown as Provisionable

const A = { node: 'a', role: 'traffic-generator' } as const

/** A pool whose guests are created by a function of the number of creations so far. */
function poolOf(create: (boots: number) => unknown = () => undefined) {
  const removed: string[] = []
  const names: string[] = []
  const kept: string[] = []
  const bring: PoolSetting['bring'] = (_run, _configured, node, testbed, role) => {
    const { name } = testbed.vmis[role]
    names.push(name)
    const error = create(names.length)
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the test says what is thrown
    if (error !== undefined) return Promise.reject(error)
    const remove = () => {
      removed.push(name)
      return Promise.resolve()
    }
    const keepConsole = () => kept.push(name)
    const guest = { node, role, plan: testbed.vmis[role], remove, keepConsole }
    return Promise.resolve(guest as unknown as NodeGuest)
  }
  const pool = new GuestPool({ run: new Run(SILENT), configured: CONFIGURED, owner: undefined, bring })
  return { pool, names, removed, kept }
}

function guestOf(pool: GuestPool): Generator {
  const guest = pool.generator('a')
  if (guest === undefined) throw new Error('there is no generator')
  return guest
}

describe('the VMIs of the nodes', () => {
  it('are booted once, however often they are asked for', async () => {
    const { pool, names } = poolOf()
    await pool.bringUp([A, { node: 'b', role: 'vm-under-test' }])
    await pool.bringUp([A])
    expect(names).to.have.length(2)
    expect(pool.generator('a')?.node).to.equal('a')
    expect(pool.generator('b')).to.equal(undefined)
    expect(pool.vmUnderTest('b')?.node).to.equal('b')
    expect(pool.missing(A)).to.equal(undefined)
  })

  it('are replaced once if they are lost, under another name', async () => {
    const { pool, names, removed, kept } = poolOf()
    await pool.bringUp([A])
    const end = pool.endOf(A)
    pool.lose(guestOf(pool), 'its console is gone')
    expect(end.aborted).to.equal(true)
    expect(pool.missing(A)).to.equal('the traffic generator on a was lost: its console is gone')
    await pool.bringUp([A])
    expect(new Set(names)).to.have.length(2)
    expect(removed).to.deep.equal([names[0]])
    expect(kept, 'consoles in the bundle').to.deep.equal([names[0]])
    pool.lose(guestOf(pool), 'again')
    expect(pool.isLost(A)).to.equal(true)
    await pool.bringUp([A])
    expect(names).to.have.length(2)
  })

  it('are not lost by what is said of the guest before', async () => {
    const { pool } = poolOf()
    await pool.bringUp([A])
    const former = guestOf(pool)
    pool.lose(former, 'gone')
    await pool.bringUp([A])
    pool.lose(former, 'gone')
    expect(pool.missing(A)).to.equal(undefined)
  })

  it('are not tried again if they cannot be used', async () => {
    const { pool, names } = poolOf(() => new NotUsable('no room'))
    await pool.bringUp([A])
    await pool.bringUp([A])
    expect(names).to.have.length(1)
    expect(pool.missing(A)).to.equal('no room')
    expect(pool.isLost(A)).to.equal(true)
  })

  it('are tried again if the way to them was interrupted', async () => {
    const lost = new NotUsable('not usable', { cause: new SuiteError('console-lost', 'gone') })
    const { pool, names } = poolOf((boots) => (boots === 1 ? lost : undefined))
    await pool.bringUp([A])
    expect(pool.isLost(A)).to.equal(false)
    await pool.bringUp([A])
    expect(names).to.have.length(2)
    expect(pool.missing(A)).to.equal(undefined)
  })

  it('make room for another role, and come back', async () => {
    const { pool, names, removed } = poolOf()
    await pool.bringUp([A])
    await pool.release(A)
    expect(removed).to.deep.equal([names[0]])
    await pool.bringUp([A])
    expect(pool.missing(A)).to.equal(undefined)
    expect(names).to.have.length(2)
  })
})
