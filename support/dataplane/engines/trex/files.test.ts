import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'yaml'
import { z } from 'zod'
import { DEFAULT_FRAMES, FCS_BYTES, type Frames, framesOf, framesText, IMIX } from '../../../model/frame.ts'
import {
  LATENCY_PROFILE,
  startScript,
  STREAM_PROFILE,
  streamProfile,
  TREX_HOME,
  trexConfiguration,
  trexFiles,
  type TrexPlan,
} from './files.ts'

const PLAN: TrexPlan = {
  pciAddresses: { east: '0000:06:00.0', west: '0000:07:00.0' },
  macs: { east: '50:94:5b:ee:a9:01', west: '50:94:5b:ee:a9:02' },
  peerMacs: { east: '60:94:5b:ee:a9:01', west: '60:94:5b:ee:a9:02' },
  portBandwidthGbps: 10,
  masterCpu: 2,
  latencyCpu: 3,
  workerCpus: [4, 5, 6, 7],
  frames: DEFAULT_FRAMES,
  flows: 1024,
}

describe('TRex files', () => {
  it('are the reviewed ones', () => {
    for (const { name, content } of trexFiles(PLAN)) {
      const reviewed = readFileSync(new URL(`../../../../fixtures/trex/${name}`, import.meta.url), 'utf8')
      expect(content, `fixtures/trex/${name}`).equals(reviewed)
    }
  })

  it('have a latency stream and its histogram where that is asked for', function () {
    const plan = { ...PLAN, latencyPacketsPerSecond: 1000 }
    const [profile] = trexFiles(plan).filter(({ target }) => target === LATENCY_PROFILE)
    const reviewed = readFileSync(
      new URL('../../../../fixtures/trex/testpmd_latency.py', import.meta.url),
      'utf8',
    )
    expect(profile?.content).equals(reviewed)
    expect(startScript(plan)).includes(' --hdrh ')
    expect(startScript(PLAN)).not.includes('--hdrh')
    // The other profile stays the same, for all other traffic.
    expect(trexFiles(plan).find(({ target }) => target === STREAM_PROFILE)?.content).equals(
      streamProfile(PLAN),
    )
    // Frames of a mix are as short as its shortest; 16 bytes behind the headers are the time stamp.
    expect(streamProfile({ ...plan, frames: IMIX })).includes('LATENCY_BYTES = 60\n')
    const compile = 'import sys; compile(sys.stdin.read(), "testpmd.py", "exec")'
    const { status, error, stderr } = spawnSync('python3', ['-c', compile], { input: profile?.content ?? '' })
    if (error !== undefined) this.skip()
    expect(status, String(stderr)).equals(0)
  })

  it('look for TRex where the image build unpacks it', () => {
    const script = readFileSync(new URL('../../../../images/guest/trex.sh', import.meta.url), 'utf8')
    expect(script).matches(new RegExp(`tar -xf "\\$1" -C "\\$2${TREX_HOME}" --strip-components=1`))
  })

  it('have names and places of their own', () => {
    const files = trexFiles(PLAN)
    expect(new Set(files.map(({ name }) => name)).size).equals(files.length)
    expect(new Set(files.map(({ target }) => target)).size).equals(files.length)
  })

  it('follow the CPU plan', () => {
    const plan = { ...PLAN, masterCpu: 1, latencyCpu: 8, workerCpus: [9, 11] }
    const [configuration] = parse(trexConfiguration(plan)) as [Record<string, unknown>]
    expect(configuration).nested.includes({
      'platform.master_thread_id': 1,
      'platform.latency_thread_id': 8,
      port_bandwidth_gb: 10,
    })
    expect(configuration).has.nested.property('platform.dual_if[0].threads').deep.equal([9, 11])
    expect(startScript(plan)).includes(' -c "${TREX_CORES:-2}"')
  })

  it('keep PCI addresses what they are in YAML 1.1 too', () => {
    const [configuration] = parse(trexConfiguration(PLAN), { version: '1.1' }) as [Record<string, unknown>]
    expect(configuration).has.property('interfaces').deep.equal(['0000:06:00.0', '0000:07:00.0'])
  })

  it('take nothing in that would become code', () => {
    expect(() => streamProfile({ ...PLAN, peerMacs: { ...PLAN.peerMacs, east: '"; import os' } })).throws(
      TypeError,
    )
    const pciAddresses = { east: '$(id)', west: '0000:07:00.0' }
    expect(() => trexConfiguration({ ...PLAN, pciAddresses })).throws(TypeError)
    expect(() => trexFiles({ ...PLAN, workerCpus: [] })).throws(TypeError)
  })

  it('hold Python and shell that compile', function () {
    expect(spawnSync('sh', ['-n'], { input: startScript(PLAN) }).status).equals(0)
    const compile = 'import sys; compile(sys.stdin.read(), "testpmd.py", "exec")'
    const { status, error, stderr } = spawnSync('python3', ['-c', compile], { input: streamProfile(PLAN) })
    if (error !== undefined) this.skip()
    expect(status, String(stderr)).equals(0)
  })

  const mixes: readonly {
    readonly frames: Frames
    readonly flows: number
    readonly shares: Record<number, number>
  }[] = [
    { frames: DEFAULT_FRAMES, flows: 1024, shares: { 60: 1024 } },
    { frames: framesOf(1518), flows: 1, shares: { 1514: 1 } },
    // Each size gets its share of the flows: 28, 16 and 4 of 48.
    { frames: IMIX, flows: 1024, shares: { 60: 598, 566: 341, 1514: 85 } },
    { frames: IMIX, flows: 60_000, shares: { 60: 35_000, 566: 20_000, 1514: 5000 } },
  ]
  for (const { frames, flows, shares } of mixes)
    it(`make ${flows} flows of ${framesText(frames)}, in streams that TRex can cache`, function () {
      // Replaces TRex's library; records what the profile requests.
      const library = `
import json, sys, types
class Layer(bytes):
    def __truediv__(self, other): return Layer(bytes(self) + (other.encode() if isinstance(other, str) else bytes(other)))
api = types.ModuleType('trex_stl_lib.api')
udp = []
addresses = []
def Ether(src, dst):
    addresses.append([src, dst])
    return Layer(14)
api.Ether = Ether
api.IP = lambda src, dst: Layer(20)
def UDP(sport, dport, chksum):
    udp.append(dict(destination=dport, checksum=chksum))
    return Layer(8)
api.UDP = UDP
api.STLVmFlowVar = lambda name, min_value, max_value, size, op: dict(name=name, first=min_value, last=max_value, size=size, op=op)
api.STLVmWrFlowVar = lambda fv_name, pkt_offset: dict(name=fv_name, offset=pkt_offset)
api.STLScVmRaw = lambda commands, cache_size: dict(commands=commands, cache=cache_size)
api.STLPktBuilder = lambda pkt, vm: dict(length=len(pkt), vm=vm)
api.STLTXCont = lambda pps: pps
api.STLStream = lambda packet, mode, isg: dict(packet, pps=mode, delay=isg)
sys.modules['trex_stl_lib'] = types.ModuleType('trex_stl_lib')
sys.modules['trex_stl_lib.api'] = api
scope = {}
exec(compile(sys.stdin.read(), 'testpmd.py', 'exec'), scope)
streams = scope['register']().get_streams(direction=0, port_id=0)
scope['register']().get_streams(direction=1, port_id=1)
half = len(streams)
print(json.dumps([dict(stream, udp=udp[i], addresses=[addresses[i], addresses[half + i]]) for i, stream in enumerate(streams)]))
`
      const { error, stdout, stderr } = spawnSync('python3', ['-c', library], {
        input: streamProfile({ ...PLAN, frames, flows }),
        encoding: 'utf8',
      })
      if (error !== undefined) this.skip()
      const streams = z.array(streamSchema).parse(JSON.parse(stdout || stderr))
      const seen = new Map<number, Set<string>>()
      const rates = new Map<number, number>()
      for (const { length, pps, udp, vm, addresses } of streams) {
        expect(addresses).deep.equals([
          [PLAN.macs.east, PLAN.peerMacs.east],
          [PLAN.macs.west, PLAN.peerMacs.west],
        ])
        rates.set(length, (rates.get(length) ?? 0) + pps)
        expect(udp.checksum).equals(0)
        const [variable, write] = vm.commands
        expect(write).deep.equals({ name: variable.name, offset: 'UDP.sport' })
        // TRex's cache holds at most 255 frames and repeats them: flows beyond that would never be sent.
        const ports = variable.last - variable.first + 1
        expect(vm.cache).equals(ports).and.within(1, 255)
        expect(variable).includes({ size: 2, op: 'inc' })
        const ofSize = seen.get(length) ?? new Set()
        for (let port = variable.first; port <= variable.last; port++)
          ofSize.add(`${port} ${udp.destination}`)
        seen.set(length, ofSize)
      }
      expect(Object.fromEntries([...seen].map(([length, ofSize]) => [length, ofSize.size]))).deep.equals(
        shares,
      )
      for (const { bytes, weight } of frames) expect(rates.get(bytes - FCS_BYTES)).closeTo(weight, 1e-9)
      expect(new Set([...seen.values()].flatMap((ofSize) => [...ofSize])).size).equals(flows)
    })
})

const streamSchema = z.object({
  length: z.number(),
  pps: z.number(),
  addresses: z.array(z.array(z.string())),
  udp: z.object({ destination: z.number(), checksum: z.number() }),
  vm: z.object({
    cache: z.number(),
    commands: z.tuple([
      z.object({ name: z.string(), first: z.number(), last: z.number(), size: z.number(), op: z.string() }),
      z.object({ name: z.string(), offset: z.string() }),
    ]),
  }),
})
