import { expect } from 'chai'
import { EventEmitter, once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import type { GuestAgent, GuestCommandOptions, GuestExit, RunningGuest } from '../guests/guest-runtime.ts'
import { ContainerLog } from '../workloads/container-log.ts'
import type { ContainerPlan } from '../workloads/container-runtime.ts'
import { GuestContainer } from './guest-container.ts'
import { GuestShell } from './guest-shell.ts'

/** Plays a guest: `says` answers calls of `node.sh`, and tests append to the container's files. */
class FakeGuest {
  readonly calls: string[][] = []
  readonly inputs: string[] = []
  readonly fed: string[] = []
  readonly files: Record<string, string> = { log: '', state: 'running\n' }
  says: (args: readonly string[], options: GuestCommandOptions) => Promise<[number, string]> = (args) =>
    Promise.resolve([0, args[0] === 'start' ? 'running\n' : ''])
  isGone = false

  readonly agent: Pick<GuestAgent, 'run' | 'openFile'> = {
    run: async (_, [, ...words], options) => {
      this.calls.push(words)
      if (this.isGone) throw new Error('the guest agent is gone')
      if (words[0] === 'exec') this.inputs.push(options.input?.toString() ?? '')
      if (words[0] === 'feed' && options.input !== undefined) this.fed.push(options.input.toString())
      const [exitCode, text] = await this.says(words, options)
      return { exitCode, stdout: Buffer.from(text), stderr: Buffer.alloc(0) }
    },
    openFile: (path) => {
      const name = path.split('/').at(-1) ?? ''
      let read = 0
      return Promise.resolve({
        read: () => {
          if (this.isGone) return Promise.reject(new Error('the guest agent is gone'))
          const text = (this.files[name] ?? '').slice(read)
          read += text.length
          return Promise.resolve(Buffer.from(text))
        },
        close: () => Promise.resolve(),
      })
    },
  }

  did(word: string): string[] {
    return this.calls.filter(([first]) => first === word).map((args) => args.join(' '))
  }
}

describe('a container in a lab node', () => {
  const { signal } = new AbortController()
  let guest: FakeGuest
  let log: ContainerLog
  let released: number

  beforeEach(() => {
    guest = new FakeGuest()
    log = new ContainerLog()
    released = 0
  })

  async function start(): Promise<GuestContainer> {
    const running = { agent: guest.agent, exited: new Promise(() => undefined), console: {} }
    const shell = await GuestShell.open(running as unknown as RunningGuest, 'node', { signal })
    const plan: ContainerPlan = {
      podUid: 'uid',
      podName: 'tap',
      namespace: 'ns',
      name: 'testpmd',
      image: 'testpmd',
      command: { args: ['sleep', '1'], workingDir: '/', env: { A: 'b' } },
      user: { uid: 1001, gid: 2001 },
      supplementalGroups: [2002],
      privileged: false,
      capabilities: { add: [], drop: ['ALL'] },
      noNewPrivileges: true,
      readOnlyRoot: false,
      seccomp: 'Unconfined',
      cpus: 0,
      memoryBytes: 0,
      hugepages: {},
      resources: {},
      networks: [],
      mounts: [],
      folder: '/',
      log,
    }
    const crio = { inheritableCapabilities: true, memlock: { soft: -1, hard: -1 } }
    const allocation = { id: 'uid-1', folder: '/run/pods/uid-1', cpus: [0], devices: [], variables: {}, crio }
    return new GuestContainer({
      shell,
      plan,
      allocation: { ...allocation, hostNetwork: false },
      attachments: [],
      release: () => {
        released += 1
      },
    })
  }
  const lines = () => log.from(0).map(({ text }) => text)

  it('is started, its log followed to its end, and removed', async () => {
    const container = await start()
    await container.started
    guest.files['log'] = 'first\nlä'
    guest.files['log'] += 'st'
    guest.files['state'] = 'running\n3\n'
    expect(await container.exitCode).to.equal(3)
    expect(lines()).to.deep.equal(['first', 'läst'])
    expect([log.ended, released, guest.did('remove')]).to.deep.equal([true, 1, ['remove uid-1']])
  })

  it('has never begun where crun complains', async () => {
    guest.says = (args) =>
      Promise.resolve([0, args[0] === 'start' ? '127\ncrun: executable file not found\n' : ''])
    const container = await start()
    const failure = await container.started.catch((error: unknown) => (error as Error).message)
    expect(failure).to.equal('crun: executable file not found')
    await container.exitCode
    expect([released, guest.did('remove')]).to.deep.equal([1, ['remove uid-1']])
  })

  it('is asked to end by its first process, even while it is being made', async () => {
    const container = await start()
    container.kill('SIGTERM')
    await container.started
    container.kill('SIGKILL')
    guest.files['state'] = 'running\n137\n'
    expect(await container.exitCode).to.equal(137)
    container.kill('SIGKILL')
    expect(guest.did('kill')).to.deep.equal(['kill uid-1 TERM', 'kill uid-1 KILL'])
  })

  it('runs a program beside it, as its own user, with what it is given to read', async () => {
    const container = await start()
    await container.started
    guest.says = () => Promise.resolve([7, 'out'])
    let printed = ''
    const stdout = (chunk: Buffer) => void (printed += chunk.toString())
    const stdin = Readable.from([Buffer.from('in')])
    expect(await container.exec(['cat'], { stdin, stdout, stderr: stdout }, signal)).to.equal(7)
    expect(printed).to.equal('out')
    const [process = '', given] = guest.inputs[0]?.split('\n') ?? []
    expect(JSON.parse(process)).to.deep.include({
      args: ['cat'],
      user: { uid: 1001, gid: 2001, additionalGids: [2002] },
      noNewPrivileges: true,
    })
    expect(given).to.equal('in')
    guest.files['state'] = 'running\n0\n'
    await container.exitCode
  })

  it('shows what a longer program prints while it runs, and feeds it what is typed', async () => {
    const container = await start()
    await container.started
    const ending = Promise.withResolvers<[number, string]>()
    guest.files['exec-1.out'] = 'first\n'
    guest.files['exec-1.err'] = ''
    guest.says = (args) => {
      if (args[0] === 'exec') return ending.promise
      if (args[0] === 'feed' && args[3] === 'end') ending.resolve([3, 'first\nsecond\n'])
      return Promise.resolve([0, ''])
    }
    const stdin = new PassThrough()
    const printed = new EventEmitter<{ text: [string] }>()
    let text = ''
    const stdout = (chunk: Buffer) => {
      text += chunk.toString()
      printed.emit('text', text)
    }
    stdin.write('typed at once')
    const exitCode = container.exec(['sh'], { stdin, stdout, stderr: stdout }, signal)
    if (text === '') await once(printed, 'text')
    expect(text).to.equal('first\n')
    stdin.end('typed later')
    expect(await exitCode).to.equal(3)
    expect(text).to.equal('first\nsecond\n')
    expect(guest.did('exec')).to.deep.equal(['exec uid-1 exec-1 fed'])
    expect(guest.inputs.map((input) => input.split('\n')[1])).to.deep.equal([''])
    expect(guest.fed).to.deep.equal(['typed at once', 'typed later'])
    expect(guest.did('feed').at(-1)).to.equal('feed uid-1 exec-1 end')
    guest.files['state'] = 'running\n0\n'
    await container.exitCode
  })

  it('ends a program beside it that nobody waits for any more', async () => {
    const container = await start()
    await container.started
    const asked = new AbortController()
    guest.says = (args, { signal: given }) =>
      args[0] === 'exec'
        ? new Promise((_, reject) => {
            given?.addEventListener('abort', () => {
              reject(new Error('given up'))
            })
          })
        : Promise.resolve([0, ''])
    const none = () => undefined
    const exit = container.exec(['sleep', 'infinity'], { stdout: none, stderr: none }, asked.signal)
    setImmediate(() => {
      asked.abort(new Error('too long'))
    })
    expect(await exit).to.equal(137)
    expect(guest.did('end')).to.deep.equal(['end uid-1 exec-1'])
    guest.files['state'] = 'running\n0\n'
    await container.exitCode
  })

  it('is over, with a word in its log, when its node is gone', async () => {
    const container = await start()
    await container.started
    guest.isGone = true
    expect(await container.exitCode).to.equal(137)
    expect(lines()).to.deep.equal(['lab: the guest agent is gone'])
    expect(released).to.equal(1)
  })

  it('tells how its node ended, and the last of its console', async () => {
    const running = {
      agent: undefined as FakeGuest['agent'] | undefined,
      exited: new Promise(() => undefined),
      console: { tail: 'login: \r\n\u001b[1mKernel panic\u001b[0m - not syncing\r\n' },
    }
    const opened = GuestShell.open(running as unknown as RunningGuest, 'node', { signal, patience: 0 })
    const failure = await opened.then(String, String)
    expect(failure).to.match(
      /node to boot .*: last saw no agent; its console ends with: login:  \| Kernel panic - not.*, and no more for/,
    )
    running.agent = guest.agent
    const exited = Promise.withResolvers<GuestExit>()
    const booted = { ...running, exited: exited.promise }
    const shell = await GuestShell.open(booted as unknown as RunningGuest, 'node', { signal })
    booted.agent = undefined
    expect(await shell.run(['prepare']).then(String, String)).to.match(
      /its guest agent is gone; its console ends/,
    )
    exited.resolve({ how: 'crashed', reason: 'QEMU ended with SIGSEGV' })
    await exited.promise
    expect(await shell.run(['prepare']).then(String, String)).to.match(
      /node node is not reachable: QEMU ended with SIGSEGV; its console ends with: .*Kernel panic/,
    )
  })
})
