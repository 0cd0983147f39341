import { expect } from 'chai'
import { Cleanup } from './cleanup.ts'

const limits = { signal: new AbortController().signal, timeout: 1000 }

describe('cleanup', () => {
  it('undoes everything though some of it fails, and names what is left', async () => {
    const undone: string[] = []
    const cleanup = new Cleanup()
    cleanup.plan('ConfigMap ns/a', () => Promise.reject(new Error('forbidden')))
    cleanup.plan('ConfigMap ns/b', () => {
      undone.push('b')
      return Promise.resolve()
    })
    expect(await cleanup.run(limits)).to.deep.equal(['ConfigMap ns/a (forbidden)'])
    expect(undone).to.deep.equal(['b'])
  })

  it('undoes nothing twice', async () => {
    let times = 0
    const cleanup = new Cleanup()
    cleanup.plan('VMI ns/a', () => {
      times += 1
      return Promise.resolve()
    })
    await cleanup.run(limits)
    await cleanup.run(limits)
    expect(times).to.equal(1)
  })
})
