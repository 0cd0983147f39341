import { expect } from 'chai'
import { TimeoutError } from '../common/errors.ts'
import { foreign } from '../common/foreign-text.ts'
import type { ApiClient } from './api-client.ts'
import { readinessInterval, Vmis } from './vmi.ts'

const BOOTING = { metadata: { name: 'x', uid: 'uid-1' }, status: { phase: 'Scheduled' } }

/** A server that answers once and is unreachable afterwards. */
function serverThatGoesAway(): Vmis {
  let answers = 0
  const client: Pick<ApiClient, 'send'> = {
    send: () => {
      answers += 1
      if (answers === 1) return Promise.resolve(BOOTING)
      return Promise.reject(new TimeoutError('reading VMI ns/x: https://api cannot be reached'))
    },
  }
  return new Vmis(client as ApiClient)
}

const limits = { signal: new AbortController().signal, timeout: 500 }
const wait = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was thrown',
    (error: unknown) => String(error),
  )

/** The error of the wait for a VMI in this state. */
function failureOf(status: object): Promise<string> {
  const client = { send: () => Promise.resolve({ metadata: { name: 'x' }, status }) }
  return wait(new Vmis(client as unknown as ApiClient).waitReady('ns', 'x', { ...limits, timeout: 200 }))
}

describe('the wait for a VMI', () => {
  it('to be ready tells of an API server that went away meanwhile', async () => {
    expect(await wait(serverThatGoesAway().waitReady('ns', 'x', limits))).to.match(
      /^UnreachableError: .*last saw phase Scheduled; since then reading VMI ns\/x: https:\/\/api cannot be reached after/,
    )
  })

  it('to be ready has the last answer of an API server that fails to the end', async () => {
    const said = foreign('etcdserver: request timed out')
    const failed = new TimeoutError('reading VMI ns/x: etcd', { facts: { status: 500, said } })
    const client = { send: () => Promise.reject(failed) }
    const ready = new Vmis(client as unknown as ApiClient).waitReady('ns', 'x', { ...limits, timeout: 100 })
    const error = await ready.catch((thrown: unknown) => thrown)
    expect(error).to.have.property('code', 'unreachable')
    expect(error).to.have.nested.property('facts.said', said)
  })

  for (const phase of ['Failed', 'Succeeded']) {
    it(`to be ready ends at once in phase ${phase}, with what its conditions say`, async () => {
      const reason = {
        type: 'Ready',
        status: 'False',
        reason: 'PodTerminating',
        message: 'SMT Alignment Error',
      }
      expect(await failureOf({ phase, conditions: [reason] })).to.match(
        new RegExp(`^UnrecoverableError: VMI ns/x ended \\(phase ${phase}\\).*SMT Alignment Error`),
      )
    })
  }

  it('to be ready ends at once where an image is not pulled again and again', async () => {
    const pull = (reason: string) => ({
      phase: 'Scheduling',
      conditions: [{ type: 'Synchronized', status: 'False', reason, message: 'Back-off pulling image "x"' }],
    })
    expect(await failureOf(pull('ImagePullBackOff'))).to.match(
      /^UnrecoverableError: VMI ns\/x cannot start.*Back-off pulling image "x"/,
    )
    expect(await failureOf(pull('ErrImagePull'))).to.match(/^TimeoutError: .*last saw phase Scheduling/)
  })

  it('to be ready blames the VMI where it is seen not to be to the end', async () => {
    const client: Pick<ApiClient, 'send'> = { send: () => Promise.resolve(BOOTING) }
    const ready = new Vmis(client as ApiClient).waitReady('ns', 'x', { ...limits, timeout: 200 })
    expect(await wait(ready)).to.match(/^TimeoutError: .*last saw phase Scheduled after/)
  })

  it('to be gone tells of it as well', async () => {
    expect(
      await wait(serverThatGoesAway().waitGone('ns', 'x', 'uid-1', { ...limits, timeout: 1000 })),
    ).to.match(
      /last saw phase Scheduled; since then reading VMI ns\/x: https:\/\/api cannot be reached after/,
    )
  })

  it('to be gone says what keeps one whose deletion was accepted', async () => {
    const metadata = {
      name: 'x',
      uid: 'uid-1',
      deletionTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['a/b'],
    }
    const vmi = { metadata, status: { phase: 'Running' } }
    const client: Pick<ApiClient, 'send'> = { send: () => Promise.resolve(vmi) }
    const waiting = new Vmis(client as ApiClient).waitGone('ns', 'x', 'uid-1', { ...limits, timeout: 50 })
    const error = await waiting.then(
      () => expect.fail('was not rejected'),
      (thrown: unknown) => thrown,
    )
    expect(error)
      .to.have.property('message')
      .that.matches(/is being deleted, finalizers \[a\/b\], phase Running/)
  })

  it('to be gone ends where another one has its name', async () => {
    const client: Pick<ApiClient, 'send'> = { send: () => Promise.resolve(BOOTING) }
    await new Vmis(client as ApiClient).waitGone('ns', 'x', 'uid-2', limits)
  })
})

describe('the looks at a VMI that boots', () => {
  for (const readyAt of [10, 400, 1000, 5000, 60_000, 299_000])
    it(`notice in time that it is ready after ${readyAt} ms, in few requests`, () => {
      let at = 0
      let polls = 1
      while (at < readyAt) {
        at += readinessInterval(at)
        polls += 1
      }
      expect(at - readyAt).to.be.at.most(Math.max(1000, 0.2 * at))
      expect(polls).to.be.at.most(30)
    })

  it('of both VMIs are at most 60 requests in five minutes', () => {
    let requests = 0
    for (let at = 0; at < 300_000; at += readinessInterval(at)) requests += 2
    expect(requests).to.be.at.most(60)
  })
})
