/** The two ports of a DPDK guest: traffic leaves the generator at east and comes back to it at west. */

export interface PerPort<T> {
  readonly east: T
  readonly west: T
}

export const PORT_NAMES = ['east', 'west'] as const satisfies readonly (keyof PerPort<unknown>)[]

export type PortName = (typeof PORT_NAMES)[number]

export type LinkStatus = 'up' | 'down'

/** Throws on anything but `0000:06:00.0`: addresses are checked before they reach a shell or a file. */
export function assertPciAddress(address: string): string {
  if (/^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/i.test(address)) return address.toLowerCase()
  throw new TypeError(`${JSON.stringify(address)} is not a PCI address`)
}

/** Throws on anything but `aa:bb:cc:dd:ee:ff`. */
export function assertMacAddress(address: string): string {
  if (/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(address)) return address.toLowerCase()
  throw new TypeError(`${JSON.stringify(address)} is not a MAC address`)
}
