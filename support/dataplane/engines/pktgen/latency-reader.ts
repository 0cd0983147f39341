/**
 * Reads the time stamps of the packets that come back. Kernel pktgen writes into each packet, behind its UDP header, a
 * magic number, the packet's number (from 1, of each of its devices) and the time at which it was made (pktgen.c,
 * struct pktgen_hdr). A program in the generator's guest compares that time with the one at which the guest's kernel
 * received the packet: both are of the same clock. In between are the wait for the packet's turn and the kernel's
 * interrupt, so that the reported value is an upper bound.
 *
 * At high rates it reads only each n-th packet of a device; a filter in the kernel drops the others early.
 */
import { quote } from '../../../common/shell-quote.ts'
import type { PerPort, PortName } from '../../../model/ports.ts'
import { consoleLines, parseCount, unparsable } from '../../guest-output.ts'
import { figuresOf, type LatencyRange } from '../../latency/figures.ts'
import type { LatencyReading, LostRun } from '../../traffic-generator.ts'
import type { GuestFile } from '../engine.ts'
import type { SendingThread } from './threads.ts'

const READER = '/usr/local/bin/read-pktgen-latency'
/** Packets per second of each direction that are read at most. */
const MOST_PER_SECOND = 1000
/** The filter compares the lower 16 bits of a packet's number. */
const MOST_SKIPPED = 65_536

/** Every n-th packet of a device is read: n for a rate of packets per second, a power of two. */
export function everyOf(packetsPerSecond: number): number {
  let every = 1
  while (packetsPerSecond / every > MOST_PER_SECOND && every < MOST_SKIPPED) every *= 2
  return every
}

/** Succeeds if the guest has what the reader needs. */
export const HAS_READER = 'command -v python3 >/dev/null'

export const NO_READER = 'the image has no python3, which reads the time stamps in the packets that come back'

/** The command line returns when it reads. @param receiving the interfaces at which packets come back */
export function startReaderCommand(
  receiving: readonly string[],
  threads: readonly SendingThread[],
  every: number,
): string {
  const firstPorts = [...new Set(threads.map(({ firstPort }) => firstPort))].toSorted((a, b) => a - b)
  return ['python3', READER, 'start', String(every), firstPorts.join(), ...receiving].map(quote).join(' ')
}

/** Ends the reader and prints what it read. */
export const STOP_READER = `python3 ${READER} stop`

/**
 * @param interfaces by the port of the generator
 * @param sent packets of each port that sent, known if one device sent them
 * @throws SuiteError `unparsable`
 */
export function parseReader(
  output: string,
  interfaces: PerPort<string>,
  every: number,
  sent: Partial<PerPort<number | undefined>>,
): LatencyReading[] {
  const lines = consoleLines(output)
  return (Object.entries(sent) as [PortName, number | undefined][]).map(([from, packets]) => {
    const name = interfaces[from === 'east' ? 'west' : 'east']
    const mine = lines
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1))
    const totals = TOTALS.exec(mine.find((line) => TOTALS.test(line)) ?? '')
    if (totals === null) throw unparsable(`the reader's result of ${name}`, output)
    const [, received = '', dropped = '', duplicated = '', reordered = ''] = totals
    const count = (text: string) => parseCount(text, `a count of the reader of ${name}`, totals[0])
    const ranges = mine.flatMap((line) => rangeIn(line) ?? [])
    const isWhole = every === 1 && count(dropped) === 0
    return {
      from,
      method: 'samples',
      figures: figuresOf(ranges),
      received: count(received),
      duplicated: count(duplicated),
      // The packets between two that were read may have taken another order.
      ...(isWhole ? { reordered: count(reordered) } : {}),
      ...(isWhole && packets !== undefined ? { sent: packets, lost: lostOf(packets, runsIn(mine)) } : {}),
    }
  })
}

const TOTALS = /^received (\d{1,12}) dropped (\d{1,12}) duplicated (\d{1,12}) reordered (\d{1,12})$/

/** `range 12 12 4000`: microseconds from, to, and packets. */
function rangeIn(line: string): LatencyRange | undefined {
  const [, from, to, packets] = /^range (\d{1,12}) (\d{1,12}) (\d{1,12})$/.exec(line) ?? []
  if (from === undefined) return undefined
  return { atLeast: Number(from), atMost: Number(to), packets: Number(packets) }
}

/** `got 1 57`: numbers from, to. */
function runsIn(lines: readonly string[]): LostRun[] {
  return lines.flatMap((line) => {
    const [, first, last] = /^got (\d{1,10}) (\d{1,10})$/.exec(line) ?? []
    return first === undefined ? [] : [{ first: Number(first), last: Number(last) }]
  })
}

/** The gaps between what came back. */
function lostOf(sent: number, came: readonly LostRun[]): LostRun[] {
  const lost: LostRun[] = []
  let next = 1
  for (const { first, last } of came.toSorted((a, b) => a.first - b.first)) {
    if (first > next) lost.push({ first: next, last: first - 1 })
    next = Math.max(next, last + 1)
  }
  return next > sent ? lost : [...lost, { first: next, last: sent }]
}

export function latencyReader(): GuestFile {
  return { name: 'read-pktgen-latency', mode: '0755', target: READER, content: SCRIPT }
}

const SCRIPT = `#!/usr/bin/env python3
"""Reads the time stamps of kernel pktgen's packets that come back.

start EVERY PORTS INTERFACE...: reads in the background each EVERY-th packet (a power of two) of each device. PORTS are the
first UDP destination ports of the devices, ascending, with commas between.
stop: ends it and prints, for each interface: totals, microseconds with their packets, and the numbers that came.
"""
import array
import os
import select
import signal
import socket
import struct
import sys
import time

MAGIC = 0xBE9BE955
PID_FILE = "/run/read-pktgen-latency.pid"
RESULT = "/run/read-pktgen-latency"
SO_ATTACH_FILTER, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 26, 33, 35
SOL_PACKET, PACKET_STATISTICS, PACKET_OUTGOING = 263, 6, 4
ALL_PROTOCOLS = 3
BUFFER_BYTES = 8 << 20
# Seconds until a reader that was told to end must have written its result.
PATIENCE = 10


class Arrivals:
    """What came at one interface."""

    def __init__(self, name, every, ports):
        self.name, self.every, self.ports = name, every, ports
        self.received = self.duplicated = self.reordered = 0
        self.histogram, self.seen, self.last = {}, set(), {}
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        # Classic BPF: IPv4, the magic number, and a packet number whose lower bits are 0.
        program = [
            (0x28, 0, 0, 12), (0x15, 0, 5, 0x0800),
            (0x20, 0, 0, 42), (0x15, 0, 3, MAGIC),
            (0x28, 0, 0, 48), (0x45, 1, 0, every - 1),
            (0x06, 0, 0, 0xFFFF), (0x06, 0, 0, 0),
        ]
        # An array tells its address without ctypes, which Debian's python3-minimal has not.
        code = array.array("B", b"".join(struct.pack("HBBI", *line) for line in program))
        filter = struct.pack("HL", len(program), code.buffer_info()[0])
        self.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter)
        # Only now it receives: nothing passes before the filter is there.
        self.socket.bind((name, ALL_PROTOCOLS))
        self.socket.setblocking(False)

    def read(self):
        while True:
            try:
                frame, controls, _, address = self.socket.recvmsg(128, 64)
            except BlockingIOError:
                return
            if address[2] == PACKET_OUTGOING or len(frame) < 58:
                continue
            times = [data for level, kind, data in controls if kind == SO_TIMESTAMPNS]
            if times:
                self.note(frame, *struct.unpack("qq", times[0][:16]))

    def note(self, frame, seconds, nanoseconds):
        port, = struct.unpack(">H", frame[36:38])
        number, sent_seconds, sent_microseconds = struct.unpack(">III", frame[46:58])
        late = (seconds - sent_seconds) * 1000000 + nanoseconds // 1000 - sent_microseconds
        device = sum(port >= first for first in self.ports)
        self.received += 1
        if (device, number) in self.seen:
            self.duplicated += 1
            return
        self.seen.add((device, number))
        if number < self.last.get(port, 0):
            self.reordered += 1
        else:
            self.last[port] = number
        # Two digits: exact below 100 µs, to 10 % above.
        width = 10 ** max(0, len(str(max(0, late))) - 2)
        edge = max(0, late) // width * width
        key = (edge, edge + width - 1)
        self.histogram[key] = self.histogram.get(key, 0) + 1

    def lines(self):
        _, dropped = struct.unpack("II", self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        yield f"received {self.received} dropped {dropped} duplicated {self.duplicated} reordered {self.reordered}"
        for (least, most), packets in sorted(self.histogram.items()):
            yield f"range {least} {most} {packets}"
        if self.every > 1 or len(self.ports) > 1:
            return
        first = last = None
        for _, number in sorted(self.seen):
            if last is not None and number == last + 1:
                last = number
                continue
            if first is not None:
                yield f"got {first} {last}"
            first = last = number
        if first is not None:
            yield f"got {first} {last}"


def running():
    try:
        with open(PID_FILE) as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


def end(pid):
    try:
        os.kill(pid, signal.SIGTERM)
    except OSError:
        pass


def remove(*paths):
    for path in paths:
        if os.path.exists(path):
            os.remove(path)


def start(every, ports, names):
    if running() is not None:
        end(running())
    remove(PID_FILE, RESULT)
    ready, tell = os.pipe()
    if os.fork() > 0:
        os.close(tell)
        if os.read(ready, 1) != b"y":
            sys.exit("the reader did not start")
        return
    os.setsid()
    arrivals = [Arrivals(name, every, ports) for name in names]
    is_told = []
    signal.signal(signal.SIGTERM, lambda *_: is_told.append(True))
    with open(PID_FILE, "w") as file:
        file.write(str(os.getpid()))
    os.write(tell, b"y")
    os.close(tell)
    # The console must not wait for this process.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    while not is_told:
        select.select([each.socket for each in arrivals], [], [], 0.2)
        for each in arrivals:
            each.read()
    for each in arrivals:
        each.read()
    with open(RESULT + ".part", "w") as file:
        for each in arrivals:
            file.writelines(f"{each.name} {line}\\n" for line in each.lines())
    os.rename(RESULT + ".part", RESULT)
    os._exit(0)


def stop():
    pid = running()
    if pid is None:
        sys.exit("no reader runs")
    end(pid)
    until = time.monotonic() + PATIENCE
    while not os.path.exists(RESULT):
        if time.monotonic() > until:
            sys.exit("the reader did not end")
        time.sleep(0.02)
    with open(RESULT) as file:
        sys.stdout.write(file.read())
    remove(PID_FILE, RESULT)


if sys.argv[1] == "start":
    start(int(sys.argv[2]), [int(port) for port in sys.argv[3].split(",")], sys.argv[4:])
else:
    stop()
`
