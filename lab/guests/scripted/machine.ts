/** A scripted guest's hardware, and what survives its reboots. */
import type { GuestNic, GuestSpec } from '../guest-runtime.ts'
import type { Fabric, Port } from './fabric.ts'
import type { GuestFaults, LinkFaults } from './faults.ts'
import type { GuestProfile } from './profiles.ts'
import type { Terminal } from './terminal.ts'

export interface NicHardware {
  readonly nic: GuestNic
  readonly port: Port
}

export interface BootDisk {
  /** A crypt(3) hash, or undefined while the image's own password holds. */
  passwordHash: string | undefined
  /** CPUs to isolate from the next boot on. */
  isolated: readonly number[]
}

export interface Machine {
  readonly spec: GuestSpec
  readonly profile: GuestProfile
  readonly faults: GuestFaults
  readonly links: LinkFaults
  readonly fabric: Fabric
  readonly nics: readonly NicHardware[]
  readonly terminal: Terminal
  readonly disk: BootDisk
}
