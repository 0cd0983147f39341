import { expect } from 'chai'
import { isSimulatedVersion, labVersion } from './lab-facts.ts'

describe('what the laboratory tells of itself', () => {
  it('is build metadata of its version', () => {
    expect(labVersion('v1.32.4', false)).to.equal('v1.32.4+dpdk-checkup-lab')
    expect(labVersion('v1.32.4', true)).to.equal('v1.32.4+dpdk-checkup-lab.simulated')
  })

  for (const [version, expected] of [
    [labVersion('v1.32.4', true), true],
    [labVersion('v1.32.4', false), false],
    ['v1.32.4', false],
    ['v1.31.5+k3s1', false],
    ['v1.27.3-gke.100', false],
    ['v1.32.4+vendor.simulated', false],
    ['v1.32.4-dpdk-checkup-lab.simulated', false],
    ['', false],
  ] as const) {
    it(`takes ${version || 'nothing'} for ${expected ? 'simulated' : 'real'}`, () => {
      expect(isSimulatedVersion(version)).to.equal(expected)
    })
  }
})
