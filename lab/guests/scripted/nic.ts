/** A guest's NIC as its kernel sees it: its driver, and the network interface that the driver creates. */
import type { GuestFiles } from './guest-files.ts'
import type { Machine, NicHardware } from './machine.ts'

/** The parts of a guest that its NICs need. */
export interface NicHost {
  readonly machine: Machine
  readonly files: GuestFiles
  /** The loaded kernel modules. */
  readonly modules: ReadonlySet<string>
}

const VFIO = 'vfio-pci'
const FIRST_IOMMU_GROUP = 12

const COUNTERS = {
  tx_packets: 'txPackets',
  tx_errors: 'txErrors',
  tx_dropped: 'txDropped',
  rx_packets: 'rxPackets',
  rx_errors: 'rxErrors',
  rx_missed_errors: 'rxMissed',
} as const

export class Nic {
  readonly hardware: NicHardware
  readonly interfaceName: string
  readonly iommuGroup: number | undefined
  readonly #host: NicHost
  #driver: string | undefined
  #up = false

  constructor(host: NicHost, hardware: NicHardware, index: number) {
    this.#host = host
    this.hardware = hardware
    const { profile } = host.machine
    const bus = Number.parseInt(hardware.nic.pciAddress.split(':')[1] ?? '', 16)
    this.interfaceName = profile.name === 'centos' ? `eth${index}` : `enp${bus}s0`
    this.iommuGroup = profile.iommu ? FIRST_IOMMU_GROUP + index : undefined
    this.#addDevice()
    const { heldByVfio, noNicModule } = host.machine.faults
    if (heldByVfio === true) this.#take(VFIO)
    else if (noNicModule !== true) this.#take(profile.nic.kernelDriver)
  }

  get driver(): string | undefined {
    return this.#driver
  }

  get isUp(): boolean {
    return this.#up
  }

  /** Brings the kernel's network interface up or down. */
  set isUp(up: boolean) {
    this.#up = up
    this.hardware.port.onReceived = up ? () => undefined : undefined
  }

  /** Binds the NIC to another driver. @returns the error message if that fails */
  async bind(driver: string): Promise<string | undefined> {
    if (driver === this.#driver) return undefined
    // driverctl checks that the driver exists before it unbinds the device.
    if (driver !== VFIO && !this.#isThere(driver)) return `no such module: ${driver}`
    await this.#release()
    const refused = driver === VFIO && (this.#isVfioRefused || !this.#vfioIsUsable)
    if (refused) return `failed to bind device ${this.hardware.nic.pciAddress} to driver ${driver}`
    this.#take(driver)
    return undefined
  }

  #isThere(driver: string): boolean {
    const { profile, faults } = this.#host.machine
    return driver === profile.nic.kernelDriver && faults.noNicModule !== true
  }

  get #isVfioRefused(): boolean {
    const { vfioRefused, noVfioModule } = this.#host.machine.faults
    return vfioRefused === true || noVfioModule === true
  }

  get #vfioIsUsable(): boolean {
    return this.iommuGroup !== undefined || this.#host.modules.has('vfio enable_unsafe_noiommu_mode')
  }

  get #folder(): string {
    return `/sys/bus/pci/devices/${this.hardware.nic.pciAddress}`
  }

  #addDevice(): void {
    const { files } = this.#host
    const { profile, faults } = this.#host.machine
    const { ids = `${profile.nic.vendor}:${profile.nic.device}`, speed, width } = faults.pci ?? {}
    const [vendor = '', device = ''] = ids.split(':')
    const node = { none: -1, aligned: 0, apart: 1 }[faults.numa ?? 'none']
    files.add(`${this.#folder}/numa_node`, `${node}\n`)
    files.add(`${this.#folder}/vendor`, `0x${vendor}\n`)
    files.add(`${this.#folder}/device`, `0x${device}\n`)
    if (speed !== undefined) files.add(`${this.#folder}/current_link_speed`, `${speed}\n`)
    if (width !== undefined) files.add(`${this.#folder}/current_link_width`, `${width}\n`)
    if (this.iommuGroup === undefined) return
    const group = `/sys/kernel/iommu_groups/${this.iommuGroup}`
    files.mkdirSync(`${group}/devices`, { recursive: true })
    void files.symlink(group, `${this.#folder}/iommu_group`)
  }

  #take(driver: string): void {
    const { files } = this.#host
    this.#driver = driver
    const folder = `/sys/bus/pci/drivers/${driver}`
    files.mkdirSync(folder, { recursive: true })
    void files.symlink(folder, `${this.#folder}/driver`)
    if (driver === this.#host.machine.profile.nic.kernelDriver) this.#addInterface()
  }

  async #release(): Promise<void> {
    const { files } = this.#host
    this.isUp = false
    this.#driver = undefined
    await files.remove(`${this.#folder}/driver`)
    await files.remove(`${this.#folder}/net`)
    await files.remove(`/sys/class/net/${this.interfaceName}`)
    await files.remove(`/proc/sys/net/ipv6/conf/${this.interfaceName}`)
  }

  #addInterface(): void {
    const { files } = this.#host
    const { port, nic } = this.hardware
    const folder = `/sys/class/net/${this.interfaceName}`
    // The device's folder and the interface's folder show the same values.
    const byDevice = `${this.#folder}/net/${this.interfaceName}`
    files.mkdirSync(byDevice, { recursive: true })
    for (const path of [byDevice, folder])
      files.addLive(`${path}/carrier_changes`, { read: () => `${port.carrierChanges}\n` })
    files.add(`${folder}/address`, `${nic.mac}\n`)
    files.addLive(`${folder}/carrier`, {
      read: () => {
        if (!this.#up) throw new Error('EINVAL: Invalid argument')
        return port.hasLink ? '1\n' : '0\n'
      },
    })
    files.addLive(`${folder}/operstate`, { read: () => (this.#up && port.hasLink ? 'up\n' : 'down\n') })
    for (const [name, counter] of Object.entries(COUNTERS))
      files.addLive(`${folder}/statistics/${name}`, { read: () => `${port.read()[counter]}\n` })
    files.add(`${folder}/statistics/rx_dropped`, '0\n')
    for (let queue = 0; queue < this.#host.machine.profile.nic.queues; queue++) {
      files.mkdirSync(`${folder}/queues/tx-${queue}`, { recursive: true })
      files.mkdirSync(`${folder}/queues/rx-${queue}`, { recursive: true })
    }
    let ipv6 = '0'
    files.addLive(`/proc/sys/net/ipv6/conf/${this.interfaceName}/disable_ipv6`, {
      read: () => `${ipv6}\n`,
      write: (text) => {
        ipv6 = text.trim()
      },
    })
  }
}
