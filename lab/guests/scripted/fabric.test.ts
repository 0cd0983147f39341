import { expect } from 'chai'
import { Fabric } from './fabric.ts'
import type { PortFaults } from './port-faults.ts'

/** A generator with two ports and a VM that forwards from east to west, on the test's own clock. */
function testbed(faults: { generatorEast?: PortFaults; vmEast?: PortFaults; vmWest?: PortFaults } = {}) {
  const clock = { now: 0 }
  const fabric = new Fabric(() => clock.now)
  const generator = {
    east: fabric.attach('east', 'g:e', faults.generatorEast),
    west: fabric.attach('west', 'g:w'),
  }
  const vm = {
    east: fabric.attach('east', 'v:e', faults.vmEast),
    west: fabric.attach('west', 'v:w', faults.vmWest),
  }
  generator.west.onReceived = () => undefined
  vm.east.onReceived = (packets) => {
    vm.west.transmit('g:w', packets)
  }
  return { clock, fabric, generator, vm }
}

describe('fabric', () => {
  it('counts by rate and time, and to the last packet', () => {
    const { clock, fabric, generator, vm } = testbed()
    const flow = fabric.send(generator.east, 'v:e', 1000, 10_000)
    clock.now = 4321
    expect([flow.read(), vm.east.read().rxPackets, generator.west.read().rxPackets]).to.deep.equal([
      4321, 4321, 4321,
    ])
    clock.now = 3_600_000
    expect(generator.west.read().rxPackets).to.equal(10_000)
    expect(flow.endedAt).to.equal(10_000)
  })

  it('takes an even part of the packets at each hop, however often it is looked at', () => {
    for (const step of [1, 7, 100, 20_000]) {
      const { clock, fabric, generator, vm } = testbed({
        generatorEast: { lostBehind: 0.1 },
        vmEast: { rxMissed: 0.01, rxNoMbuf: 0.02 },
        vmWest: { txDropped: 0.05 },
      })
      fabric.send(generator.east, 'v:e', 1000, 10_000)
      while (clock.now < 20_000) {
        clock.now += step
        fabric.advance()
      }
      const [east, west] = [vm.east.read(), vm.west.read()]
      expect(east.rxMissed).to.equal(90)
      expect(east.rxNoMbuf).to.equal(178)
      expect(east.rxPackets).to.equal(9000 - 90 - 178)
      expect(west.txDropped).to.equal(436)
      expect(west.txPackets + west.txDropped).to.equal(east.rxPackets)
      expect(generator.west.read().rxPackets).to.equal(west.txPackets)
    }
  })

  it('delivers by address, so that many pairs share a wire', () => {
    const { clock, fabric, generator, vm } = testbed()
    const other = fabric.attach('east', 'v2:e')
    other.onReceived = () => undefined
    fabric.send(generator.east, 'v:e', 1000, 100)
    clock.now = 1000
    expect([vm.east.read().rxPackets, other.read().rxPackets]).to.deep.equal([100, 0])
  })

  it('lets packets get no further than a port that is down, or that nobody looks after', () => {
    const { clock, fabric, generator, vm } = testbed({ vmEast: { down: true } })
    fabric.send(generator.east, 'v:e', 1000, 100)
    clock.now = 1000
    expect(vm.east.hasLink).to.equal(false)
    expect([generator.east.read().txPackets, vm.east.read().rxPackets]).to.deep.equal([100, 0])
  })

  it('loses what is sent while a link flaps', () => {
    const { clock, fabric, generator, vm } = testbed({ vmEast: { flapping: { every: 1000, downFor: 250 } } })
    fabric.send(generator.east, 'v:e', 1000, 4000)
    clock.now = 10_000
    expect(vm.east.read().rxPackets).to.be.within(2980, 3020)
  })

  it('loses what is above the rate that a hop carries, however often it is looked at', () => {
    for (const step of [1, 7, 100, 20_000]) {
      const ceiling = { packetsPerSecond: 800, loses: 'rxMissed' } as const
      const { clock, fabric, generator, vm } = testbed({ vmEast: { ceiling } })
      // The rates of two senders on one port add up.
      for (const packets of [500, 500]) fabric.send(generator.east, 'v:e', 500, packets)
      while (clock.now < 20_000) {
        clock.now += step
        fabric.advance()
      }
      expect(vm.east.read().rxMissed).to.be.within(199, 201)
      fabric.send(generator.east, 'v:e', 800, 800)
      clock.now = 40_000
      expect(vm.east.read().rxMissed).to.be.within(199, 201)
    }
  })

  it('loses none of a short burst that a buffer takes', () => {
    const ceiling = { packetsPerSecond: 800, buffer: 300, loses: 'rxMissed' } as const
    const { clock, fabric, generator, vm } = testbed({ vmEast: { ceiling } })
    fabric.send(generator.east, 'v:e', 1000, 1000)
    clock.now = 5000
    expect(vm.east.read().rxMissed).to.equal(0)
    fabric.send(generator.east, 'v:e', 1000, 2000)
    clock.now = 10_000
    expect(vm.east.read().rxMissed).to.be.within(99, 101)
  })

  it('carries the bytes of frames, and loses them with the frames', () => {
    const { clock, fabric, generator, vm } = testbed({ generatorEast: { lostBehind: 0.1 } })
    fabric.send(generator.east, 'v:e', 1000, 1000, 100)
    clock.now = 5000
    expect(generator.east.read().txSurplus).to.equal(100_000)
    expect(vm.east.read().rxSurplus).to.equal(90_000)
    const cut = testbed({ vmEast: { cut: true } })
    cut.fabric.send(cut.generator.east, 'v:e', 1000, 1000, 100)
    cut.clock.now = 5000
    expect(cut.vm.east.read()).to.include({ rxPackets: 1000, rxSurplus: 0 })
  })

  it('brings frames that nobody sent', () => {
    const { clock, vm } = testbed({ vmEast: { foreign: 10 } })
    clock.now = 2000
    expect(vm.east.read().rxPackets).to.equal(20)
  })
})
