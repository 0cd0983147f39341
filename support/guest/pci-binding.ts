/** Which driver holds a guest's NICs, and giving them to vfio-pci for a data plane in user space. */
import { SuiteError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { Shell } from './shell.ts'
import { quoteTail } from './terminal-text.ts'

export interface NicFacts {
  /** PCI address in the guest, e.g. `0000:06:00.0`. */
  readonly address: string
  /** Whether the guest has a device there at all. */
  readonly present: boolean
  /** PCI ids in hexadecimal without `0x`; empty where there is no device. */
  readonly vendor: string
  readonly device: string
  /** The kernel's name of its network interface, where a network driver holds it. */
  readonly interfaceName?: string
  readonly driver?: string
  readonly iommuGroup?: string
}

export interface BindingFacts extends NicFacts {
  readonly driverBefore?: string
  /** Whether the wanted driver holds it. */
  readonly bound: boolean
  /** What stood in the way, in the guest's own words. */
  readonly problem?: string
}

export interface BindingResult {
  readonly nics: readonly BindingFacts[]
  /** Without an IOMMU in the guest, vfio works in its mode without one, or not at all. */
  readonly iommu: boolean
}

const ADDRESS = /^[\da-f]{4}:[\da-f]{2}:[0-1][\da-f]\.[0-7]$/

const READ_NIC = [
  'd=/sys/bus/pci/devices/$a; echo "nic $a"',
  '[ -d $d ] && { cat $d/vendor $d/device',
  'echo "driver $(basename "$(readlink $d/driver)")"',
  'echo "group $(basename "$(readlink $d/iommu_group)")"',
  'echo "net $(ls $d/net $d/virtio*/net 2>/dev/null | grep -v : | head -n 1)"; }',
].join('; ')

/** By one command for all of them: in an emulated guest each takes a good part of a second. */
export async function readNics(
  shell: Shell,
  addresses: readonly string[],
  limits: Limits,
): Promise<NicFacts[]> {
  const output = await shell.check(`${forEach(addresses, READ_NIC)}; true`, limits)
  const parts = output.split(/^(?=nic )/m)
  return addresses.map((address) =>
    parseNic(address, parts.find((part) => part.startsWith(`nic ${address}\n`)) ?? ''),
  )
}

function parseNic(address: string, output: string): NicFacts {
  const [vendor, device] = [...output.matchAll(/^0x([\da-f]{4})$/gm)].map(([, id]) => id)
  const interfaceName = field(output, 'net')
  const driver = field(output, 'driver')
  const iommuGroup = field(output, 'group')
  return {
    address,
    present: device !== undefined,
    vendor: vendor ?? '',
    device: device ?? '',
    ...(interfaceName === undefined ? {} : { interfaceName }),
    ...(driver === undefined ? {} : { driver }),
    ...(iommuGroup === undefined ? {} : { iommuGroup }),
  }
}

/**
 * Gives NICs to vfio-pci, for this boot. One that stays with another driver is a fact, not an error.
 * @param addresses PCI addresses in the guest
 */
export async function bindToVfio(
  shell: Shell,
  addresses: readonly string[],
  limits: Limits,
): Promise<BindingResult> {
  const deadline = Date.now() + limits.timeout
  const left = (): Limits => ({ ...limits, timeout: Math.max(0, deadline - Date.now()) })
  const { iommu, problem } = await loadVfio(shell, left)
  const before = await readNics(shell, addresses, left())
  const unbound = before.filter(({ present, driver }) => present && driver !== 'vfio-pci')
  if (unbound.length === 0) return { iommu, nics: before.map((nic) => judge(nic, nic, problem, '')) }
  const { output } = await shell.run(
    forEach(
      unbound.map(({ address }) => address),
      OVERRIDE,
    ),
    left(),
  )
  const after = await readNics(shell, addresses, left())
  const nics = before.map((nic, index) => judge(nic, after[index] ?? nic, problem, output))
  return { iommu, nics }
}

/** Loads vfio-pci; without an IOMMU it has to be told that it may do without. */
async function loadVfio(
  shell: Shell,
  left: () => Limits,
): Promise<{ iommu: boolean; problem: string | undefined }> {
  const groups = await shell.run('ls /sys/kernel/iommu_groups 2>/dev/null | head -n 1', left())
  const iommu = groups.output.trim() !== ''
  const parameter = '/sys/module/vfio/parameters/enable_unsafe_noiommu_mode'
  const noIommu = `modprobe vfio enable_unsafe_noiommu_mode=1 && echo 1 >${parameter} && `
  const { output, exitCode } = await shell.run(`${iommu ? '' : noIommu}modprobe vfio-pci`, left())
  return { iommu, problem: exitCode === 0 ? undefined : quoteTail(output, 300) }
}

function judge(
  before: NicFacts,
  after: NicFacts,
  vfioProblem: string | undefined,
  output: string,
): BindingFacts {
  const driverBefore = before.driver === undefined ? {} : { driverBefore: before.driver }
  if (!before.present) {
    return { ...before, bound: false, problem: `there is no PCI device at ${before.address}` }
  }
  if (after.driver === 'vfio-pci') return { ...after, ...driverBefore, bound: true }
  const words = [vfioProblem, output.trim() === '' ? undefined : quoteTail(output, 300)]
  const said = words.filter((word) => word !== undefined).join('; ')
  const holder = after.driver === undefined ? 'no driver' : `driver ${after.driver}`
  const problem = `${holder} holds it${said === '' ? '' : `: ${said}`}`
  return { ...after, ...driverBefore, bound: false, problem }
}

/** driverctl where the image has it; else what driverctl does, by hand. */
const OVERRIDE =
  'd=/sys/bus/pci/devices/$a; ' +
  'if command -v driverctl >/dev/null; then driverctl --nosave set-override $a vfio-pci; else ' +
  'echo vfio-pci >$d/driver_override && { [ ! -e $d/driver ] || echo $a >$d/driver/unbind; } && ' +
  'echo $a >/sys/bus/pci/drivers_probe; fi'

/** A loop that runs a line for each address, as `$a`. */
function forEach(addresses: readonly string[], line: string): string {
  return `for a in ${addresses.map(checked).join(' ')}; do ${line}; done`
}

function checked(address: string): string {
  if (!ADDRESS.test(address)) throw new SuiteError('bad-pci-address', `${address} is not a PCI address`)
  return address
}

function field(output: string, name: string): string | undefined {
  const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(output)?.[1]
  return value === '' ? undefined : value
}
