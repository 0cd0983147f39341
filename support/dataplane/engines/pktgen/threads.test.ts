import { expect } from 'chai'
import { newTargetCommand, planThreads } from './threads.ts'

describe('threads of pktgen that are set up', () => {
  it('send to other addresses, each to that of its port', () => {
    const request = { packetsPerSecond: 1000, duration: 1000 }
    const threads = (['east', 'west'] as const).flatMap((port) =>
      planThreads(request, { port, name: `${port}0`, cpus: [6], queues: 1, flows: 1 }),
    )
    const command = newTargetCommand(threads, { east: '60:00:00:00:00:01', west: '60:00:00:00:00:02' })
    expect(command.split(' && ')).to.deep.equal([
      "echo 'dst_mac 60:00:00:00:00:01' > /proc/net/pktgen/east0@0",
      "echo 'dst_mac 60:00:00:00:00:02' > /proc/net/pktgen/west0@0",
    ])
  })
})
