import { expect } from 'chai'
import { allCpusOnline } from './online-cpus.ts'

describe('the CPUs of a node', () => {
  /** Waits for a node that gives these answers, one after the other. */
  async function wait(planned: number, ...answers: readonly string[]) {
    const asked: string[] = []
    const left = [...answers]
    const seen: string[] = []
    const shell: Parameters<typeof allCpusOnline>[0] = {
      name: 'x',
      script: ([command = '']) => {
        asked.push(command)
        return Promise.resolve(left.shift() ?? '')
      },
      patiently: async ({ lastSeen, signal }, work) => {
        const end = await work(signal)
        seen.push(lastSeen())
        return end
      },
    }
    const { signal } = new AbortController()
    await allCpusOnline(shell, planned, { signal, tell: () => undefined })
    return { asked, seen }
  }

  it('are waited for until all of them are online', async () => {
    const { asked, seen } = await wait(
      10,
      'present 0-9\nonline 0-1\n',
      'present 0-9\nonline 0-5,8\n',
      'present 0-9\nonline 0-9\n',
    )
    expect(asked).to.deep.equal(['cpus', 'cpus', 'cpus'])
    expect(seen).to.deep.equal(['CPUs online: 0-5,8'])
  })

  it('can be a single one', async () => {
    expect((await wait(1, 'present 0\nonline 0\n')).asked).to.deep.equal(['cpus'])
  })

  it('that are not there are not waited for', async () => {
    const error = await wait(10, 'present 0-7\nonline 0-1\n').catch((thrown: unknown) => thrown)
    expect(error).to.have.property('message', 'node x has 8 of its 10 CPUs')
  })
})
