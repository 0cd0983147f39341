import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { ContainerLog } from './container-log.ts'
import { ContainerProcess } from './container-process.ts'

/** Starts a shell script as a container's first process, with pipes at descriptors 0 to 3, like the sandbox. */
function startContainer(script: string) {
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] })
  const log = new ContainerLog()
  const enter = () => Promise.reject(new Error('nothing enters it'))
  const container = new ContainerProcess(child, log, { printsStarted: true, enter })
  const lines = () => log.from(0).map(({ text }) => text)
  return { child, log, container, lines, input: child.stdin, output: child.stdout }
}

describe('a container that tells on a pipe of its own when its program begins', () => {
  // On a busy machine both pipes may have data at the same time, and either may be read first.
  it('has the lines in its log that are read before that is', async () => {
    const { container, lines, input, output } = startContainer(
      'echo first; read -r go; echo started >&3; echo second',
    )
    await once(output, 'data')
    input.end('go\n')
    await container.started
    expect(await container.exitCode).to.equal(0)
    expect(lines()).to.deep.equal(['first', 'second'])
  })

  it('has begun at the whole line, however it comes', async () => {
    const { child, container, input } = startContainer(
      'echo a warning >&3; printf star >&3; read -r go; echo ted >&3',
    )
    const descriptor3 = child.stdio[3] as Readable
    let told = ''
    while (!told.endsWith('star')) told += String((await once(descriptor3, 'data'))[0])
    let hasBegun = false
    void container.started.then(() => (hasBegun = true))
    await new Promise(setImmediate)
    expect(hasBegun).to.equal(false)
    input.end('go\n')
    await container.started
  })

  it('that did not begin says why, from all three pipes', async () => {
    const { container } = startContainer('echo no mount >&3; echo no user >&2; exit 1')
    const why = await container.started.then(
      () => 'it began',
      (error: unknown) => (error as Error).message,
    )
    expect(why).to.include('no mount').and.include('no user')
  })
})
