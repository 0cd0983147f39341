import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'yaml'
import {
  startScript,
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
}

describe('TRex files', () => {
  it('are the reviewed ones', () => {
    for (const { name, content } of trexFiles(PLAN)) {
      const reviewed = readFileSync(new URL(`../../../fixtures/trex/${name}`, import.meta.url), 'utf8')
      expect(content, `fixtures/trex/${name}`).equals(reviewed)
    }
  })

  it('look for TRex where the image build unpacks it', () => {
    const script = readFileSync(new URL('../../../images/guest/trex.sh', import.meta.url), 'utf8')
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

  it('make one stream of 60 bytes for each sending thread', function () {
    // Stand-ins for what TRex's library gives; they record what the profile asks for.
    const library = `
import sys, types
class Layer(bytes):
    def __truediv__(self, other): return Layer(bytes(self) + (other.encode() if isinstance(other, str) else bytes(other)))
api = types.ModuleType('trex_stl_lib.api')
ports = []
api.Ether = lambda src, dst: Layer(14)
api.IP = lambda src, dst: Layer(20)
def UDP(sport, dport):
    ports.append(dport)
    return Layer(8)
api.UDP = UDP
api.STLPktBuilder = lambda pkt: pkt
api.STLTXCont = lambda pps: pps
api.STLStream = lambda packet, mode: (len(packet), mode)
sys.modules['trex_stl_lib'] = types.ModuleType('trex_stl_lib')
sys.modules['trex_stl_lib.api'] = api
scope = {}
exec(compile(sys.stdin.read(), 'testpmd.py', 'exec'), scope)
print(scope['register']().get_streams(direction=0, port_id=0), ports)
`
    const { error, stdout } = spawnSync('python3', ['-c', library], {
      input: streamProfile(PLAN),
      encoding: 'utf8',
    })
    if (error !== undefined) this.skip()
    expect(stdout.trim()).equals('[(60, 1), (60, 1), (60, 1), (60, 1)] [1026, 1027, 1028, 1029]')
  })
})
