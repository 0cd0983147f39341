import { expect } from 'chai'
import { nicBehind } from './rss.ts'

describe('the NIC behind a port of testpmd', () => {
  it('does not what QEMU’s vmxnet3 does not do, whatever its driver lists', () => {
    const rssTypes = ['ipv4', 'ipv4-tcp', 'ipv4-udp']
    const nic = nicBehind({ driver: 'net_vmxnet3', rssTypes })
    expect(nic).to.deep.equal({ title: 'QEMU’s vmxnet3', isSoftware: true, rss: 'nothing' })
  })

  it('hashes what testpmd lists', () => {
    const rss = (rssTypes: string[]) => nicBehind({ driver: 'net_iavf', rssTypes }).rss
    expect(rss(['ipv4', 'ipv4-udp'])).to.equal('udp-ports')
    expect(rss(['ipv4', 'ipv4-tcp'])).to.equal('no-udp-ports')
    expect(rss([])).to.equal('nothing')
    expect(nicBehind({ driver: 'net_virtio', rssTypes: [] })).to.include({ isSoftware: true, rss: 'nothing' })
  })

  it('is not guessed where testpmd does not tell', () => {
    expect(nicBehind({})).to.deep.equal({ title: 'the NIC', isSoftware: false, rss: 'unknown' })
    expect(nicBehind({ driver: 'net_new' })).to.deep.include({ title: 'net_new', rss: 'unknown' })
    expect(nicBehind({ driver: 'mlx5_pci' })).to.deep.include({ title: 'NVIDIA’s mlx5', rss: 'unknown' })
  })
})
