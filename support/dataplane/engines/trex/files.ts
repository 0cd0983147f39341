/** The files that TRex needs in the generator's guest: its configuration, unit, start script and streams. */
import { stringify } from 'yaml'
import { quote } from '../../../common/shell-quote.ts'
import { FCS_BYTES, type Frames } from '../../../model/frame.ts'
import { assertMacAddress, assertPciAddress, type PerPort } from '../../../model/ports.ts'
import type { GuestFile } from '../engine.ts'

export interface TrexPlan {
  /** PCI addresses of the generator's ports. */
  readonly pciAddresses: PerPort<string>
  /** MAC addresses of the generator's ports. */
  readonly macs: PerPort<string>
  /** MAC addresses of the VM under test's ports. */
  readonly peerMacs: PerPort<string>
  /** Bandwidth of a port, Gbit/s: TRex refuses higher rates. */
  readonly portBandwidthGbps: number
  readonly masterCpu: number
  readonly latencyCpu: number
  /** One for each sending thread. */
  readonly workerCpus: readonly number[]
  readonly frames: Frames
  readonly flows: number
  /** Packets per second of the latency stream of each port; undefined: latencies are not measured. */
  readonly latencyPacketsPerSecond?: number
}

/** TRex's folder in the image. */
export const TREX_HOME = '/opt/trex'
export const STREAM_PROFILE = '/opt/tests/testpmd.py'
/** The same streams, and the latency stream. */
export const LATENCY_PROFILE = '/opt/tests/testpmd_latency.py'
/** The packet group of each port's latency stream: TRex refuses the same one on two ports. */
export const LATENCY_GROUPS: PerPort<number> = { east: 5, west: 6 }
/** Number of CPUs that the server sends from, if fewer than planned: one line, `TREX_CORES=2`. */
export const CORES_FILE = '/run/trex-cores'
export const CORES_VARIABLE = 'TREX_CORES'
const START_SCRIPT = '/usr/local/bin/start-trex'
const END_SCRIPT = '/usr/local/bin/tell-trex-ended'
/** The terminal of an open trex-console, and the word to print there when its server has ended. */
export const CONSOLE_NOTE = '/run/trex-console'
export const TREX_UNIT = 'trex.service'

/** @throws TypeError for an impossible plan */
export function trexFiles(plan: TrexPlan): readonly GuestFile[] {
  if (plan.workerCpus.length === 0) throw new TypeError('TRex needs at least one CPU to send from')
  return [
    { name: 'trex_cfg.yaml', mode: '0644', target: '/etc/trex_cfg.yaml', content: trexConfiguration(plan) },
    {
      name: 'testpmd.py',
      mode: '0644',
      target: STREAM_PROFILE,
      content: streamProfile({ ...plan, latencyPacketsPerSecond: undefined }),
    },
    ...(plan.latencyPacketsPerSecond === undefined
      ? []
      : [
          {
            name: 'testpmd_latency.py',
            mode: '0644' as const,
            target: LATENCY_PROFILE,
            content: streamProfile(plan),
          },
        ]),
    { name: 'start-trex', mode: '0755', target: START_SCRIPT, content: startScript(plan) },
    { name: 'tell-trex-ended', mode: '0755', target: END_SCRIPT, content: endScript() },
    { name: TREX_UNIT, mode: '0644', target: `/etc/systemd/system/${TREX_UNIT}`, content: unit() },
  ]
}

/** TRex's platform configuration (its manual, "Platform Yaml (cfg file)"). */
export function trexConfiguration(plan: TrexPlan): string {
  const { pciAddresses, macs, peerMacs, portBandwidthGbps, masterCpu, latencyCpu, workerCpus } = plan
  const configuration = [
    {
      port_limit: 2,
      version: 2,
      interfaces: [assertPciAddress(pciAddresses.east), assertPciAddress(pciAddresses.west)],
      rx_desc: 4096,
      tx_desc: 4096,
      port_bandwidth_gb: portBandwidthGbps,
      // The streams set the frames' addresses. With MAC addresses here, and without ip and default_gw, TRex sends no
      // ARP.
      port_info: [
        { src_mac: assertMacAddress(macs.east), dest_mac: assertMacAddress(peerMacs.east) },
        { src_mac: assertMacAddress(macs.west), dest_mac: assertMacAddress(peerMacs.west) },
      ],
      platform: {
        master_thread_id: masterCpu,
        latency_thread_id: latencyCpu,
        dual_if: [{ socket: 0, threads: [...workerCpus] }],
      },
    },
  ]
  // TRex parses YAML 1.1, in which a bare 0000:06:00.0 is a sexagesimal number.
  return stringify(configuration, { defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN' })
}

const FIRST_DESTINATION_PORT = 1026
const FIRST_SOURCE_PORT = 1024
/**
 * A stream sends its frames from a cache that is filled at its start, because modifying a frame takes time for each
 * packet. A cache holds at most 255 frames.
 */
const MOST_FLOWS_PER_STREAM = 255

/** What a profile is made of. */
export type StreamPlan = Pick<TrexPlan, 'macs' | 'peerMacs' | 'frames' | 'flows'> & {
  readonly latencyPacketsPerSecond?: number | undefined
}

interface TrexStream {
  readonly destinationPort: number
  readonly flows: number
  /** Size of a frame in bytes, without the FCS. */
  readonly bytes: number
  /** Its share of the rate of all streams. */
  readonly weight: number
}

/** Each size gets its share of the flows and of the rate. */
function trexStreams(frames: Frames, flows: number): readonly TrexStream[] {
  const weights = frames.reduce((sum, { weight }) => sum + weight, 0)
  const shares = frames.map(({ weight }) => Math.max(1, Math.floor((flows * weight) / weights)))
  // The first size gets the remainder of the division.
  shares[0] = Math.max(1, flows - shares.slice(1).reduce((sum, share) => sum + share, 0))
  let destinationPort = FIRST_DESTINATION_PORT
  return frames.flatMap(({ bytes, weight }, size) => {
    const share = shares[size] ?? 1
    const streams = Math.ceil(share / MOST_FLOWS_PER_STREAM)
    return Array.from({ length: streams }, (_, index) => ({
      destinationPort: destinationPort++,
      flows: Math.floor(share / streams) + (index < share % streams ? 1 : 0),
      bytes: bytes - FCS_BYTES,
      weight: weight / streams,
    }))
  })
}

/**
 * The streams, as Python code that trex-console loads for each port that sends; its `direction` is 0 for port 0 and 1 for
 * port 1. Streams differ in the UDP destination port, the flows of a
 * stream in the source port. TRex spreads each stream over its sending threads. The rate in `start -m <rate>pps` is the
 * sum over all streams, by their weights; the number of packets is rate × time, and at most one more for each stream.
 */
export function streamProfile(plan: StreamPlan): string {
  const { macs, peerMacs, frames, flows } = plan
  const python = (address: string) => JSON.stringify(assertMacAddress(address))
  const rows = trexStreams(frames, flows).map(
    ({ destinationPort, flows: mine, bytes, weight }) =>
      `    (${destinationPort}, ${mine}, ${bytes}, ${weight}),\n`,
  )
  const latency = latencyStream(plan)
  return `"""Streams of many UDP flows from one of the generator's ports to the VM under test's port on the same network."""
from trex_stl_lib.api import Ether, IP, UDP, STLPktBuilder, STLScVmRaw, STLStream, STLTXCont, STLVmFlowVar, STLVmWrFlowVar
${latency.imports}
# Of each direction: the generator's MAC address and IP address, and those that it sends to.
EAST_MAC = ${python(macs.east)}
EAST_TARGET_MAC = ${python(peerMacs.east)}
WEST_MAC = ${python(macs.west)}
WEST_TARGET_MAC = ${python(peerMacs.west)}
EAST_IP = "16.0.0.1"
WEST_IP = "10.0.0.1"
# Microseconds by which the west port starts later, so that the two ports do not send in lock step.
WEST_DELAY = 10.0
FIRST_SOURCE_PORT = ${FIRST_SOURCE_PORT}
# Of each stream: its UDP destination port, its flows (as many frames are cached, at most ${MOST_FLOWS_PER_STREAM}), the bytes of its
# frames (the NIC adds the ${FCS_BYTES} bytes of the FCS), and its part of the rate.
STREAMS = [
${rows.join('')}]
${latency.constants}

class TestpmdStreams(object):
    @staticmethod
    def addresses(direction, east, west):
        if direction == 0:
            return Ether(src=EAST_MAC, dst=east) / IP(src=EAST_IP, dst=WEST_IP)
        return Ether(src=WEST_MAC, dst=west) / IP(src=WEST_IP, dst=EAST_IP)

    def stream(self, direction, east, west, destination_port, flows, frame_size, weight):
        # Without a checksum, which would be wrong for all source ports but one.
        frame = self.addresses(direction, east, west) / UDP(sport=FIRST_SOURCE_PORT, dport=destination_port, chksum=0)
        padding = "x" * max(0, frame_size - len(frame))
        last_source_port = FIRST_SOURCE_PORT + flows - 1
        source_ports = STLScVmRaw(
            [
                STLVmFlowVar("source_port", min_value=FIRST_SOURCE_PORT, max_value=last_source_port, size=2, op="inc"),
                STLVmWrFlowVar(fv_name="source_port", pkt_offset="UDP.sport"),
            ],
            cache_size=flows,
        )
        delay = WEST_DELAY if direction == 1 else 0.0
        return STLStream(packet=STLPktBuilder(pkt=frame / padding, vm=source_ports), isg=delay, mode=STLTXCont(pps=weight))

${latency.method}    # Tunables: other addresses to send to, e.g. -t east=00:00:00:00:00:01,west=00:00:00:00:00:02
    def get_streams(self, direction=0, east=EAST_TARGET_MAC, west=WEST_TARGET_MAC, **kwargs):
        return [self.stream(direction, east, west, *row) for row in STREAMS]${latency.added}


def register():
    return TestpmdStreams()
`
}

/** What a profile has in addition for its latency stream; all empty without one. */
interface LatencyStream {
  readonly imports: string
  readonly constants: string
  readonly method: string
  readonly added: string
}

/**
 * One flow, so that its packets stay in order: RSS could spread several over queues. Its rate is fixed: `start -m` scales
 * only the other streams, so that all together still have the rate asked for. TRex writes 16 bytes to the end of the
 * payload, for which the shortest frame has room.
 */
function latencyStream({ frames, flows, latencyPacketsPerSecond }: StreamPlan): LatencyStream {
  if (latencyPacketsPerSecond === undefined) return { imports: '', constants: '', method: '', added: '' }
  const destinationPort = Math.max(...trexStreams(frames, flows).map((stream) => stream.destinationPort)) + 1
  const bytes = Math.min(...frames.map((frame) => frame.bytes)) - FCS_BYTES
  return {
    imports: 'from trex_stl_lib.api import STLFlowLatencyStats\n',
    constants: `# The latency stream: packets per second, UDP destination port, bytes of its frames, packet group of each direction.
LATENCY_RATE = ${latencyPacketsPerSecond}
LATENCY_PORT = ${destinationPort}
LATENCY_BYTES = ${bytes}
LATENCY_GROUPS = [${LATENCY_GROUPS.east}, ${LATENCY_GROUPS.west}]
`,
    method: `    def latency_stream(self, direction, east, west):
        frame = self.addresses(direction, east, west) / UDP(sport=FIRST_SOURCE_PORT, dport=LATENCY_PORT, chksum=0)
        padding = "x" * max(0, LATENCY_BYTES - len(frame))
        return STLStream(
            packet=STLPktBuilder(pkt=frame / padding),
            mode=STLTXCont(pps=LATENCY_RATE),
            flow_stats=STLFlowLatencyStats(pg_id=LATENCY_GROUPS[direction]),
        )

`,
    added: ' + [self.latency_stream(direction, east, west)]',
  }
}

/**
 * The words of `start` that make the profile send to other MAC addresses; empty without any. `-t` takes the rest of the
 * line. Releases with profiles that parse their tunables themselves still take `name=value` (decode_tunables in TRex's
 * parsing_opts.py).
 */
export function targetTunables(peers: PerPort<string> | undefined): string {
  if (peers === undefined) return ''
  return ` -t east=${assertMacAddress(peers.east)},west=${assertMacAddress(peers.west)}`
}

/**
 * TRex in stateless mode, without features that VFs lack and the test does not need. Without its watchdog too, which ends
 * it where one of its threads, also one that sends nothing, got no CPU for a second: the suite measures what it sends in
 * which time, and a generator that is short of CPU time is inconclusive, not lost.
 */
export function startScript({ workerCpus, latencyPacketsPerSecond }: TrexPlan): string {
  const options = [
    '--no-ofed-check',
    '--no-scapy-server',
    '--no-hw-flow-stat',
    '--no-watchdog',
    '-i',
    '--iom',
    0,
    // Latencies to 0.1 % instead of in buckets of one digit.
    ...(latencyPacketsPerSecond === undefined ? [] : ['--hdrh']),
  ]
  return `#!/bin/sh
# Runs the TRex server in the foreground; its log is the journal of ${TREX_UNIT}.
set -e
cd ${quote(TREX_HOME)}
# Of the sending CPUs as many as the NIC has queues for (${CORES_FILE}), all of them without.
exec ./t-rex-64 ${options.map(quote).join(' ')} -c "\${${CORES_VARIABLE}:-${workerCpus.length}}"
`
}

/** Run by the unit when its server has ended for any reason. */
function endScript(): string {
  return `#!/bin/sh
# trex-console takes 12 s to notice that its server has ended: it is told at once, on its own terminal.
[ -r ${CONSOLE_NOTE} ] || exit 0
read -r terminal word <${CONSOLE_NOTE}
printf '\\n%s\\n' "$word" >"$terminal"
`
}

function unit(): string {
  return `[Unit]
Description=TRex traffic generator
Documentation=https://trex-tgn.cisco.com/
After=network.target

[Service]
Type=simple
WorkingDirectory=${TREX_HOME}
EnvironmentFile=-${CORES_FILE}
ExecStart=${START_SCRIPT}
ExecStopPost=-${END_SCRIPT}
# A server that ended has lost its traffic and its counters: the run has to see that.
Restart=no
KillSignal=SIGINT
LimitMEMLOCK=infinity

[Install]
WantedBy=multi-user.target
`
}
