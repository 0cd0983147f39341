import { expect } from 'chai'
import { DEFAULT_FRAMES } from '../support/model/frame.ts'
import { trexFiles } from '../support/dataplane/engines/trex/files.ts'
import { nicModelOf } from './guest-nics.ts'

const ports = (last: string) => ({ east: `52:00:00:00:0${last}:01`, west: `52:00:00:00:0${last}:02` })
const trex = trexFiles({
  pciAddresses: { east: '0000:06:00.0', west: '0000:07:00.0' },
  macs: ports('1'),
  peerMacs: ports('2'),
  portBandwidthGbps: 10,
  masterCpu: 2,
  latencyCpu: 3,
  workerCpus: [4],
  frames: DEFAULT_FRAMES,
  flows: 1024,
})
const disk = (names: readonly string[]) => ({
  name: 'config',
  files: Object.fromEntries(names.map((name) => [name, ''])),
})

describe("the lab's NICs", () => {
  it('have queues where the generator runs TRex, and are the fastest for pktgen', () => {
    const dataDisks = [disk(['meta-data', 'user-data']), disk(trex.map(({ name }) => name))]
    for (const nic of ['vmxnet3', 'virtio'] as const) {
      expect(nicModelOf({ bootDisk: 'gen', dataDisks }, 'gen', nic)).to.equal('vmxnet3')
      expect(nicModelOf({ bootDisk: 'gen', dataDisks: [disk(['boot.sh'])] }, 'gen', nic)).to.equal('virtio')
      expect(nicModelOf({ bootDisk: 'vm', dataDisks }, 'gen', nic)).to.equal(nic)
    }
  })
})
