import { rm } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'chai'
import { prepareHugepages } from './hugepages.ts'
import { bindForDpdk, holderOf, isUsable, readNics } from './pci-binding.ts'
import { FakeRoot } from '../testing/fake-root.ts'
import { within } from '../testing/limits.ts'
import { ScriptedShell } from '../testing/scripted-shell.ts'

describe('hugepages', () => {
  const pools =
    'pool /sys/kernel/mm/hugepages/hugepages-2048kB 0 0\npool /sys/kernel/mm/hugepages/hugepages-1048576kB 1 1'

  it('are counted per size', async () => {
    const shell = new ScriptedShell([['nr_hugepages', pools]])
    expect(await prepareHugepages(shell, within())).to.deep.equal({
      pools: [
        { sizeKiB: 2048, total: 0, free: 0 },
        { sizeKiB: 1048576, total: 1, free: 1 },
      ],
      oneGiB: { total: 1, free: 1 },
      mountPoint: '/mnt/huge',
      mounted: true,
    })
  })

  it('that are missing, and a mount that fails, are facts', async () => {
    const text = 'mount: unknown filesystem type'
    const shell = new ScriptedShell([['nr_hugepages', `mount failed: ${text}`]])
    const facts = await prepareHugepages(shell, within())
    expect(facts).to.include({ mounted: false, problem: JSON.stringify(text) })
    expect(facts.oneGiB).to.deep.equal({ total: 0, free: 0 })
  })

  it('are mounted by the pages there are, where nothing is mounted, and a refusal is told', async () => {
    await using guest = await FakeRoot.create({
      'proc/mounts': 'tmpfs /tmp tmpfs rw 0 0\n',
      'sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages': '4\n',
      'sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages': '3\n',
    })
    await guest.program('mount', 'echo "mount $*" >>"$ROOT/log"; echo no such device >&2; exit 32')
    const facts = await prepareHugepages(guest.shell, within())
    expect(facts.oneGiB).to.deep.equal({ total: 4, free: 3 })
    expect(facts).to.include({ mounted: false, problem: '"no such device"' })
    expect(await guest.read('log')).to.equal('mount -t hugetlbfs -o pagesize=1G hugetlbfs /mnt/huge\n')
    const mounted = `hugetlbfs ${guest.folder}/mnt/huge hugetlbfs rw,pagesize=1024M 0 0\n`
    await guest.write({ 'proc/mounts': mounted })
    expect(await prepareHugepages(guest.shell, within())).to.include({ mounted: true })
  })
})

describe('binding NICs', () => {
  const [east, west] = ['0000:06:00.0', '0000:07:00.0'] as const
  const CONNECTX = { vendor: '15b3', id: '101e' }
  const device = (address: string) => `sys/bus/pci/devices/${address}`

  /** A guest with both NICs and an IOMMU. The NICs are held by vmxnet3, unless `drivers` names others. */
  async function guestWithNics(
    drivers: Readonly<Record<string, string>> = {},
    { vendor, id } = { vendor: '15ad', id: '07b0' },
  ): Promise<FakeRoot> {
    const guest = await FakeRoot.create({ 'sys/kernel/iommu_groups/12/type': 'DMA\n' })
    for (const address of [east, west]) {
      await guest.write({
        [`${device(address)}/vendor`]: `0x${vendor}\n`,
        [`${device(address)}/device`]: `0x${id}\n`,
        [`${device(address)}/net/enp${address[6] ?? ''}s0/address`]: '',
      })
      await guest.link(`${device(address)}/driver`, `sys/bus/pci/drivers/${drivers[address] ?? 'vmxnet3'}`)
    }
    await guest.program('modprobe', 'echo "modprobe $*" >>"$ROOT/log"')
    return guest
  }
  const DRIVERCTL =
    'echo "driverctl $*" >>"$ROOT/log"; mkdir -p "$ROOT/sys/bus/pci/drivers/$4"; ' +
    `ln -sfn "$ROOT/sys/bus/pci/drivers/$4" "$ROOT/sys/bus/pci/devices/$3/driver"`
  const logOf = async (guest: FakeRoot) => (await guest.read('log')).trim().split('\n')

  it('tells vendor, device, driver and interface', async () => {
    await using guest = await guestWithNics()
    expect(await readNics(guest.shell, [east, '0000:08:00.0'], within())).to.deep.equal([
      {
        address: east,
        present: true,
        vendor: '15ad',
        device: '07b0',
        interfaceName: 'enp6s0',
        driver: 'vmxnet3',
      },
      { address: '0000:08:00.0', present: false, vendor: '', device: '' },
    ])
  })

  it('gives them to vfio-pci', async () => {
    await using guest = await guestWithNics({ [west]: 'vfio-pci' })
    await guest.program('driverctl', DRIVERCTL)
    const nics = await bindForDpdk(guest.shell, [east, west], within())
    expect(nics.map(({ wantedDriver, driver }) => ({ wantedDriver, driver }))).to.deep.equal([
      { wantedDriver: 'vfio-pci', driver: 'vfio-pci' },
      { wantedDriver: 'vfio-pci', driver: 'vfio-pci' },
    ])
    expect(nics.every(isUsable)).to.equal(true)
    // vfio-pci is loaded already, because one NIC uses it, and that NIC is not touched.
    expect(await logOf(guest)).to.deep.equal([`driverctl --nosave set-override ${east} vfio-pci`])
    // One command reads the NICs, the other binds them.
    expect(guest.shell.commands).to.have.length(2)
  })

  it('leaves those alone that DPDK shares with the kernel', async () => {
    await using guest = await guestWithNics({ [east]: 'mlx5_core', [west]: 'mlx5_core' }, CONNECTX)
    const nics = await bindForDpdk(guest.shell, [east, west], within())
    expect(nics.map(({ driver }) => driver)).to.deep.equal(['mlx5_core', 'mlx5_core'])
    expect(nics.every(isUsable)).to.equal(true)
    expect(guest.shell.commands).to.have.length(1)
  })

  it('gives those back to the kernel that an image took from it', async () => {
    await using guest = await guestWithNics({ [east]: 'vfio-pci' }, CONNECTX)
    await guest.program('driverctl', DRIVERCTL)
    const [nic] = await bindForDpdk(guest.shell, [east], within())
    expect(nic).to.include({ driver: 'mlx5_core', wantedDriver: 'mlx5_core' })
    expect(await logOf(guest)).to.deep.equal([
      'modprobe mlx5_core',
      `driverctl --nosave set-override ${east} mlx5_core`,
    ])
  })

  it('does by hand what driverctl does where the guest has none', async () => {
    await using guest = await guestWithNics()
    await guest.write({ 'sys/bus/pci/drivers/vmxnet3/unbind': '', 'sys/bus/pci/drivers_probe': '' })
    const nics = await bindForDpdk(guest.shell, [east], within())
    expect(await guest.read(`${device(east)}/driver_override`)).to.equal('vfio-pci\n')
    expect(await guest.read('sys/bus/pci/drivers/vmxnet3/unbind')).to.equal(`${east}\n`)
    expect(await guest.read('sys/bus/pci/drivers_probe')).to.equal(`${east}\n`)
    // The files of this test do not change drivers.
    expect(nics[0]).to.deep.include({ wantedDriver: 'vfio-pci', driver: 'vmxnet3', messages: [] })
    expect(nics.some(isUsable)).to.equal(false)
  })

  it('lets vfio do without an IOMMU where the guest has none', async () => {
    await using guest = await guestWithNics()
    await rm(path.join(guest.folder, 'sys/kernel/iommu_groups'), { recursive: true })
    await guest.write({ 'sys/module/vfio/parameters/enable_unsafe_noiommu_mode': '' })
    await guest.program('driverctl', DRIVERCTL)
    const nics = await bindForDpdk(guest.shell, [east], within())
    expect(nics[0]).to.include({ driver: 'vfio-pci' })
    expect(await logOf(guest)).to.deep.equal([
      'modprobe vfio enable_unsafe_noiommu_mode=1',
      'modprobe vfio-pci',
      `driverctl --nosave set-override ${east} vfio-pci`,
    ])
    expect(await guest.read('sys/module/vfio/parameters/enable_unsafe_noiommu_mode')).to.equal('1\n')
  })

  it('that fails is a fact, with the words of the guest', async () => {
    await using guest = await guestWithNics()
    await guest.program('modprobe', 'echo "modprobe: FATAL: Module vfio-pci not found" >&2; exit 1')
    await guest.program('driverctl', 'echo "driverctl: failed to bind device" >&2; exit 1')
    const [facts] = await bindForDpdk(guest.shell, [east], within())
    expect(facts).to.deep.include({
      wantedDriver: 'vfio-pci',
      driver: 'vmxnet3',
      messages: ['modprobe: FATAL: Module vfio-pci not found', 'driverctl: failed to bind device'],
    })
    expect(facts && holderOf(facts)).to.equal('driver vmxnet3 holds it')
  })

  it('of a device that is not there is a fact', async () => {
    await using guest = await FakeRoot.create()
    const [facts] = await bindForDpdk(guest.shell, [east], within())
    expect(facts).to.include({ present: false, wantedDriver: 'vfio-pci' }).and.not.have.property('driver')
    expect(guest.shell.commands).to.have.length(1)
    expect(facts && holderOf(facts)).to.equal(`there is no PCI device at ${east}`)
  })

  it('takes nothing but PCI addresses', async () => {
    const outcome = await readNics(new ScriptedShell([]), ['06:00.0; reboot'], within()).catch(
      (e: unknown) => e,
    )
    expect(outcome).to.have.property('code', 'bad-pci-address')
  })
})
