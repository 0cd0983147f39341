import { expect } from 'chai'
import { FakeRoot } from '../../testing/fake-root.ts'
import { within } from '../../testing/limits.ts'
import { bindForDpdk, isUsable } from '../pci-binding.ts'
import { deviceOf, familyOf, familyOfPmd, NIC_FAMILIES, UNKNOWN_NIC } from './families.ts'
import { type NicFamily, VFIO_PCI } from './family.ts'

describe('the families of NICs', () => {
  const all = <T>(list: (family: NicFamily) => readonly T[]) => NIC_FAMILIES.flatMap(list)

  it('have ids and drivers of their own', () => {
    for (const list of [
      all(({ devices }) => Object.keys(devices)),
      all(({ kernelDrivers }) => kernelDrivers),
      all(({ pollModeDrivers }) => pollModeDrivers),
    ])
      expect(new Set(list).size).to.equal(list.length)
    for (const ids of all(({ devices }) => Object.keys(devices)))
      expect(ids).to.match(/^[\da-f]{4}:[\da-f]{4}$/)
  })

  it('go to vfio-pci, but for those that DPDK shares with the kernel', () => {
    for (const { dpdkDriver, kernelDrivers } of NIC_FAMILIES)
      expect([VFIO_PCI, ...kernelDrivers]).to.include(dpdkDriver)
    expect(familyOf({ ids: '15b3:1018' }).dpdkDriver).to.equal('mlx5_core')
    expect(familyOf({ ids: '8086:154c' }).dpdkDriver).to.equal(VFIO_PCI)
  })

  for (const [title, vendor, ids] of [
    ['NVIDIA’s mlx5', '15b3', ['1014', '1016', '1018', '101a', '101c', '101e', 'a2d3']],
    ['Intel’s iavf VF', '8086', ['154c', '1571', '1889', '374d', '37cd']],
    ['Intel’s ixgbe VF', '8086', ['10ed', '1515', '1565', '15a8', '15c5', '57ad']],
    ['Intel’s igb VF', '8086', ['10ca', '1520']],
    ['Broadcom’s bnxt VF', '14e4', ['16dc', '16e1', '1806', '1807', '1819']],
    ['Amazon’s ENA', '1d0f', ['ec20', 'ec21']],
  ] as const) {
    it(`know the VFs of ${title}`, () => {
      for (const id of ids) expect(familyOf({ ids: `${vendor}:${id}` }).title, id).to.equal(title)
    })
  }

  it('are known by the kernel’s driver where a device is too new', () => {
    expect(familyOf({ ids: '15b3:ffff', driver: 'mlx5_core' }).title).to.equal('NVIDIA’s mlx5')
    // No VF of it is in DPDK's list.
    expect(familyOf({ ids: '14e4:14dc', driver: 'bnxt_en' })).to.include({
      title: 'Broadcom’s bnxt VF',
      dpdkDriver: VFIO_PCI,
    })
    expect(familyOf({ ids: 'ffff:ffff', driver: 'new' })).to.equal(UNKNOWN_NIC)
    expect(familyOf({ ids: '' })).to.equal(UNKNOWN_NIC)
    expect(familyOfPmd('net_new')).to.equal(UNKNOWN_NIC)
  })

  it('tell what a device can do', () => {
    expect(deviceOf('8086:154c')).to.include({ model: 'Intel X710/XL710', packetsPerSecond: 40_000_000 })
    expect(deviceOf('8086:10ca')).to.include({ isEmulated: true, rxQueues: 2 })
    for (const none of ['ffff:ffff', '', 'constructor']) expect(deviceOf(none)).to.equal(undefined)
  })
})

describe('a family of NICs that is added', () => {
  const added: NicFamily = {
    title: 'Acme’s fast NIC',
    devices: { 'acce:0001': { model: 'Acme Fast' } },
    kernelDrivers: ['acme'],
    pollModeDrivers: ['net_acme'],
    dpdkDriver: 'acme',
    needs: 'DPDK’s driver net_acme',
  }
  const address = '0000:06:00.0'
  const device = `sys/bus/pci/devices/${address}`

  it('is bound and judged by its record', async () => {
    await using guest = await FakeRoot.create({
      [`${device}/vendor`]: '0xacce\n',
      [`${device}/device`]: '0x0001\n',
    })
    await guest.program('modprobe', 'true')
    await guest.program(
      'driverctl',
      `ln -sfn "$ROOT/sys/bus/pci/drivers/$4" "$ROOT/${device}/driver"; mkdir -p "$ROOT/sys/bus/pci/drivers/$4"`,
    )
    const [unknown] = await bindForDpdk(guest.shell, [address], within())
    expect(unknown).to.include({ driver: VFIO_PCI, wantedDriver: VFIO_PCI })
    const [known] = await bindForDpdk(guest.shell, [address], within(), [added])
    expect(known).to.include({ driver: 'acme', wantedDriver: 'acme' })
    expect(known !== undefined && isUsable(known)).to.equal(true)
    expect(unknown !== undefined && isUsable({ ...unknown, wantedDriver: 'acme' })).to.equal(false)
  })
})
