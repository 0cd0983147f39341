/** Which driver holds a guest's NICs, and giving them to the ones that DPDK wants for them. */
import { SuiteError } from '../../common/errors.ts'
import { foreign, type ForeignText } from '../../common/foreign-text.ts'
import { commandLine } from '../../common/shell-quote.ts'
import type { Limits } from '../../common/wait.ts'
import type { Shell } from '../console/shell.ts'
import { familyOf, NIC_FAMILIES } from './nic-families/families.ts'
import { type NicFamily, VFIO_PCI } from './nic-families/family.ts'
import { stripTerminalCodes } from '../../common/text.ts'

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
}

/** A NIC that a data plane is to take. */
export interface BoundNic extends NicFacts {
  /** The driver that has to hold it; whichever does where undefined. */
  readonly wantedDriver: string | undefined
  /** What the guest's programs printed while it was bound; empty where all went well. Not trusted. */
  readonly said: readonly ForeignText[]
}

/** A port of the testbed as its guest has it. */
export interface PreparedNic extends Pick<BoundNic, 'address' | 'present' | 'wantedDriver' | 'said'> {
  readonly port: 'east' | 'west'
  readonly driver: string | undefined
}

/** Whether its data plane can take it. The kernel's takes what it has; that it has none shows when it is asked to send. */
export function isUsable({
  wantedDriver,
  driver,
}: {
  readonly wantedDriver: string | undefined
  readonly driver?: string | undefined
}): boolean {
  return wantedDriver === undefined || driver === wantedDriver
}

const ADDRESS = /^[\da-f]{4}:[\da-f]{2}:[0-1][\da-f]\.[0-7]$/

/**
 * What a NIC at `$a` is, by the shell alone: in an emulated guest each process that is started takes a
 * good part of a tenth of a second.
 */
const READ_NIC = [
  'd=/sys/bus/pci/devices/$a; echo "nic $a"',
  'if [ -d $d ]; then read v <$d/vendor; read i <$d/device; echo "id $v $i"',
  '( cd -P $d/driver && echo "driver ${PWD##*/}" ) 2>/dev/null',
  'for n in $d/net/* $d/virtio*/net/*; do [ ! -e $n ] || echo "net ${n##*/}"; done; fi',
].join('; ')

/** By one command for all of them. */
export async function readNics(
  shell: Shell,
  addresses: readonly string[],
  limits: Limits,
): Promise<NicFacts[]> {
  return parseNics(await shell.check(`${forEach(addresses, READ_NIC)}; true`, limits), addresses)
}

function parseNics(output: string, addresses: readonly string[]): NicFacts[] {
  const parts = output.split(/^(?=nic )/m)
  return addresses.map((address) =>
    parseNic(address, parts.find((part) => part.startsWith(`nic ${address}\n`)) ?? ''),
  )
}

function parseNic(address: string, output: string): NicFacts {
  const [, vendor, device] = /^id 0x([\da-f]{4}) 0x([\da-f]{4})$/m.exec(output) ?? []
  const interfaceName = field(output, 'net')
  const driver = field(output, 'driver')
  return {
    address,
    present: device !== undefined,
    vendor: vendor ?? '',
    device: device ?? '',
    ...(interfaceName === undefined ? {} : { interfaceName }),
    ...(driver === undefined ? {} : { driver }),
  }
}

/**
 * Gives NICs to the drivers that DPDK wants for them, for this boot; those that have them are left alone. One that stays
 * with another driver is a fact, not an error.
 * @param addresses PCI addresses in the guest
 * @param limits of each command
 */
export async function bindForDpdk(
  shell: Shell,
  addresses: readonly string[],
  limits: Limits,
  families: readonly NicFamily[] = NIC_FAMILIES,
): Promise<BoundNic[]> {
  const found = await readNics(shell, addresses, limits)
  const wanted = found.map((nic) => familyOf({ ids: pciIds(nic), driver: nic.driver }, families).dpdkDriver)
  const toBind = found.flatMap(({ address, present, driver }, index) => {
    const wantedDriver = wanted[index]
    return present && wantedDriver !== undefined && driver !== wantedDriver ? [{ address, wantedDriver }] : []
  })
  const { nics, said } =
    toBind.length === 0 ? { nics: found, said: [] } : await override(shell, toBind, addresses, limits)
  return nics.map((nic, index) => {
    const bound = { ...nic, wantedDriver: wanted[index], said }
    return isUsable(bound) || !nic.present ? { ...bound, said: [] } : bound
  })
}

/** By one command, and what all of them are then. */
async function override(
  shell: Shell,
  toBind: readonly { readonly address: string; readonly wantedDriver: string }[],
  addresses: readonly string[],
  limits: Limits,
): Promise<{ nics: NicFacts[]; said: ForeignText[] }> {
  const byDriver = Map.groupBy(toBind, ({ wantedDriver }) => wantedDriver)
  const steps = [
    ...[...byDriver.keys()].map((driver) => (driver === VFIO_PCI ? LOAD_VFIO : loadDriver(driver))),
    // All at once: most of the time driverctl waits for udev.
    ...[...byDriver].map(([driver, nics]) =>
      forEach(
        nics.map(({ address }) => address),
        overrideWith(driver),
      ),
    ),
    'wait',
    commandLine('echo', SEPARATOR),
    forEach(addresses, READ_NIC),
    'true',
  ]
  const output = await shell.check(steps.join('; '), limits)
  const [binding = '', after = ''] = output
    .split(new RegExp(`^${SEPARATOR}$`, 'm'))
    .map((part) => part.trim())
  // What goes well says nothing.
  const said = binding
    .split('\n')
    .map((line) => stripTerminalCodes(line.slice(-LONGEST_WARNING)).trim())
    .filter((line) => line !== '')
    .map(foreign)
  return { nics: parseNics(after, addresses), said }
}

/** `8086:154c`; empty where there is no device. */
function pciIds({ present, vendor, device }: NicFacts): string {
  return present ? `${vendor}:${device}` : ''
}

/** Characters of the end of what one of them printed. */
const LONGEST_WARNING = 300
const SEPARATOR = '--'

function loadDriver(driver: string): string {
  return `[ -d /sys/bus/pci/drivers/${driver} ] || ${commandLine('modprobe', driver)}`
}

/** Without an IOMMU it has to be told that it may do without. */
const LOAD_VFIO = [
  'set -- /sys/kernel/iommu_groups/*',
  '[ -e "$1" ] || { modprobe vfio enable_unsafe_noiommu_mode=1 && ' +
    'echo 1 >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode; }',
  loadDriver(VFIO_PCI),
].join('; ')

/** Why a port is not bound: that there is none, or who holds it. */
export function holderOf(nic: {
  readonly present: boolean
  readonly driver?: string | undefined
  readonly address: string
}): string {
  const { present, driver, address } = nic
  if (!present) return `there is no PCI device at ${address}`
  return driver === undefined ? 'no driver holds it' : `driver ${driver} holds it`
}

/** driverctl where the image has it; else what driverctl does, by hand. */
function overrideWith(driver: string): string {
  return (
    `( d=/sys/bus/pci/devices/$a; if command -v driverctl >/dev/null; then driverctl --nosave set-override $a ${driver}; else ` +
    `echo ${driver} >$d/driver_override && { [ ! -e $d/driver ] || echo $a >$d/driver/unbind; } && ` +
    'echo $a >/sys/bus/pci/drivers_probe; fi ) &'
  )
}

/** A loop that runs a line for each address, as `$a`. */
function forEach(addresses: readonly string[], line: string): string {
  const end = line.endsWith('&') ? '' : ';'
  return `for a in ${addresses.map(checked).join(' ')}; do ${line}${end} done`
}

function checked(address: string): string {
  if (!ADDRESS.test(address)) throw new SuiteError('bad-pci-address', `${address} is not a PCI address`)
  return address
}

function field(output: string, name: string): string | undefined {
  // Longer than any name in /sys; it goes into the report.
  const value = new RegExp(`^${name} (\\S{1,255})$`, 'm').exec(output)?.[1]
  return value === '' ? undefined : value
}
