/** A scripted guest's hardware, and the state that survives its reboots. */
import type { GuestNic, GuestSpec } from '../guest-runtime.ts'
import type { Fabric } from './fabric.ts'
import type { Port } from './port.ts'
import type { GuestFaults, LinkFaults } from './faults.ts'
import type { GuestProfile } from './profiles.ts'
import type { Terminal } from './terminal.ts'

export interface NicHardware {
  readonly nic: GuestNic
  readonly port: Port
}

export interface BootDisk {
  /** A crypt(3) hash; undefined while the image's own password is valid. */
  passwordHash: string | undefined
  /** CPUs that the next boot isolates. */
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
