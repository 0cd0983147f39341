import { expect } from 'chai'
import type { GuestSpec } from '../guest-runtime.ts'
import { type GuestFiles, qemuArguments } from './command-line.ts'
import type { WireEnd } from './wires.ts'

const spec: GuestSpec = {
  id: 'vmi-under-test-abcde',
  bootDisk: '/images/vm.qcow2',
  cpu: { sockets: 1, cores: 4, threads: 2 },
  memoryMiB: 4096,
  nics: [
    { name: 'nic-east', mac: '60:00:00:00:00:01', pciAddress: '0000:06:00.0', wire: 'ns/net/nic-east' },
    { name: 'nic-west', mac: '60:00:00:00:00:02', pciAddress: '0000:07:00.0', wire: 'ns/net/nic-west' },
  ],
  dataDisks: [
    { name: 'seed', label: 'cidata', files: {} },
    { name: 'config', serial: 'DEADBEEF', files: {} },
  ],
}
const files: GuestFiles = {
  overlay: '/w/disk.qcow2',
  dataDisks: ['/w/data0.iso', '/w/data1.iso'],
  console: '/w/console',
  agent: '/w/agent',
  qmp: '/w/qmp',
  debugger: '/w/gdb',
}
const ends: WireEnd[] = [
  { path: '/w/wire1', listens: true },
  { path: '/w/wire2', listens: false },
]

/** All values of an option, in order. */
function valuesOf(args: readonly string[], option: string): string[] {
  return args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []))
}

function build(changes: Partial<GuestSpec> = {}, nicModel: 'vmxnet3' | 'virtio' = 'vmxnet3'): string[] {
  return qemuArguments({ ...spec, ...changes }, files, ends, { accelerator: 'tcg', nicModel })
}

describe("QEMU's argument list", () => {
  it('gives the CPUs and the memory that were asked for', () => {
    const args = build()
    expect(valuesOf(args, '-smp')).to.deep.equal(['8,sockets=1,cores=4,threads=2'])
    const room = build({ cpu: { ...spec.cpu, maxSockets: 4 } })
    expect(valuesOf(room, '-smp')).to.deep.equal(['8,maxcpus=32,sockets=4,cores=4,threads=2'])
    expect(valuesOf(args, '-m')).to.deep.equal(['4096M'])
  })

  it('puts each card behind the root port of its bus, with its MAC address', () => {
    const devices = valuesOf(build(), '-device')
    const ports = devices.filter((device) => device.startsWith('pcie-root-port'))
    expect(ports).to.have.length(7)
    // The firmware numbers buses in the order of the functions in the ports' slot.
    expect(ports[5]).to.equal('pcie-root-port,id=port6,chassis=6,addr=3.5')
    expect(devices.filter((device) => device.startsWith('vmxnet3'))).to.deep.equal([
      'vmxnet3,netdev=net0,mac=60:00:00:00:00:01,bus=port6,romfile=',
      'vmxnet3,netdev=net1,mac=60:00:00:00:00:02,bus=port7,romfile=',
    ])
    // QEMU gives other devices the next free slot, so the ports must come first to get theirs.
    expect(devices.indexOf(ports[0] ?? '')).to.equal(0)
  })

  it('puts a card that cannot be reset beside the root ports', () => {
    const nics = spec.nics.map((nic, index) => ({ ...nic, pciAddress: `0000:00:1${index}.0` }))
    expect(
      valuesOf(build({ nics }), '-device').filter((device) => device.startsWith('vmxnet3')),
    ).to.deep.equal([
      'vmxnet3,netdev=net0,mac=60:00:00:00:00:01,bus=pcie.0,addr=10,romfile=',
      'vmxnet3,netdev=net1,mac=60:00:00:00:00:02,bus=pcie.0,addr=11,romfile=',
    ])
  })

  it('listens on a wire or connects to it', () => {
    expect(valuesOf(build(), '-netdev')).to.deep.equal([
      'stream,id=net0,server=on,addr.type=unix,addr.path=/w/wire1',
      'stream,id=net1,server=off,addr.type=unix,addr.path=/w/wire2',
    ])
  })

  it('lets virtio cards go by the IOMMU, as vfio-pci needs', () => {
    const card = valuesOf(build({}, 'virtio'), '-device').find((device) =>
      device.startsWith('virtio-net-pci'),
    )
    expect(card).to.include('iommu_platform=on').and.include('disable-legacy=on')
  })

  it('boots from the overlay, and has the data disks after it with their serial numbers', () => {
    const disks = valuesOf(build(), '-device').filter((device) => device.startsWith('virtio-blk'))
    expect(disks).to.deep.equal([
      'virtio-blk-pci,drive=boot,bootindex=0',
      'virtio-blk-pci,drive=data0',
      'virtio-blk-pci,drive=data1,serial=DEADBEEF',
    ])
  })

  it('doubles the commas in values, where QEMU would start another option', () => {
    const args = qemuArguments(spec, { ...files, overlay: '/a,b/disk' }, ends, {
      accelerator: 'tcg',
      nicModel: 'vmxnet3',
    })
    expect(valuesOf(args, '-blockdev')[0]).to.include('filename=/a,,b/disk,')
  })

  it('has a virtual IOMMU, or none of it, also in its virtio cards', () => {
    const hardware = { accelerator: 'tcg', nicModel: 'virtio' } as const
    expect(qemuArguments(spec, files, ends, hardware).join(' ')).to.match(/intel-iommu.*iommu_platform=on/)
    expect(qemuArguments(spec, files, ends, { ...hardware, iommu: false }).join(' ')).not.to.match(/iommu/)
  })

  it('keeps interrupts remappable under KVM', () => {
    const args = qemuArguments(spec, files, ends, { accelerator: 'kvm', nicModel: 'vmxnet3' })
    expect(valuesOf(args, '-machine')[0]).to.include('kernel-irqchip=split')
    expect(valuesOf(args, '-cpu')).to.deep.equal(['host'])
  })

  for (const pciAddress of [
    '0000:00:06.0',
    '0000:00:1f.0',
    '0000:00:10.1',
    '0000:06:01.0',
    '0000:06:00.1',
    '0001:06:00.0',
    '0000:09:00.0',
  ]) {
    it(`refuses a card at ${pciAddress}`, () => {
      const nics = [{ name: 'nic-east', mac: '60:00:00:00:00:01', pciAddress, wire: 'w' }]
      expect(() => build({ nics })).to.throw(`not at ${pciAddress}`)
    })
  }

  it('refuses two cards at one address', () => {
    const nics = spec.nics.map((nic) => ({ ...nic, pciAddress: '0000:06:00.0' }))
    expect(() => build({ nics })).to.throw('same PCI address')
  })

  it('refuses a serial number the guest would see cut off', () => {
    const dataDisks = [{ name: 'config', serial: 'x'.repeat(21), files: {} }]
    expect(() => build({ dataDisks })).to.throw('at most 20')
  })
})
