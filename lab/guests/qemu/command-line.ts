/** Turns a guest's specification into QEMU's arguments. */
import { LabError } from '../../lab-error.ts'
import type { GuestNic, GuestSpec } from '../guest-runtime.ts'
import type { WireEnd } from './wires.ts'

/**
 * The emulation of a guest's NICs. `vmxnet3` is the closest to a VF: descriptor rings as in hardware, and as many
 * queues as CPUs. `virtio` over a stream socket has one queue.
 */
export type NicModel = 'vmxnet3' | 'virtio'

export type Accelerator = 'kvm' | 'tcg'

/** Paths of a guest's files on the host. */
export interface GuestFiles {
  /** The writable overlay of the boot disk. */
  readonly overlay: string
  /** Images of its data disks, in the order of the specification. */
  readonly dataDisks: readonly string[]
  /** Unix sockets on which QEMU listens. */
  readonly console: string
  readonly agent: string
  readonly qmp: string
  /** The socket on which QEMU's gdb server listens while the runtime needs it. */
  readonly debugger: string
}

/** Name of the guest agent's channel. */
const AGENT_PORT = 'org.qemu.guest_agent.0'

/** PCIe root ports that every guest has. They lead to buses 1 to 7, which KubeVirt's guests have at least. */
const ROOT_PORTS = 7
const ROOT_PORT_SLOT = 3
/** The root ports are functions of one slot, which has eight. */
const MAX_ROOT_PORTS = 8
/** The first slot of the root complex that QEMU does not assign to the machine's other devices. */
const FIRST_FREE_SLOT = 0x10
/** The last such slot; the chipset uses the next one. */
const LAST_FREE_SLOT = 0x1e

/**
 * All features of TCG, under the name of an Intel server CPU. QEMU's default is an AMD CPU of 2006. Because of its
 * errata, Linux idles through timer broadcasts and reads the time from the HPET, and each read is an exit under one
 * lock for all CPUs: boots take twice as long and pktgen cannot keep a rate. Without MONITOR, because MWAIT spins in
 * TCG.
 */
const TCG_CPU = 'max,vendor=GenuineIntel,family=6,model=85,stepping=4,monitor=off,erms=off'

/**
 * Size of QEMU's cache of translated code, in MiB. A full cache is emptied at once, and a guest that has to translate
 * everything again polls no packets for seconds: at 1,000 packets/s more than its RX ring holds. A boot fills 245 MB,
 * testpmd another 100 MB; the runtime empties the cache at each reset.
 */
const TCG_CACHE_MIB = 512

/** Bytes. The guest's virtio driver truncates a longer serial number. */
const MAX_SERIAL = 20

/**
 * @param ends the guest's ends of its wires, in the order of `spec.nics`
 * @param options `iommu`: whether the guest has a virtual IOMMU, default true
 * @throws LabError `guest-spec` if QEMU cannot provide what the specification requests
 */
export function qemuArguments(
  spec: GuestSpec,
  files: GuestFiles,
  ends: readonly (WireEnd | undefined)[],
  options: { readonly accelerator: Accelerator; readonly nicModel: NicModel; readonly iommu?: boolean },
): string[] {
  const { sockets, cores, threads, maxSockets = sockets } = spec.cpu
  const { iommu = true } = options
  const plugged = maxSockets === sockets ? '' : `maxcpus=${maxSockets * cores * threads},`
  const args = [
    ...machineArguments(options.accelerator),
    '-name',
    escape(spec.id),
    // First, so that their slot is still free.
    ...rootPortArguments(spec.nics),
    '-smp',
    `${sockets * cores * threads},${plugged}sockets=${maxSockets},cores=${cores},threads=${threads}`,
    '-m',
    `${spec.memoryMiB}M`,
    // QEMU starts paused and continues by a QMP command once its sockets are connected. A guest that powers off stays
    // in QEMU to be reset or ended, as under libvirt.
    '-S',
    '-no-shutdown',
    '-chardev',
    `socket,id=qmp,path=${escape(files.qmp)},server=on,wait=off`,
    '-mon',
    'chardev=qmp,mode=control',
    '-chardev',
    `socket,id=console,path=${escape(files.console)},server=on,wait=off`,
    '-serial',
    'chardev:console',
    // vfio-pci needs an IOMMU, or a kernel with no-IOMMU mode. device-iotlb is for virtio, intremap for all devices.
    ...(iommu ? ['-device', 'intel-iommu,intremap=on,caching-mode=on,device-iotlb=on'] : []),
    '-device',
    'virtio-rng-pci',
    '-device',
    'virtio-serial-pci',
    '-chardev',
    `socket,id=agent,path=${escape(files.agent)},server=on,wait=off`,
    '-device',
    `virtserialport,id=agent,chardev=agent,name=${AGENT_PORT}`,
    ...diskArguments('boot', 'qcow2', files.overlay, 'bootindex=0'),
  ]
  spec.dataDisks.forEach((disk, index) => {
    const file = files.dataDisks[index]
    if (file === undefined) throw new LabError('guest-spec', `Disk ${disk.name} has no image.`)
    if (disk.serial !== undefined && Buffer.byteLength(disk.serial) > MAX_SERIAL)
      throw new LabError(
        'guest-spec',
        `Disk ${disk.name}: a serial number has at most ${MAX_SERIAL} characters.`,
      )
    const serial = disk.serial === undefined ? '' : `serial=${escape(disk.serial)}`
    args.push(...diskArguments(`data${index}`, 'raw', file, serial))
  })
  return [...args, ...nicArguments(spec.nics, ends, options.nicModel, iommu)]
}

/** The machine without desktop devices and without anything that slows down a boot. */
export function machineArguments(accelerator: Accelerator): string[] {
  const machine = 'q35,sata=off,smbus=off,usb=off,vmport=off'
  return [
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-vga',
    'none',
    ...(accelerator === 'kvm'
      ? // Remapped interrupts need the I/O APIC outside of the kernel.
        ['-machine', `${machine},kernel-irqchip=split`, '-accel', 'kvm', '-cpu', 'host']
      : ['-machine', machine, '-accel', `tcg,thread=multi,tb-size=${TCG_CACHE_MIB}`, '-cpu', TCG_CPU]),
  ]
}

function diskArguments(id: string, format: 'qcow2' | 'raw', file: string, options: string): string[] {
  const readOnly = format === 'raw' ? ',read-only=on' : ''
  // The host's page cache is enough: it survives a reboot of the guest, and nothing needs to survive one of the host.
  const cache = ',cache.no-flush=on'
  return [
    '-blockdev',
    `driver=file,node-name=${id}-file,filename=${escape(file)}${readOnly}${cache}`,
    '-blockdev',
    `driver=${format},node-name=${id},file=${id}-file${readOnly}${cache}`,
    '-device',
    ['virtio-blk-pci', `drive=${id}`, options].filter((part) => part !== '').join(','),
  ]
}

/** Port n leads to bus n, because the firmware numbers buses in the order of the ports' functions. */
function rootPortArguments(nics: readonly GuestNic[]): string[] {
  const ports = Math.max(ROOT_PORTS, ...nics.map((nic) => busSlotOf(nic).port ?? 0))
  return Array.from({ length: ports }, (_, index) => {
    const multifunction = index === 0 ? ',multifunction=on' : ''
    const address = `${ROOT_PORT_SLOT}.${index}${multifunction}`
    return ['-device', `pcie-root-port,id=port${index + 1},chassis=${index + 1},addr=${address}`]
  }).flat()
}

function nicArguments(
  nics: readonly GuestNic[],
  ends: readonly (WireEnd | undefined)[],
  model: NicModel,
  iommu: boolean,
): string[] {
  if (new Set(nics.map(({ pciAddress }) => pciAddress)).size < nics.length)
    throw new LabError('guest-spec', 'Two network cards have the same PCI address.')
  const args: string[] = []
  nics.forEach((nic, index) => {
    const end = ends[index]
    if (end === undefined) throw new LabError('guest-spec', `${nic.name} has no wire.`)
    const server = end.listens ? 'on' : 'off'
    args.push(
      '-netdev',
      `stream,id=net${index},server=${server},addr.type=unix,addr.path=${escape(end.path)}`,
    )
    // No boot ROM, because the firmware would try the network first. vfio-pci needs virtio to use the IOMMU.
    const device = {
      vmxnet3: 'vmxnet3',
      virtio: `virtio-net-pci,disable-legacy=on${iommu ? ',iommu_platform=on,ats=on' : ''}`,
    }[model]
    args.push('-device', `${device},netdev=net${index},mac=${nic.mac},${busSlotOf(nic).text},romfile=`)
  })
  return args
}

interface BusSlot {
  /** Number of the NIC's root port and bus; undefined if it is next to the root ports. */
  readonly port?: number
  /** The part of QEMU's device option. */
  readonly text: string
}

function isFree(slot: number): boolean {
  return slot >= FIRST_FREE_SLOT && slot <= LAST_FREE_SLOT
}

/** A NIC is the only device behind a root port, or is next to the root ports, where it cannot be reset. */
function busSlotOf({ name, pciAddress }: GuestNic): BusSlot {
  const [, bus = '', slot = ''] = /^0000:([0-9a-f]{2}):([01][0-9a-f])\.0$/.exec(pciAddress) ?? []
  const port = parseInt(bus, 16)
  if (port === 0 && isFree(parseInt(slot, 16))) return { text: `bus=pcie.0,addr=${slot}` }
  if (port >= 1 && port <= MAX_ROOT_PORTS && slot === '00') return { port, text: `bus=port${port}` }
  throw new LabError(
    'guest-spec',
    `${name}: the lab's guests can have cards at 0000:01:00.0 to 0000:0${MAX_ROOT_PORTS}:00.0 and ` +
      `at 0000:00:10.0 to 0000:00:1e.0, not at ${pciAddress}.`,
  )
}

/** Escapes a value for QEMU's comma-separated options. */
function escape(value: string): string {
  return value.replaceAll(',', ',,')
}
