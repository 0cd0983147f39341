import { expect } from 'chai'
import { createTrafficGenerator } from './create-traffic-generator.ts'
import { FakeShell, soon } from '../testing/fake-shell.ts'

describe('the door to the traffic generators', () => {
  const mac = '60:00:00:00:00:01'
  const east = { pciAddress: '0000:06:00.0', mac }
  const west = { pciAddress: '0000:07:00.0', mac }
  const shell = new FakeShell({ run: () => ({ output: 'Unit trex.service not found.', exitCode: 5 }) })
  const dependencies = { shell, east, west, peer: mac, cpus: [4, 5] }

  for (const engine of ['trex', 'pktgen'] as const) {
    it(`opens to ${engine}`, () => {
      expect(createTrafficGenerator(engine, dependencies).engine).equals(engine)
    })
  }

  it('leaves it to the engine to say that it is not there', async () => {
    const error: unknown = await createTrafficGenerator('trex', dependencies)
      .prepare(soon)
      .catch((thrown: unknown) => thrown)
    expect(error).includes({ code: 'engine-not-available' })
    expect(error).has.property('message').that.includes('Unit trex.service not found.')
  })
})
