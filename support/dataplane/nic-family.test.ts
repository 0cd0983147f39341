import { expect } from 'chai'
import { nicFamily } from './nic-family.ts'

describe('a family of NICs', () => {
  it('knows what QEMU’s vmxnet3 does not do, whatever its driver lists', () => {
    const rssTypes = ['ipv4', 'ipv4-tcp', 'ipv4-udp']
    expect(nicFamily({ driver: 'net_vmxnet3', rssTypes })).to.deep.equal({
      title: 'QEMU’s vmxnet3',
      isSoftware: true,
      rss: 'nothing',
    })
  })

  it('takes the hashes that testpmd lists for what a NIC can', () => {
    const rss = (rssTypes: string[]) => nicFamily({ driver: 'net_iavf', rssTypes }).rss
    expect(rss(['ipv4', 'ipv4-udp'])).to.equal('udp-ports')
    expect(rss(['ipv4', 'ipv4-tcp'])).to.equal('no-udp-ports')
    expect(rss([])).to.equal('nothing')
    expect(nicFamily({ driver: 'net_virtio', rssTypes: [] })).to.include({ isSoftware: true, rss: 'nothing' })
  })

  it('does not guess where testpmd does not tell', () => {
    expect(nicFamily({})).to.deep.equal({ title: 'the NIC', isSoftware: false, rss: 'unknown' })
    expect(nicFamily({ driver: 'mlx5_pci' })).to.deep.include({ title: 'mlx5_pci', rss: 'unknown' })
  })
})
