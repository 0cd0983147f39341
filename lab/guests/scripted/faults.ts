/** What goes wrong with scripted guests and their links, as data. Nothing of it: everything works. */

import type { BootFailure } from './boot-words.ts'
import type { Hostility } from './hostility.ts'
import type { KernelComplaint } from './kernel-words.ts'

/** Parts of packets are between 0 and 1; they are taken evenly, so that the same run loses the same packets. */
export interface LinkFaults {
  /** Packets that leave the generator and do not reach the VM under test. */
  readonly lostToVm?: number
  /** Packets that leave the VM under test and do not reach the generator. */
  readonly lostToGenerator?: number
  /** Packets that the VM's NIC drops because no lcore fetched them in time (imissed). */
  readonly vmRxMissed?: number
  /** Packets that the VM's NIC counts as missed and delivers all the same, as some VFs do. */
  readonly vmRxMissedByMistake?: number
  /** The VM's lcores find packets in every poll: they have no time to spare. */
  readonly saturated?: boolean
  /** The VM's NIC puts all packets into one queue. */
  readonly oneQueue?: boolean
  /** What the generator sends to one port of the VM under test arrives at the other. */
  readonly crossed?: boolean
  /** testpmd counts what it receives, and sends nothing of it on. */
  readonly notForwarded?: boolean
  /** Packets for which the VM's application had no free mbuf. */
  readonly vmRxNoMbuf?: number
  /** Packets that the VM's application could not hand to its NIC. */
  readonly vmTxDropped?: number
  /** Packets that the generator's NIC could not send. */
  readonly generatorTxErrors?: number
  /** Packets that reach the generator damaged. */
  readonly generatorRxErrors?: number
  /** A hop that carries no more than so many packets per second: it loses what is above. */
  readonly ceiling?: {
    readonly at: 'to-vm' | 'vm-receive' | 'vm-transmit' | 'back'
    readonly packetsPerSecond: number
    /** Packets above the rate that it takes of each trial before it loses any. */
    readonly buffer?: number
  }
  /** Packets per second that the generator reaches at most. */
  readonly generatorMaxRate?: number
  /** The load that TRex reports for its sending threads, in percent; default: from the requested rate. */
  readonly generatorCpu?: number
  /** What TRex takes its ports for, whatever its configuration says. */
  readonly generatorPortGbps?: number
  /** Times that TRex finds a queue full, for each packet that it sends. */
  readonly generatorQueueFull?: number
  /** The generator says that it sent, and sent nothing. */
  readonly generatorSendsNothing?: boolean
  /** Frames per second that somebody else sends to a port of the VM under test. */
  readonly foreign?: { readonly east?: number; readonly west?: number }
  /** Packets that are lost on the way to the VM under test, with as many bigger ones of somebody else in their place. */
  readonly replacedToVm?: number
  /** Frames arrive at the VM under test cut to the shortest, as E810's did with some versions of TRex. */
  readonly framesCut?: boolean
  /** Links that never come up. */
  readonly down?: readonly ('east' | 'west')[]
  /** A link that goes down for some milliseconds of each period, from the first packet on. */
  readonly flapping?: { readonly link: 'east' | 'west'; readonly every: number; readonly downFor: number }
}

export interface GuestFaults {
  /** It never gets further than its kernel's first messages. */
  readonly neverBoots?: boolean
  /** How its boot ends, once it has lasted its time; a guest that fails in cloud-init lacks its agent only. */
  readonly boot?: BootFailure
  /** It has no guest agent. */
  readonly noAgent?: boolean
  /** Nothing runs on its console: no getty, no shell. */
  readonly silentConsole?: boolean
  /** It takes no password at all. */
  readonly loginRefused?: boolean
  /** A reboot request has no effect. */
  readonly softRebootIgnored?: boolean
  /** Isolating CPUs says that it worked; after the reboot nothing has changed. */
  readonly isolationIgnored?: boolean
  /** It has no pages of 1 GiB. */
  readonly noHugepages?: boolean
  /** Its node's NUMA nodes, as numa.guestMappingPassthrough and PCINUMAAwareTopology show them; none without. */
  readonly numa?: 'aligned' | 'apart'
  /** NICs stay with their kernel driver, or without one. */
  readonly vfioRefused?: boolean
  /** There is no means in its image to isolate CPUs. */
  readonly noIsolationMethod?: boolean
  /** Its first port did not reach it. */
  readonly portMissing?: boolean
  /** The MAC address of its first port, instead of the one that its VMI requests. */
  readonly otherMac?: string
  /** What its ports are, in place of the profile's: ids as in `8086:154c`, speed as sysfs words it. */
  readonly pci?: { readonly ids: string; readonly speed?: string; readonly width?: number }
  /** The most that queues of its NIC take, in place of the NIC's own. */
  readonly most?: { readonly rxDescriptors?: number; readonly txDescriptors?: number }
  /** Its image gives its ports to vfio-pci before anybody logs in. */
  readonly heldByVfio?: boolean
  /** Its kernel has no module with the NIC's own driver. */
  readonly noNicModule?: boolean
  /** Its kernel is built without CONFIG_VFIO_NOIOMMU. */
  readonly noNoiommu?: boolean
  /**
   * What DPDK's driver lacks of libibverbs, where the NIC's is one that needs it: the library that it is linked with, or that
   * it looks for by itself, or the kernel's modules mlx5_ib and ib_uverbs.
   */
  readonly verbs?: 'no library' | 'no glue' | 'no kernel module'
  /** How dpdk-testpmd fails. */
  readonly testpmd?:
    | 'is not installed'
    | 'lacks a library'
    | 'finds no free hugepage'
    | 'gets no VFIO group'
    | 'finds no port'
    | 'is refused by the PF'
    | 'is refused one port by the PF'
    | 'finds no Verbs device'
    | 'starts no port'
    | 'starts no port and prompts'
    | 'does not count polls'
  /** There is no TRex in its image. */
  readonly noTrex?: boolean
  /** The TRex server ends as soon as it is started. */
  readonly trexDoesNotStart?: boolean
  /** The TRex server finds no memory. */
  readonly trexOutOfMemory?: boolean
  /** DPDK can't bring its ports up for TRex. */
  readonly trexPortsRefused?: boolean
  /** TX queues of its NICs, as TRex sees them; enough without. */
  readonly trexTxQueues?: number
  /** trex-console at a terminal never comes to its prompt; fed through a pipe it works. */
  readonly trexConsoleHangs?: boolean
  /** Events of trex-console's second thread tear every third answer in two, wherever its middle is. */
  readonly trexEventsTearAnswers?: boolean
  /** Its clock runs so many times slower than the world's: what it sends by its clock takes so much longer. */
  readonly slowClock?: number
  /** Of the time for which its CPUs ask for one of the host's, the part that they get, as a lab of real guests tells it. */
  readonly hostShare?: number
  /** Its kernel has no vfio modules. */
  readonly noVfioModule?: boolean
  /** Interrupts per second that a device sends to each of its CPUs. */
  readonly interrupts?: number
  /** Part of the time of each of its CPUs that its host takes. */
  readonly stolen?: number
  /** A program that uses a CPU completely. */
  readonly busyLoop?: { readonly cpu: number; readonly name: string }
  /** Milliseconds between two lines of the kernel on the console, at any log level. */
  readonly kernelNoiseEvery?: number
  /** It means no good. */
  readonly hostile?: Hostility
  readonly events?: readonly GuestEvent[]
}

/**
 * A moment of a guest's run: it is switched on; its machine starts again for a reboot; root's shell has started;
 * packets begin to be sent, by the probe first and then by the timed run; a command is run; a line is typed at a
 * program's prompt.
 */
export type Moment = 'power on' | 'restart' | 'login' | 'traffic' | `command ${string}` | `typed ${string}`

/** Something that happens to a guest, once. */
export interface GuestEvent {
  readonly at: Moment
  /** Where that moment comes more than once: which of them; the first without. */
  readonly nth?: number
  /** Milliseconds after that moment. */
  readonly after?: number
  /**
   * `hangs`: the machine runs on, and answers nothing any more; where its kernel says why, it does so in the words of
   * kernel-words.ts.
   */
  readonly what:
    | 'reboots'
    | 'powers off'
    | 'crashes'
    | 'testpmd crashes'
    | 'TRex crashes'
    | 'TRex is killed'
    | 'TRex is started anew'
    | "TRex's console is killed"
    | "TRex's ports are taken"
    | 'hangs'
    | KernelComplaint
}

export interface ScriptedFaults {
  readonly links?: LinkFaults
  readonly vmUnderTest?: GuestFaults
  readonly trafficGenerator?: GuestFaults
}
