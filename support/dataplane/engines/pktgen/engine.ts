/** The Linux kernel's packet generator: configured by commands, uses the NICs' kernel drivers. */
import type { Engine } from '../engine.ts'
import { PktgenGenerator } from './generator.ts'

export const pktgen: Engine = {
  name: 'pktgen',
  title: 'kernel pktgen',
  doc: "the kernel's",
  needs: 'a kernel with pktgen',
  missingShows: 'modprobe pktgen',
  dataPlane: 'kernel',
  guestFiles: () => [],
  create: ({ shell, plan: { ports, peers, cpus, frames, flows } }) =>
    new PktgenGenerator({
      shell,
      pciAddresses: { east: ports.east.pciAddress, west: ports.west.pciAddress },
      targetMacs: peers,
      cpus: cpus.workers,
      frames,
      flows,
    }),
  causes: [],
}
