/** Faults of scripted guests and their links, as data. Default: everything works. */

import type { BootFailure } from './boot-messages.ts'
import type { Hostility } from './hostility.ts'
import type { KernelFault } from './kernel-messages.ts'

/** Numbers of packets without a unit are a part, 0 to 1. It is taken evenly, so that equal runs lose equal packets. */
export interface LinkFaults {
  /** Packets that leave the generator and do not reach the VM under test. */
  readonly lostToVm?: number
  /** Packets that leave the VM under test and do not reach the generator. */
  readonly lostToGenerator?: number
  /** The same from west to east: packets that leave the generator's west port. */
  readonly lostToVmFromWest?: number
  /** Packets that the VM under test sends from its east port. */
  readonly lostToGeneratorFromEast?: number
  /** Packets of each of the generator's ports that arrive at the other port of the VM under test. */
  readonly strayed?: number
  /** Packets that the VM's NIC drops because no lcore fetched them in time (imissed). */
  readonly vmRxMissed?: number
  /** Packets that the VM's NIC counts as missed but delivers, like some VFs. */
  readonly vmRxMissedByMistake?: number
  /** The VM's lcores find packets in every poll: they have no time to spare. */
  readonly saturated?: boolean
  /** The VM's NIC puts all packets into one queue. */
  readonly oneQueue?: boolean
  /** What the generator sends to one port of the VM under test arrives at the other. */
  readonly crossed?: boolean
  /** testpmd counts received packets but forwards none. */
  readonly notForwarded?: boolean
  /** Packets for which the VM's application had no free mbuf. */
  readonly vmRxNoMbuf?: number
  /** Packets that the VM's application could not hand to its NIC. */
  readonly vmTxDropped?: number
  /** Packets that the generator's NIC could not send. */
  readonly generatorTxErrors?: number
  /** Packets that reach the generator damaged. */
  readonly generatorRxErrors?: number
  /** A hop's capacity; it loses packets above this rate. */
  readonly ceiling?: {
    readonly at: 'to-vm' | 'vm-receive' | 'vm-transmit' | 'back'
    readonly packetsPerSecond: number
    /** Packets above the rate that the buffer absorbs in each trial before any are lost. */
    readonly buffer?: number
  }
  /** The highest rate that the generator reaches, in packets per second. */
  readonly generatorMaxRate?: number
  /** The load that TRex reports for its sending threads, in percent; default: from the requested rate. */
  readonly generatorCpu?: number
  /** The port speed that TRex assumes, whatever its configuration says. */
  readonly generatorPortGbps?: number
  /** How often TRex finds a queue full, per sent packet. */
  readonly generatorQueueFull?: number
  /** The generator reports that it sent, but sends nothing. */
  readonly generatorSendsNothing?: boolean
  /** Frames per second that another sender sends to a port of the VM under test. */
  readonly foreign?: { readonly east?: number; readonly west?: number }
  /** Packets that are lost on the way to the VM under test and replaced by as many longer ones of another sender. */
  readonly replacedToVm?: number
  /**
   * Frames arrive at the VM under test truncated to the minimum length, as with E810 NICs and some versions of TRex.
   */
  readonly framesCut?: boolean
  /** How late packets come back, besides the usual; see latency-model.ts. */
  readonly latency?: {
    /** So many times as late as usual. */
    readonly times?: number
    /** Above a rate in packets per second, a queue that makes them so much later. */
    readonly queue?: { readonly above: number; readonly microseconds: number }
    /** The part of the measured packets that arrives after later ones, and the part that arrives twice. */
    readonly reordered?: number
    readonly duplicated?: number
  }
  /** Links that never come up. */
  readonly down?: readonly ('east' | 'west')[]
  /** A link that is down for `downFor` milliseconds of each period of `every`, from the first packet on. */
  readonly flapping?: { readonly link: 'east' | 'west'; readonly every: number; readonly downFor: number }
}

export interface GuestFaults {
  /** It hangs after its kernel's first messages. */
  readonly neverBoots?: boolean
  /** How its boot fails after the boot time. A guest that fails in cloud-init boots, but without its agent. */
  readonly boot?: BootFailure
  /** How its boot fails after its first restart. */
  readonly bootAfterRestart?: BootFailure
  /** It has no guest agent. */
  readonly noAgent?: boolean
  /** Nothing runs on its console: no getty, no shell. */
  readonly silentConsole?: boolean
  /** It accepts no password. */
  readonly loginRefused?: boolean
  /** A reboot request has no effect. */
  readonly softRebootIgnored?: boolean
  /** Isolating CPUs reports success, but after the reboot nothing has changed. */
  readonly isolationIgnored?: boolean
  /** It has no hugepages of 1 GiB. */
  readonly noHugepages?: boolean
  /** How it shows its node's NUMA nodes (numa.guestMappingPassthrough, PCINUMAAwareTopology). Default: not at all. */
  readonly numa?: 'aligned' | 'apart'
  /** NICs cannot be bound to vfio-pci; they keep their kernel driver, or have none. */
  readonly vfioRefused?: boolean
  /** Its image has no tool to isolate CPUs. */
  readonly noIsolationMethod?: boolean
  /** Its first port is missing. */
  readonly portMissing?: boolean
  /** The MAC address of its first port, different from the address that its VMI requests. */
  readonly otherMac?: string
  /** Its ports, instead of the profile's: PCI ids like `8086:154c`, speed as in sysfs, width in lanes. */
  readonly pci?: { readonly ids: string; readonly speed?: string; readonly width?: number }
  /** The maximum numbers of descriptors per queue, instead of the NIC's. */
  readonly most?: { readonly rxDescriptors?: number; readonly txDescriptors?: number }
  /** Its image binds its ports to vfio-pci before anybody logs in. */
  readonly heldByVfio?: boolean
  /** Its kernel lacks the module of the NIC's driver. */
  readonly noNicModule?: boolean
  /** Its kernel is built without CONFIG_VFIO_NOIOMMU. */
  readonly noNoiommu?: boolean
  /**
   * What is missing for a DPDK driver that needs libibverbs: the library that the driver is linked with, the library
   * that it loads at run time, or the kernel modules mlx5_ib and ib_uverbs.
   */
  readonly verbs?: 'no library' | 'no glue' | 'no kernel module'
  /** The release of its DPDK, instead of its image's. */
  readonly dpdk?: string
  /** How dpdk-testpmd fails. */
  readonly testpmd?:
    | 'is not installed'
    | 'lacks a library'
    | 'finds no free hugepage'
    | 'is in the wrong IOVA mode'
    | 'gets no statistics'
    | 'gets no VFIO group'
    | 'finds no port'
    | 'is refused by the PF'
    | 'is refused one port by the PF'
    | 'finds no Verbs device'
    | 'starts no port'
    | 'starts no port and prompts'
    | 'does not count polls'
  /** Its image has no Python, although it has pktgen. */
  readonly noPython?: boolean
  /** Its image has no TRex. */
  readonly noTrex?: boolean
  /** The TRex server ends right after its start. */
  readonly trexDoesNotStart?: boolean
  /** The TRex server finds too few hugepages. */
  readonly trexOutOfMemory?: boolean
  /** DPDK cannot bring up its ports for TRex. */
  readonly trexPortsRefused?: boolean
  /** The maximum number of TX queues of its NICs, as TRex sees it. Default: enough. */
  readonly trexTxQueues?: number
  /** Its TRex gives no HDR histograms, even with `--hdrh`. */
  readonly trexLacksHdr?: boolean
  /** trex-console never shows its prompt on a terminal; fed through a pipe it works. */
  readonly trexConsoleHangs?: boolean
  /** Events of trex-console's second thread interrupt every third answer in its middle. */
  readonly trexEventsTearAnswers?: boolean
  /** How many times slower than real time its clock runs; what it sends by its clock takes as many times longer. */
  readonly slowClock?: number
  /**
   * The part of the requested CPU time that its CPUs get from the host, 0 to 1; reported as by a lab of real guests.
   */
  readonly hostShare?: number
  /** Its kernel has no vfio modules. */
  readonly noVfioModule?: boolean
  /** Interrupts per second that a device sends to each of its CPUs. */
  readonly interrupts?: number
  /** The part of each CPU's time that its host takes, 0 to 1. */
  readonly stolen?: number
  /** The tracers for stalls that its kernel has. Default: both. */
  readonly tracers?: readonly ('hwlat' | 'osnoise')[]
  /** The stall that they find. Default: none. */
  readonly stall?: { readonly cpu: number; readonly microseconds: number; readonly by: 'hardware' | 'irq' }
  /** A program that uses a CPU completely. */
  readonly busyLoop?: { readonly cpu: number; readonly name: string }
  /** Milliseconds between two messages of the kernel on the console, at any log level. */
  readonly kernelNoiseEvery?: number
  /** What it does as a hostile guest. */
  readonly hostile?: Hostility
  readonly events?: readonly GuestEvent[]
}

/**
 * A moment in a guest's life: power-on; its restart during a reboot; the start of root's shell after login; the start
 * of traffic, first the probe's, then the timed run's; the start of a command; a line typed at a program's prompt.
 */
export type Moment = 'power on' | 'restart' | 'login' | 'traffic' | `command ${string}` | `typed ${string}`

/** An event that happens to a guest once. */
export interface GuestEvent {
  readonly at: Moment
  /** Which occurrence of the moment, if there are several. Default: the first. */
  readonly nth?: number
  /** Milliseconds after the moment. Default: at once. */
  readonly after?: number
  /** `hangs`: the machine runs but no longer answers. If its kernel prints a reason, the text is in kernel-messages.ts. */
  readonly what:
    | 'reboots'
    | 'powers off'
    | 'crashes'
    | 'testpmd crashes'
    | 'TRex crashes'
    | 'TRex is killed'
    | 'TRex is restarted'
    | "TRex's console is killed"
    | "TRex's ports are taken"
    | 'hangs'
    | KernelFault
}

/** What is wrong with the ways between nodes. Packets are lost in both directions. */
export type WayFault =
  /** The NIC of a node, or its cable: all that it sends to and receives from other nodes. */
  | { readonly node: string; readonly lost: number }
  /** Between two nodes only. */
  | { readonly between: readonly [string, string]; readonly lost: number }
  /** Between a zone and all others. */
  | { readonly zone: string; readonly lost: number }
  /** Between all nodes. */
  | { readonly everywhere: true; readonly lost: number }

export interface ScriptedFaults {
  readonly links?: LinkFaults
  readonly ways?: readonly WayFault[]
  readonly vmUnderTest?: GuestFaults
  readonly trafficGenerator?: GuestFaults
}
