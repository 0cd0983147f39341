import { LabError } from '../../lab-error.ts'
import { PATIENCE } from '../../../support/common/testing/patience.ts'
import { expect } from 'chai'
import type { Socket } from 'node:net'
import { TimeoutError } from '../../../support/common/errors.ts'
import { AgentChannel, openAgent } from './agent-client.ts'
import { socketPair } from './fake-socket.ts'

interface Request {
  readonly execute: string
  readonly arguments?: Record<string, unknown>
}

/** Plays the agent: sends the results of `answers`; undefined sends none. */
function playAgent(far: Socket, answers: (request: Request) => unknown): Request[] {
  const requests: Request[] = []
  let rest = ''
  far.setEncoding('latin1').on('data', (chunk: Buffer | string) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const request = JSON.parse(line.replaceAll('\xff', '')) as Request
      requests.push(request)
      const synchronises = request.execute === 'guest-sync-delimited'
      const answer = synchronises ? { return: request.arguments?.['id'] } : answers(request)
      if (answer === undefined) continue
      const text = Buffer.from(`${JSON.stringify(answer)}\n`, 'utf8')
      far.write(synchronises ? Buffer.concat([Buffer.from([0xff]), text]) : text)
    }
  })
  return requests
}

describe('the guest agent', () => {
  let near: Socket, far: Socket, channel: AgentChannel
  const { signal } = new AbortController()

  beforeEach(async () => {
    ;({ near, far } = await socketPair())
    channel = new AgentChannel(near)
  })
  afterEach(() => {
    near.destroy()
    far.destroy()
  })

  it('is synchronised with once, then asked', async () => {
    const requests = playAgent(far, ({ execute }) =>
      execute === 'guest-info' ? { return: { version: '7.2.22', supported_commands: [] } } : { return: {} },
    )
    // The answer to an earlier client that did not wait for it.
    far.write('{"return": {"version": "stale"}}\n')
    const agent = await openAgent(channel, signal)
    expect(await agent.info()).to.deep.equal({ version: '7.2.22' })
    expect(requests.map(({ execute }) => execute)).to.deep.equal([
      'guest-sync-delimited',
      'guest-ping',
      'guest-info',
    ])
    expect(channel.answers).to.equal(3)
  })

  it('gives a program something to read, and its outputs apart', async () => {
    const requests = playAgent(far, ({ execute }) =>
      execute === 'guest-exec'
        ? { return: { pid: 7 } }
        : { return: { exited: true, exitcode: 3, 'out-data': 'b3V0', 'err-data': 'ZXJy' } },
    )
    const agent = await openAgent(channel, signal)
    const ended = await agent.run?.('/bin/cat', ['-'], { timeout: PATIENCE, input: Buffer.from('in') })
    expect([ended?.exitCode, ended?.stdout.toString(), ended?.stderr.toString()]).to.deep.equal([
      3,
      'out',
      'err',
    ])
    expect(requests.find(({ execute }) => execute === 'guest-exec')?.arguments).to.deep.equal({
      path: '/bin/cat',
      arg: ['-'],
      'capture-output': true,
      'input-data': 'aW4=',
    })
  })

  it('reads a file that grows', async () => {
    const growth = ['b25l', '', 'dHdv']
    playAgent(far, ({ execute }) => {
      if (execute === 'guest-file-open') return { return: 1000 }
      return { return: execute === 'guest-file-read' ? { 'buf-b64': growth.shift(), eof: true } : {} }
    })
    const file = await (await openAgent(channel, signal)).openFile?.('/run/log')
    const read = async () => (await file?.read())?.toString()
    expect([await read(), await read(), await read()]).to.deep.equal(['one', '', 'two'])
    await file?.close()
  })

  it('names interfaces with their addresses', async () => {
    playAgent(far, ({ execute }) =>
      execute === 'guest-network-get-interfaces'
        ? {
            return: [
              {
                name: 'lo',
                'ip-addresses': [{ 'ip-address': '127.0.0.1', 'ip-address-type': 'ipv4', prefix: 8 }],
              },
              { name: 'enp6s0', 'hardware-address': '60:00:00:00:00:01' },
            ],
          }
        : { return: {} },
    )
    const agent = await openAgent(channel, signal)
    expect(await agent.interfaces()).to.deep.equal([
      { name: 'lo', ipAddresses: ['127.0.0.1'] },
      { name: 'enp6s0', mac: '60:00:00:00:00:01', ipAddresses: [] },
    ])
  })

  it('runs a program and tells its exit code and output', async () => {
    let polls = 0
    const requests = playAgent(far, ({ execute }) => {
      if (execute === 'guest-exec') return { return: { pid: 42 } }
      if (execute !== 'guest-exec-status') return { return: {} }
      if (++polls === 1) return { return: { exited: false } }
      const output = Buffer.from('größe\n').toString('base64')
      return { return: { exited: true, exitcode: 3, 'out-data': output } }
    })
    const agent = await openAgent(channel, signal)
    expect(await agent.exec('/bin/cat', ['/marker'], 5000)).to.deep.equal({ exitCode: 3, output: 'größe\n' })
    expect(requests.find(({ execute }) => execute === 'guest-exec')?.arguments).to.deep.equal({
      path: '/bin/cat',
      arg: ['/marker'],
      'capture-output': true,
    })
  })

  it('gives the exit code of a shell for a program ended by a signal', async () => {
    playAgent(far, ({ execute }) =>
      execute === 'guest-exec'
        ? { return: { pid: 1 } }
        : { return: execute === 'guest-exec-status' ? { exited: true, signal: 9 } : {} },
    )
    const agent = await openAgent(channel, signal)
    expect(await agent.exec('/bin/sleep', ['9'], 5000)).to.have.property('exitCode', 137)
  })

  it("passes the agent's refusal on", async () => {
    playAgent(far, ({ execute }) =>
      execute === 'guest-exec' ? { error: { class: 'GenericError', desc: 'No such file' } } : { return: {} },
    )
    const agent = await openAgent(channel, signal)
    const error: unknown = await agent.exec('/nope', [], 5000).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(LabError).with.property('message').that.includes('No such file')
  })

  it('limits a program that does not end', async () => {
    playAgent(far, ({ execute }) =>
      execute === 'guest-exec'
        ? { return: { pid: 1 } }
        : { return: execute === 'guest-exec-status' ? { exited: false } : {} },
    )
    const agent = await openAgent(channel, signal)
    const error: unknown = await agent.exec('/bin/sleep', ['9'], 300).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(TimeoutError).with.property('message').that.includes('/bin/sleep')
  })

  it('is in step again after an answer that came too late', async () => {
    let late: (() => void) | undefined
    playAgent(far, ({ execute }) => {
      if (execute !== 'guest-slow') return { return: execute === 'guest-info' ? { version: '1' } : {} }
      late = () => far.write('{"return": {"version": "late"}}\n')
      return undefined
    })
    const agent = await openAgent(channel, signal)
    await channel.request('guest-slow', undefined, { signal, timeout: 50 }).catch(() => undefined)
    late?.()
    expect(await agent.info()).to.deep.equal({ version: '1' })
  })

  it('gives up when the channel closes', async () => {
    playAgent(far, ({ execute }) => (execute === 'guest-ping' ? { return: {} } : undefined))
    const agent = await openAgent(channel, signal)
    const asked = agent.info().catch((thrown: unknown) => thrown)
    far.destroy()
    expect(await asked)
      .to.be.instanceOf(LabError)
      .with.property('code', 'agent-lost')
  })
})
