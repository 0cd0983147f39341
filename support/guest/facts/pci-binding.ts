/** The drivers of a guest's NICs: reads them, and binds NICs to the drivers that DPDK needs. */
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
  /** Whether there is a device at this address. */
  readonly present: boolean
  /** PCI ids in hexadecimal without `0x`; empty if there is no device. */
  readonly vendor: string
  readonly device: string
  /** Name of its network interface, if a network driver holds it. */
  readonly interfaceName?: string
  readonly driver?: string
}

/** A NIC for a data plane. */
export interface BoundNic extends NicFacts {
  /** The driver that must hold it; undefined: any. */
  readonly wantedDriver: string | undefined
  /** Output of the binding commands; empty if they succeeded. Not trusted. */
  readonly messages: readonly ForeignText[]
}

/** A port of the testbed in its guest. */
export interface PreparedNic extends Pick<BoundNic, 'address' | 'present' | 'wantedDriver' | 'messages'> {
  readonly port: 'east' | 'west'
  readonly driver: string | undefined
  /** PCI ids, as `vendor:device`; absent if there is no device. */
  readonly ids?: string
}

/**
 * Whether its data plane can use it. The kernel's data plane uses any driver; a missing one shows when it starts to
 * send.
 */
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
 * Describes the NIC at `$a`, with shell builtins only: in an emulated guest each process takes nearly a tenth of a
 * second.
 */
const READ_NIC = [
  'd=/sys/bus/pci/devices/$a; echo "nic $a"',
  'if [ -d $d ]; then read v <$d/vendor; read i <$d/device; echo "id $v $i"',
  '( cd -P $d/driver && echo "driver ${PWD##*/}" ) 2>/dev/null',
  'for n in $d/net/* $d/virtio*/net/*; do [ ! -e $n ] || echo "net ${n##*/}"; done; fi',
].join('; ')

/** Reads all NICs by one command. */
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
 * Binds NICs to the drivers that DPDK needs, until the next boot; NICs that have them already are not touched. A NIC
 * that keeps another driver is a fact, not an error.
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
  const { nics, messages } =
    toBind.length === 0 ? { nics: found, messages: [] } : await override(shell, toBind, addresses, limits)
  return nics.map((nic, index) => {
    const bound = { ...nic, wantedDriver: wanted[index], messages }
    return isUsable(bound) || !nic.present ? { ...bound, messages: [] } : bound
  })
}

/** Binds them by one command, and reads their state afterwards. */
async function override(
  shell: Shell,
  toBind: readonly { readonly address: string; readonly wantedDriver: string }[],
  addresses: readonly string[],
  limits: Limits,
): Promise<{ nics: NicFacts[]; messages: ForeignText[] }> {
  const byDriver = Map.groupBy(toBind, ({ wantedDriver }) => wantedDriver)
  const steps = [
    ...[...byDriver.keys()].map((driver) => (driver === VFIO_PCI ? LOAD_VFIO : loadDriver(driver))),
    // In parallel, because driverctl waits for udev most of the time.
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
  // Successful commands print nothing.
  const messages = binding
    .split('\n')
    .map((line) => stripTerminalCodes(line.slice(-LONGEST_WARNING)).trim())
    .filter((line) => line !== '')
    .map(foreign)
  return { nics: parseNics(after, addresses), messages }
}

/** `8086:154c`; empty if there is no device. */
function pciIds({ present, vendor, device }: NicFacts): string {
  return present ? `${vendor}:${device}` : ''
}

/** Characters kept of the end of each output. */
const LONGEST_WARNING = 300
const SEPARATOR = '--'

function loadDriver(driver: string): string {
  return `[ -d /sys/bus/pci/drivers/${driver} ] || ${commandLine('modprobe', driver)}`
}

/** Without an IOMMU, vfio must be allowed to work without one. */
const LOAD_VFIO = [
  'set -- /sys/kernel/iommu_groups/*',
  '[ -e "$1" ] || { modprobe vfio enable_unsafe_noiommu_mode=1 && ' +
    'echo 1 >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode; }',
  loadDriver(VFIO_PCI),
].join('; ')

/** Why a port is not bound: there is no device, or another driver holds it. */
export function holderOf(nic: {
  readonly present: boolean
  readonly driver?: string | undefined
  readonly address: string
}): string {
  const { present, driver, address } = nic
  if (!present) return `there is no PCI device at ${address}`
  return driver === undefined ? 'no driver holds it' : `driver ${driver} holds it`
}

/** Uses driverctl if the image has it, otherwise sysfs, as driverctl does. */
function overrideWith(driver: string): string {
  return (
    `( d=/sys/bus/pci/devices/$a; if command -v driverctl >/dev/null; then driverctl --nosave set-override $a ${driver}; else ` +
    `echo ${driver} >$d/driver_override && { [ ! -e $d/driver ] || echo $a >$d/driver/unbind; } && ` +
    'echo $a >/sys/bus/pci/drivers_probe; fi ) &'
  )
}

/** A loop that runs a line for each address (`$a`). */
function forEach(addresses: readonly string[], line: string): string {
  const end = line.endsWith('&') ? '' : ';'
  return `for a in ${addresses.map(checked).join(' ')}; do ${line}${end} done`
}

function checked(address: string): string {
  if (!ADDRESS.test(address)) throw new SuiteError('bad-pci-address', `${address} is not a PCI address`)
  return address
}

function field(output: string, name: string): string | undefined {
  // Limits the length, because the value goes into the report; no name in /sys is longer.
  const value = new RegExp(`^${name} (\\S{1,255})$`, 'm').exec(output)?.[1]
  return value === '' ? undefined : value
}
