import { LabError } from '../../lab-error.ts'
import { expect } from 'chai'
import type { Socket } from 'node:net'
import { socketPair } from './fake-socket.ts'
import { cpuThreads, diskOperations, QmpClient, type QmpEvent } from './qmp-client.ts'
import { onLines } from './socket.ts'

interface Command {
  readonly execute: string
  readonly id: number
}

/** Plays QEMU: sends a greeting, and answers each command with the result of `answer`. */
function playQemu(far: Socket, answer: (command: Command) => object | undefined): void {
  far.write('{"QMP": {"version": {}, "capabilities": []}}\r\n')
  onLines(far, (line) => {
    const command = JSON.parse(line) as Command
    const reply = command.execute === 'qmp_capabilities' ? { return: {} } : answer(command)
    if (reply !== undefined) far.write(`${JSON.stringify({ ...reply, id: command.id })}\r\n`)
  })
}

describe("QEMU's control connection", () => {
  let near: Socket, far: Socket

  beforeEach(async () => {
    ;({ near, far } = await socketPair())
  })
  afterEach(() => {
    near.destroy()
    far.destroy()
  })

  it("tells which threads are a guest's CPUs", () => {
    // The answer of QEMU 7.2 to query-cpus-fast.
    const cpu = (index: number) => ({
      'thread-id': 25_627 + index,
      props: { 'core-id': index, 'thread-id': 0, 'die-id': 0, 'socket-id': 0 },
      'qom-path': `/machine/unattached/device[${index}]`,
      'cpu-index': index,
      target: 'x86_64',
    })
    expect(cpuThreads([cpu(0), cpu(1)])).to.deep.equal([25_627, 25_628])
    expect(() => cpuThreads([{ 'cpu-index': 0 }])).to.throw('thread-id')
  })

  it('tells what a guest has asked of its disks', () => {
    // A part of the answer of QEMU 7.2 to query-blockstats.
    const disk = (device: string, rd_operations: number, wr_operations: number) => ({
      device,
      'node-name': `#block${device}`,
      stats: { rd_bytes: 4096, wr_bytes: 0, rd_operations, wr_operations, flush_operations: 1 },
      parent: { stats: { rd_operations: 99, wr_operations: 99, flush_operations: 99 } },
    })
    expect(diskOperations([disk('boot', 120, 7), disk('seed', 3, 0)])).to.equal(132)
    expect(() => diskOperations([{ device: 'boot' }])).to.throw('stats')
  })

  it('matches answers to commands, whatever their order', async () => {
    const held: Command[] = []
    playQemu(far, (command) => {
      held.push(command)
      if (held.length === 2)
        for (const { execute, id } of held.reverse())
          far.write(`${JSON.stringify({ return: `of ${execute}`, id })}\r\n`)
      return undefined
    })
    const qmp = await QmpClient.open(near)
    expect(await Promise.all([qmp.execute('first'), qmp.execute('second')])).to.deep.equal([
      'of first',
      'of second',
    ])
  })

  it("passes QEMU's refusal on", async () => {
    playQemu(far, () => ({ error: { class: 'CommandNotFound', desc: 'The command x has not been found' } }))
    const qmp = await QmpClient.open(near)
    const error: unknown = await qmp.execute('x').catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(LabError).with.property('message').that.includes('has not been found')
  })

  it('hands on events between answers', async () => {
    playQemu(far, () => {
      far.write('{"event": "VSERPORT_CHANGE", "data": {"open": true, "id": "agent"}}\r\n')
      return { return: {} }
    })
    const qmp = await QmpClient.open(near)
    const events: QmpEvent[] = []
    qmp.onEvent((event) => events.push(event))
    await qmp.execute('cont')
    expect(events).to.deep.equal([{ name: 'VSERPORT_CHANGE', data: { open: true, id: 'agent' } }])
  })

  it('fails what is under way when QEMU goes, and what comes after', async () => {
    playQemu(far, () => undefined)
    const qmp = await QmpClient.open(near)
    const asked = qmp.execute('stop').catch((thrown: unknown) => thrown)
    far.destroy()
    expect(await asked)
      .to.be.instanceOf(LabError)
      .with.property('code', 'qmp-lost')
    const later: unknown = await qmp.execute('stop').catch((thrown: unknown) => thrown)
    expect(later).to.be.instanceOf(LabError).with.property('code', 'qmp-lost')
  })

  it('fails to open where QEMU goes before it greets', async () => {
    const opened = QmpClient.open(near).catch((thrown: unknown) => thrown)
    far.destroy()
    expect(await opened)
      .to.be.instanceOf(LabError)
      .with.property('code', 'qmp-lost')
  })
})
