/** The Linux kernel's packet generator: configured by commands, uses the NICs' kernel drivers. */
import type { Engine } from '../engine.ts'
import { PktgenGenerator } from './generator.ts'
import { latencyReader } from './latency-reader.ts'

export const pktgen: Engine = {
  name: 'pktgen',
  title: 'kernel pktgen',
  doc: "the Linux kernel's",
  needs: 'a kernel with pktgen',
  missingShows: 'modprobe pktgen',
  dataPlane: 'kernel',
  measuresLatency: true,
  guestFiles: ({ latencyPacketsPerSecond }) =>
    latencyPacketsPerSecond === undefined ? [] : [latencyReader()],
  create: ({ shell, plan: { ports, peers, cpus, frames, flows, latencyPacketsPerSecond } }) =>
    new PktgenGenerator({
      shell,
      pciAddresses: { east: ports.east.pciAddress, west: ports.west.pciAddress },
      targetMacs: peers,
      cpus: cpus.workers,
      frames,
      flows,
      measuresLatency: latencyPacketsPerSecond !== undefined,
    }),
  causes: [],
}
