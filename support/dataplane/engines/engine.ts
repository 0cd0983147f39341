/** A traffic engine is a record in its own folder, listed in engines.ts. */
import type { Logger } from '../../common/logger.ts'
import type { Shell } from '../../guest/console/shell.ts'
import type { NicFamily } from '../../guest/facts/nic-families/family.ts'
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

/** The plan of the traffic generator, before its guest exists. */
export interface GeneratorPlan {
  readonly ports: PerPort<GeneratorPort>
  /** MAC addresses of the VM under test's ports; packets are sent to the east one. */
  readonly peers: PerPort<string>
  /** The workers of the plan are the CPUs that may send. */
  readonly cpus: CpuPlan
  /** Bandwidth of a port, Gbit/s. */
  readonly portBandwidthGbps: number
  readonly frames: Frames
  /** Number of UDP flows; each gets about the same share of the rate. */
  readonly flows: number
  /** Packets per second of each direction whose latency is measured; undefined if latencies are not requested. */
  readonly latencyPacketsPerSecond?: number | undefined
}

/** The user's traffic options, known before any guest runs. */
export interface TrafficOptions {
  readonly portBandwidthGbps: number
  readonly frameSize: Frames
  readonly flows: number
  readonly latencyPacketsPerSecond?: number | undefined
}

export interface GeneratorDependencies {
  /** A shell in the generator's guest that only this engine uses. */
  readonly shell: Shell
  readonly plan: GeneratorPlan
  readonly logger?: Logger
}

/** The software that drives a guest's ports: DPDK in user space, or the kernel's network stack. */
export type DataPlane = 'dpdk' | 'kernel'

/** A command for the diagnosis, run in the generator's guest if a criterion was not met. */
export interface DiagnosticCommand {
  /** For messages, e.g. `systemctl status trex, journal`. */
  readonly what: string
  /** A shell command; may print nothing. */
  readonly command: string
  /** The number of last lines that are kept. */
  readonly lines: number
}

/** NICs that the engine supports only with an image that has more than the checkup's default image. */
export interface UnfitNics {
  readonly families: readonly NicFamily[]
  /** What the engine needs for them; completes "it needs …". */
  readonly needs: string
}

export interface Engine {
  /** The value of `spec.param.trafficGenEngine`; stable. */
  readonly name: string
  /** Its name in sentences. */
  readonly title: string
  /** A few words about it for the documentation. */
  readonly doc?: string
  /** What its image must contain, e.g. `TRex under /opt/trex`. */
  readonly needs: string
  /** The command or place that shows that it is missing, e.g. `modprobe pktgen`. */
  readonly missingShows: string
  readonly dataPlane: DataPlane
  /** Its generators have `latency`. */
  readonly measuresLatency?: true
  /** Undefined: the engine supports all NICs. */
  readonly unfitNics?: UnfitNics
  /** Files that its guest has on disk at boot. */
  readonly guestFiles: (plan: GeneratorPlan) => readonly GuestFile[]
  /** Runs nothing in the guest yet: whether the engine is installed shows in `prepare`. */
  readonly create: (dependencies: GeneratorDependencies) => TrafficGenerator
  readonly diagnostics?: DiagnosticCommand
  /** Causes that only this engine can have. */
  readonly causes: readonly ErrorCause[]
}

export function generatorPlan(
  { vmis, cpus }: TestbedPlan,
  { portBandwidthGbps, frameSize, flows, latencyPacketsPerSecond }: TrafficOptions,
): GeneratorPlan {
  const { 'traffic-generator': own, 'vm-under-test': peer } = vmis
  return {
    ports: { east: own.east, west: own.west },
    peers: { east: peer.east.mac, west: peer.west.mac },
    cpus,
    portBandwidthGbps,
    frames: frameSize,
    flows,
    ...(latencyPacketsPerSecond === undefined ? {} : { latencyPacketsPerSecond }),
  }
}
