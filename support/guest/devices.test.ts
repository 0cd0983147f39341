import { expect } from 'chai'
import { prepareHugepages } from './hugepages.ts'
import { bindToVfio, readNics } from './pci-binding.ts'
import { within } from './testing/limits.ts'
import { type Answer, ScriptedShell } from './testing/scripted-shell.ts'

describe('hugepages', () => {
  const pools =
    'pool /sys/kernel/mm/hugepages/hugepages-2048kB 0 0\npool /sys/kernel/mm/hugepages/hugepages-1048576kB 1 1'

  it('are counted per size, and mounted with the size of the big ones', async () => {
    const shell = new ScriptedShell([['nr_hugepages', pools]])
    expect(await prepareHugepages(shell, within(1000))).to.deep.equal({
      pools: [
        { sizeKiB: 2048, total: 0, free: 0 },
        { sizeKiB: 1048576, total: 1, free: 1 },
      ],
      oneGiB: { total: 1, free: 1 },
      mountPoint: '/mnt/huge',
      mounted: true,
    })
    expect(shell.ran('mount -t hugetlbfs -o pagesize=1G hugetlbfs /mnt/huge')).to.equal(true)
  })

  it('that are missing, and a mount that fails, are facts', async () => {
    const words = 'mount: unknown filesystem type'
    const shell = new ScriptedShell([
      ['nr_hugepages', ''],
      ['mount', { output: words, exitCode: 32 }],
    ])
    const facts = await prepareHugepages(shell, within(1000))
    expect(facts).to.include({ mounted: false, problem: JSON.stringify(words) })
    expect(facts.oneGiB).to.deep.equal({ total: 0, free: 0 })
  })
})

describe('binding NICs', () => {
  const [east, west] = ['0000:06:00.0', '0000:07:00.0'] as const
  /** What the guest says of several, each as a look finds it. */
  const said = (address: string, state: string) => `nic ${address}\n${state}\n`
  const kernelDriver = '0x15ad\n0x07b0\ndriver vmxnet3\ngroup 12\nnet enp6s0'
  const vfio = '0x15ad\n0x07b0\ndriver vfio-pci\ngroup 12\nnet '
  const groups = ['iommu_groups', '12'] as const

  /** The answers of the looks, one after the other. */
  function looks(...answers: readonly string[]): Answer {
    let look = 0
    return () => answers[Math.min(look++, answers.length - 1)] ?? ''
  }

  it('tells vendor, device, driver, group and interface', async () => {
    const shell = new ScriptedShell([['vendor', said(east, kernelDriver)]])
    expect(await readNics(shell, [east], within(1000))).to.deep.equal([
      {
        address: east,
        present: true,
        vendor: '15ad',
        device: '07b0',
        interfaceName: 'enp6s0',
        driver: 'vmxnet3',
        iommuGroup: '12',
      },
    ])
  })

  it('gives them to vfio-pci and says who had them', async () => {
    const shell = new ScriptedShell([
      groups,
      ['set-override', ''],
      ['vendor', looks(said(east, kernelDriver) + said(west, vfio), said(east, vfio) + said(west, vfio))],
    ])
    const { nics, iommu } = await bindToVfio(shell, [east, west], within(1000))
    expect(iommu).to.equal(true)
    expect(nics.map(({ bound, driverBefore, driver }) => ({ bound, driverBefore, driver }))).to.deep.equal([
      { bound: true, driverBefore: 'vmxnet3', driver: 'vfio-pci' },
      { bound: true, driverBefore: 'vfio-pci', driver: 'vfio-pci' },
    ])
    expect(shell.ran('enable_unsafe_noiommu_mode')).to.equal(false)
    const overrides = shell.commands.filter((command) => command.includes('set-override'))
    expect(overrides).to.have.length(1)
    expect(overrides[0]).to.include(east).and.not.include(west)
  })

  it('lets vfio do without an IOMMU where the guest has none', async () => {
    const shell = new ScriptedShell([['vendor', said(east, vfio)]])
    expect((await bindToVfio(shell, [east], within(1000))).iommu).to.equal(false)
    expect(shell.ran('modprobe vfio enable_unsafe_noiommu_mode=1')).to.equal(true)
  })

  it('that fails is a fact, with the words of the guest', async () => {
    const shell = new ScriptedShell([
      ['modprobe', { output: 'modprobe: FATAL: Module vfio-pci not found', exitCode: 1 }],
      groups,
      ['set-override', { output: 'driverctl: failed to bind device', exitCode: 1 }],
      ['vendor', said(east, kernelDriver)],
    ])
    const [facts] = (await bindToVfio(shell, [east], within(1000))).nics
    expect(facts).to.include({ bound: false, driver: 'vmxnet3' })
    expect(facts?.problem).to.equal(
      'driver vmxnet3 holds it: "modprobe: FATAL: Module vfio-pci not found"; "driverctl: failed to bind device"',
    )
  })

  it('of a device that is not there is a fact', async () => {
    const [facts] = (await bindToVfio(new ScriptedShell([groups]), [east], within(1000))).nics
    expect(facts).to.include({ present: false, bound: false, problem: `there is no PCI device at ${east}` })
  })

  it('takes nothing but PCI addresses', async () => {
    const outcome = await readNics(new ScriptedShell([]), ['06:00.0; reboot'], within(1000)).catch(
      (e: unknown) => e,
    )
    expect(outcome).to.have.property('code', 'bad-pci-address')
  })
})
