/** What a traffic engine is: one record in a folder of its own, listed in engines.ts. */
import type { Logger } from '../../common/logger.ts'
import type { Shell } from '../../guest/console/shell.ts'
import type { ErrorCause } from '../../model/cause-record.ts'
import type { CpuPlan } from '../../model/cpu-plan.ts'
import type { Frames } from '../../model/frame.ts'
import type { PerPort } from '../../model/ports.ts'
import type { TestbedPlan } from '../../model/testbed.ts'
import type { TrafficGenerator } from '../traffic-generator.ts'

/** A file that the guest's boot script installs. */
export interface GuestFile {
  /** Key in the ConfigMap. */
  readonly name: string
  readonly mode: '0644' | '0755'
  /** Absolute path in the guest. */
  readonly target: string
  readonly content: string
}

export interface GeneratorPort {
  readonly pciAddress: string
  readonly mac: string
}

/** The traffic generator as it is planned, before its guest exists. */
export interface GeneratorPlan {
  readonly ports: PerPort<GeneratorPort>
  /** MAC addresses of the VM under test's ports; packets are sent to the east one. */
  readonly peers: PerPort<string>
  /** Its workers are the CPUs that may send. */
  readonly cpus: CpuPlan
  /** What a port can carry, Gbit/s. */
  readonly portBandwidthGbps: number
  readonly frames: Frames
  /** UDP flows of which packets are sent, each at about the same rate. */
  readonly flows: number
}

/** What users ask of the traffic that is known before there is a guest. */
export interface TrafficOptions {
  readonly portBandwidthGbps: number
  readonly frameSize: Frames
  readonly flows: number
}

export interface GeneratorDependencies {
  /** A shell in the generator's guest. The engine keeps it for itself. */
  readonly shell: Shell
  readonly plan: GeneratorPlan
  readonly logger?: Logger
}

/** Who takes a guest's ports: DPDK from user space, or the kernel's network stack. */
export type DataPlane = 'dpdk' | 'kernel'

/** What the generator's guest is asked when a criterion was not met. */
export interface LastWords {
  /** For people, e.g. `systemctl status trex, journal`. */
  readonly what: string
  /** A shell command that prints it, or nothing. */
  readonly command: string
  /** Lines of its end that are kept. */
  readonly lines: number
}

export interface Engine {
  /** What users write as `spec.param.trafficGenEngine`; stable. */
  readonly name: string
  /** As sentences call it. */
  readonly title: string
  /** What the README says of it beside its name, where that does not say it. */
  readonly doc?: string
  /** What its image has to hold, e.g. `TRex under /opt/trex`. */
  readonly needs: string
  /** Where a guest shows that it is missing, e.g. `modprobe pktgen`. */
  readonly missingShows: string
  readonly dataPlane: DataPlane
  /** Files with which its guest boots. */
  readonly guestFiles: (plan: GeneratorPlan) => readonly GuestFile[]
  /** Nothing is done on the guest yet: that an engine is not there shows when it is prepared. */
  readonly create: (dependencies: GeneratorDependencies) => TrafficGenerator
  readonly lastWords?: LastWords
  /** Causes that no other engine has. */
  readonly causes: readonly ErrorCause[]
}

export function generatorPlan(
  { vmis, cpus }: TestbedPlan,
  { portBandwidthGbps, frameSize, flows }: TrafficOptions,
): GeneratorPlan {
  const { 'traffic-generator': own, 'vm-under-test': peer } = vmis
  return {
    ports: { east: own.east, west: own.west },
    peers: { east: peer.east.mac, west: peer.west.mac },
    cpus,
    portBandwidthGbps,
    frames: frameSize,
    flows,
  }
}
