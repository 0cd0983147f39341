/** The one door to the traffic generators. */
import type { Logger } from '../../common/logger.ts'
import type { Shell } from '../../guest/console/shell.ts'
import { PktgenGenerator } from './pktgen/generator.ts'
import type { TrafficGenerator } from '../traffic-generator.ts'
import { TrexGenerator } from './trex/generator.ts'

export type TrafficEngine = 'trex' | 'pktgen'

export interface GeneratorPort {
  readonly pciAddress: string
  readonly mac: string
}

export interface GeneratorDependencies {
  /** A shell in the generator's guest. The engine keeps it for itself. */
  readonly shell: Shell
  readonly east: GeneratorPort
  readonly west: GeneratorPort
  /** MAC address of the VM under test's east port, to which traffic is sent. */
  readonly peer: string
  /** CPUs that may send: the guest's isolated worker CPUs. */
  readonly cpus: readonly number[]
  readonly logger?: Logger
}

/**
 * Nothing is done on the guest yet: that an engine is not there shows when it is prepared. TRex has its ports,
 * CPUs and streams from the files it was booted with (`trex/files.ts`).
 */
export function createTrafficGenerator(
  engine: TrafficEngine,
  { shell, east, west, peer, cpus, logger }: GeneratorDependencies,
): TrafficGenerator {
  switch (engine) {
    case 'pktgen':
      return new PktgenGenerator({
        shell,
        pciAddresses: { east: east.pciAddress, west: west.pciAddress },
        targetMac: peer,
        cpus,
      })
    case 'trex':
      return new TrexGenerator(shell, cpus.length, logger)
  }
}
