/** Finds the network interfaces of the generator's two ports, and keeps all other traffic off them. */
import { SuiteError } from '../../../common/errors.ts'
import { quote } from '../../../common/shell-quote.ts'
import { type Limits, shareTimeout } from '../../../common/wait.ts'
import type { Shell } from '../../../guest/console/shell.ts'
import { consoleLines, unparsable } from '../../guest-output.ts'
import { assertPciAddress, type LinkStatus, type PerPort } from '../../../model/ports.ts'

/** Prints `<PCI address> <interface>` and `<PCI address> driver=<driver>`; virtio's interfaces are one level deeper. */
function findCommand(addresses: readonly string[]): string {
  const device = '/sys/bus/pci/devices/$address'
  return [
    `for address in ${addresses.map(quote).join(' ')}; do`,
    `for path in ${device}/net/* ${device}/virtio*/net/*; do [ ! -e "$path" ] || echo "$address \${path##*/}"; done;`,
    `driver=$(readlink ${device}/driver); echo "$address driver=\${driver##*/}";`,
    'done',
  ].join(' ')
}

/** The names of the interfaces at two PCI addresses. @throws SuiteError `no-interface` */
export async function findInterfaces(
  shell: Shell,
  pciAddresses: PerPort<string>,
  limits: Limits,
): Promise<PerPort<string>> {
  const addresses = [assertPciAddress(pciAddresses.east), assertPciAddress(pciAddresses.west)]
  const lines = consoleLines(await shell.check(findCommand(addresses), limits))
  const [east, west] = addresses.map((address) => {
    const facts = lines
      .filter((line) => line.startsWith(`${address} `))
      .map((line) => line.slice(address.length + 1))
    const name = facts.find((fact) => !fact.includes('='))
    if (name === undefined) throw noInterface(shell.guest, address, facts)
    if (!/^[\w.-]{1,15}$/.test(name)) throw unparsable(`the interface at ${address}`, name)
    return name
  }) as [string, string]
  return { east, west }
}

function noInterface(guest: string, address: string, facts: readonly string[]): SuiteError {
  const driver = facts.find((fact) => fact.startsWith('driver='))?.slice('driver='.length) ?? ''
  const bound = driver === '' ? 'no driver is bound to it' : `it is bound to ${driver}`
  return new SuiteError(
    'no-interface',
    `the ${guest} has no network interface at ${address}: ${bound}; pktgen needs the kernel's own driver there`,
  )
}

/**
 * Brings both interfaces up so that only the generator's frames leave them: no IPv6 (router solicitations), no ARP, no
 * multicast, no DHCP client. The west interface accepts frames to any address.
 */
/** @param mtu that the frames need, if more than the usual one @throws SuiteError `engine-not-available` if it is refused */
export async function bringUp(
  shell: Shell,
  { east, west }: PerPort<string>,
  limits: Limits,
  mtu?: number,
): Promise<void> {
  const rest = shareTimeout(limits)
  const both = `${quote(east)} ${quote(west)}`
  const unit = '/run/systemd/network/00-dpdk-checkup.network'
  const each = (body: string) => `(for interface in ${both}; do ${body}; done)`
  // Images have different network managers; a command for a manager that is not installed may fail.
  await shell.run(each('nmcli device set "$interface" managed no') + ' >/dev/null 2>&1', rest())
  await shell.run(
    `! systemctl -q is-active systemd-networkd || { mkdir -p /run/systemd/network && printf '[Match]\\nName=%s %s\\n[Link]\\nUnmanaged=yes\\n' ${both} > ${unit} && networkctl reload; }`,
    rest(),
  )
  await shell.run(each('echo 1 > "/proc/sys/net/ipv6/conf/$interface/disable_ipv6"') + ' 2>/dev/null', rest())
  if (mtu !== undefined) {
    const { exitCode, output } = await shell.run(
      each(`ip link set dev "$interface" mtu ${mtu} || exit`),
      rest(),
    )
    if (exitCode !== 0)
      throw new SuiteError(
        'engine-not-available',
        `the ports of the ${shell.guest} do not take an MTU of ${mtu}: ${consoleLines(output).join('; ')}`,
      )
  }
  await shell.check(
    each('ip addr flush dev "$interface" && ip link set dev "$interface" arp off multicast off up || exit') +
      ` && ip link set dev ${quote(west)} promisc on`,
    rest(),
  )
}

/** Whether the interfaces have carrier. */
export async function readLinks(
  shell: Shell,
  { east, west }: PerPort<string>,
  limits: Limits,
): Promise<PerPort<LinkStatus>> {
  const path = (name: string) => `/sys/class/net/${name}/carrier`
  // Reading the carrier of an interface that is down is an error of grep and prints no line.
  const { output } = await shell.run(`grep -Hs . ${quote(path(east))} ${quote(path(west))}`, limits)
  const lines = consoleLines(output)
  const link = (name: string): LinkStatus => (lines.includes(`${path(name)}:1`) ? 'up' : 'down')
  return { east: link(east), west: link(west) }
}
