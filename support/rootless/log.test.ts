import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { readTranscript } from '../dataplane/testing/transcript.ts'
import { namesOf, parseCapabilityText } from './capabilities.ts'
import {
  capabilityViolations,
  ealViolations,
  linkViolations,
  macViolations,
  queueMismatch,
} from './expectations.ts'
import { defaultParameters } from './parameters.ts'
import { parsePing } from './ping.ts'
import { parsePrivileges } from './privileges-block.ts'
import { cpusOfLcores, parseStartup } from './startup-log.ts'
import { answerBetween, parseStatistics } from './statistics-log.ts'

const README_LOG = readTranscript('rootless/readme-log.txt')
const NEEDED = ['cap_ipc_lock', 'cap_sys_resource']

describe("the log in the original's README", () => {
  it('says as whom the pod runs and what it may do', () => {
    const privileges = parsePrivileges(README_LOG)
    expect(privileges).to.deep.include({
      uid: 1001,
      gid: 2001,
      groups: [2001, 2002],
      noNewPrivs: true,
      memlock: undefined,
      cpus: undefined,
    })
    const { capabilities } = privileges
    const bounding = [
      'chown',
      'dac_override',
      'fowner',
      'fsetid',
      'kill',
      'setgid',
      'setuid',
      'setpcap',
      'net_bind_service',
      'ipc_lock',
      'sys_resource',
    ].map((name) => `cap_${name}`)
    expect([...capabilities.bounding]).to.deep.equal(bounding)
    expect([...capabilities.inheritable]).to.deep.equal(bounding)
    for (const set of ['permitted', 'effective', 'ambient'] as const)
      expect([...capabilities[set]], set).to.deep.equal([])
    // The original template keeps CRI-O's default capabilities in addition to the two that are needed.
    expect(capabilityViolations(capabilities, 'default').join()).to.match(
      /^the inheritable set contains more than is needed: cap_chown.*bounding set contains more/,
    )
  })

  it('says how testpmd came up, at its second start', () => {
    const startup = parseStartup(README_LOG)
    expect(startup).to.deep.include({
      iovaMode: 'VA',
      vfio: true,
      lcores: '2-5,34-37',
      tapQueues: 2,
      tapMac: '20:04:0f:f1:88:01',
      forwardMode: 'io',
      forwardingLcores: [3],
    })
    expect([...startup.ports.keys()]).to.deep.equal([0, 1])
    expect(startup.ports.get(0)).to.deep.include({
      mac: '20:04:0f:f1:88:01',
      device: '0000:19:01.0',
      driver: 'net_bnxt',
      link: 'up',
      linkSpeed: '25 Gbps',
      rxQueues: 1,
    })
    expect(startup.ports.get(1)).to.deep.include({
      mac: '20:04:0f:f1:88:01',
      device: 'virtio_user0',
      driver: 'net_virtio_user',
      link: 'up',
      linkSpeed: 'Unknown',
      rxQueues: 1,
      maxRxQueues: 2,
    })
    expect(startup.errors).to.deep.equal([
      'Error during enabling promiscuous mode for port 1: Operation not supported - ignore',
    ])
    expect([
      ...ealViolations(startup),
      ...linkViolations(startup),
      ...macViolations(startup, defaultParameters()),
    ]).to.deep.equal([])
  })

  it('is read the same in the words of DPDK 20.11, and where testpmd sends with retries', () => {
    const old = README_LOG.replaceAll(/Detected CPU lcores: (\d+)/g, 'Detected $1 lcore(s)')
      .replaceAll(/Detected NUMA nodes: (\d+)/g, 'Detected $1 NUMA nodes')
      .replaceAll('packet forwarding - ports', 'packet forwarding with retry - ports')
    expect(old).to.not.equal(README_LOG)
    expect(parseStartup(old)).to.deep.equal(parseStartup(README_LOG))
  })

  it('is judged by its second start alone', () => {
    const initialized = README_LOG.lastIndexOf('EAL: VFIO support initialized')
    const without = `${README_LOG.slice(0, initialized)}${README_LOG.slice(initialized + 30)}`
    expect(without).to.include('EAL: VFIO support initialized')
    expect(parseStartup(without).vfio).to.equal(false)
  })

  it('shows the cause of its open caveat: a queue that nobody polls', () => {
    expect(queueMismatch(parseStartup(README_LOG))).to.match(
      /^queue mismatch: the tap has 2 queues and testpmd polls 1 /,
    )
  })

  it('has the statistics of both ports, twice', () => {
    const blocks = parseStatistics(README_LOG)
    expect(blocks).to.have.length(2)
    expect(blocks[0]?.ports.get(1)).to.include({ rxPackets: 0, txPackets: 0 })
    expect(blocks[1]?.ports.get(0)).to.deep.equal({
      rxPackets: 1,
      rxBytes: 60,
      rxMissed: 0,
      rxErrors: 0,
      rxNoMbuf: 0,
      txPackets: 0,
      txBytes: 0,
      txErrors: 0,
    })
    expect(blocks[1]?.ports.get(1)).to.include({ rxPackets: 1, rxBytes: 42, txPackets: 1, txBytes: 60 })
    expect(blocks[1]?.forward).to.equal(undefined)
  })

  it('keeps a block with an impossible counter, and names the counter', () => {
    const [, block] = parseStatistics(
      README_LOG.replaceAll(/RX-errors: 0/g, 'RX-errors: 18446744073709551615'),
    )
    expect(block?.ports.get(0)).to.include({ rxPackets: 1, rxErrors: 0 })
    expect(block?.absurd?.map(({ counter }) => counter)).to.include(
      'RX-errors in the NIC statistics of port 0',
    )
  })

  it('is read the same, or not at all, wherever its end was cut off', () => {
    const whole = parseStatistics(README_LOG)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: README_LOG.length }), (end) => {
        const blocks = parseStatistics(README_LOG.slice(0, end))
        expect(blocks).to.deep.equal(whole.slice(0, blocks.length))
      }),
      { numRuns: 200 },
    )
  })

  it('shows two pings that were answered', () => {
    expect(parsePing(readTranscript('rootless/readme-ping.txt'))).to.deep.equal({
      transmitted: 2,
      received: 2,
      roundTrip: { min: 0.258, avg: 0.379, max: 0.501 },
    })
  })
})

describe('a pod of ours', () => {
  const block = (...lines: string[]) =>
    [
      '====================================================',
      'Information about current user and privilege status:',
      '====================================================',
      'Current: =eip',
      'Bounding set =cap_chown',
      'Ambient set =',
      "Securebits: 00/0x0/1'b0 (no-new-privs=0)",
      'uid=1001(1001) gid=2001(hugetlbfs) groups=2001(hugetlbfs),2002',
      ...lines,
      '====================================================',
      'NoNewPrivs:\t0',
    ].join('\n')

  it("says it in the kernel's words, which go before capsh's", () => {
    const privileges = parsePrivileges(
      block(
        'CapInh:\t0000000001004000',
        'CapPrm:\t0000000000000000',
        'CapEff:\t0000000000000000',
        'CapBnd:\t0000000001004000',
        'CapAmb:\t0000000000000000',
        'NoNewPrivs:\t1',
        'Cpus_allowed_list:\t2-3,34-35',
        'Max locked memory         unlimited            unlimited            bytes     ',
        'Access to /dev/vhost-net: usable',
        'Access to /dev/vfio/12: denied',
        'Access to /dev/vfio/*: absent',
        'Access to /mnt/huge: usable',
      ),
    )
    expect(privileges).to.deep.include({
      groups: [2001, 2002],
      noNewPrivs: true,
      memlock: 'unlimited',
      cpus: [2, 3, 34, 35],
    })
    expect([...privileges.capabilities.bounding]).to.deep.equal(NEEDED)
    expect([...privileges.capabilities.permitted]).to.deep.equal([])
    expect([...privileges.access]).to.deep.equal([
      ['/dev/vhost-net', 'usable'],
      ['/dev/vfio/12', 'denied'],
      ['/dev/vfio/*', 'absent'],
      ['/mnt/huge', 'usable'],
    ])
  })

  it('is told what a privileged one may do by capsh alone', () => {
    const { capabilities, noNewPrivs } = parsePrivileges(block())
    expect(capabilities.effective.size).to.equal(41)
    expect(noNewPrivs).to.equal(false)
  })

  const CASES = join(import.meta.dirname, '..', '..', 'fixtures', 'cases', 'rootless-id-context')
  const file = (name: string) => readFileSync(join(CASES, name), 'utf8').trimEnd()
  for (const [what, line, uid, gid, groups] of [
    ['an SELinux context', file('id.txt'), 0, 0, [0, 2002]],
    ['a group with a blank', file('id-blank.txt'), 1001, 2001, [2001, 2002]],
    ['no names', 'uid=1001 gid=2001 groups=2001,2002', 1001, 2001, [2001, 2002]],
    ['no groups', 'uid=1001(app) gid=2001(app)', 1001, 2001, []],
    ['no groups and a context', 'uid=0(root) gid=0(root) context=u:r:spc_t:s0', 0, 0, []],
    ['a user with a blank', 'uid=1001(my app) gid=2001(a b) groups=2001(a b)', 1001, 2001, [2001]],
    [
      'names of a domain',
      'uid=1001(AD\\\\app) gid=2001(AD\\\\domain users) groups=2001(AD\\\\domain users),2002(x, y (z)),7(b)',

      1001,
      2001,
      [2001, 2002, 7],
    ],
    [
      'other effective ids',
      'uid=1001(app) gid=2001(app) euid=0(root) egid=0(root) groups=0(root),2002',

      1001,
      2001,
      [0, 2002],
    ],
    // coreutils' po/zh_CN.po; effective ids are `有效用户id` and `有效组id`.
    ['all words translated', '用户id=0(root) 组id=0(root) 组=0(root),2002', 0, 0, [0, 2002]],
    [
      'effective ids, translated',
      '用户id=1001(app) 组id=2001(app) 有效用户id=0(root) 有效组id=0(root) 组=0(root)',
      1001,
      2001,
      [0],
    ],
    [
      'a translated word',
      'uid=0(root) gid=0(root) Gruppen=0(root),2002 Kontext=u:r:t:s0:c1,c2',
      0,
      0,
      [0, 2002],
    ],
  ] as const) {
    it(`is read with ${what} in id's line`, () => {
      const text = block().replace(/^uid=.*$/m, line)
      expect(parsePrivileges(text)).to.deep.include({ uid, gid, groups })
    })
  }

  it('does not belong to this suite without that block', () => {
    expect(() => parsePrivileges('exec /testpmd/entrypoint.sh: no such file')).to.throw(
      /does not begin with its privileges/,
    )
    expect(() => parseStartup('hello')).to.throw(/the log of the pod has no output of EAL/)
  })

  it('answers between two comments', () => {
    const log = [
      'testpmd> # asked 1\r',
      'testpmd> show port stats all\r',
      'the answer',
      'testpmd> # answered 1\r',
      'testpmd> # asked 2\r',
    ].join('\n')
    expect(answerBetween(log, 'asked 1', 'answered 1')?.trim()).to.equal(
      'testpmd> show port stats all\n\nthe answer',
    )
    expect(answerBetween(log, 'asked 2', 'answered 2')).to.equal(undefined)
  })

  it('has the statistics of a recorded block of its own, with those of the engine', () => {
    const own = readTranscript('rootless/own-statistics.txt')
    const blocks = parseStatistics(own)
    expect(blocks).to.have.length(3)
    expect(blocks[1]?.ports.get(0)).to.include({ rxPackets: 52_092_128, rxMissed: 0 })
    expect(blocks[1]?.forward?.get(1)).to.include({ rxPackets: 51_760_640, rxMissed: 0, txDropped: 0 })
  })
})

describe('capabilities', () => {
  for (const [text, inheritable, effective] of [
    ['cap_ipc_lock,cap_sys_resource=i', NEEDED, []],
    ['cap_ipc_lock,cap_sys_resource=eip', NEEDED, NEEDED],
    ['=', [], []],
    ['cap_ipc_lock=ei cap_ipc_lock-e', ['cap_ipc_lock'], []],
    ['cap_ipc_lock=i cap_sys_resource+ei', NEEDED, ['cap_sys_resource']],
  ] as const) {
    it(`are read from ${text}`, () => {
      const sets = parseCapabilityText(text)
      expect([...(sets?.inheritable ?? [])]).to.deep.equal(inheritable)
      expect([...(sets?.effective ?? [])]).to.deep.equal(effective)
    })
  }

  it('are not read from anything else', () => {
    for (const text of ['', 'cap_ipc_lock', 'cap=x', '$(id)=e'])
      expect(parseCapabilityText(text), text).to.equal(undefined)
  })

  it('have the names of their bits', () => {
    expect([...namesOf('0000000001004000')]).to.deep.equal(NEEDED)
    expect(namesOf('000001ffffffffff').size).to.equal(41)
    expect([...namesOf('8000000000000000')]).to.deep.equal(['cap_63'])
  })
})

describe("testpmd's lcores", () => {
  it('are told as a map or as a list', () => {
    expect([...cpusOfLcores('0@2,1@35')]).to.deep.equal([
      [0, 2],
      [1, 35],
    ])
    expect([...cpusOfLcores('2-3,34').values()]).to.deep.equal([2, 3, 34])
    expect(() => cpusOfLcores('2;id')).to.throw(/is not a map of lcores/)
  })
})

describe("ping's words", () => {
  for (const [file, results] of [
    [
      'rootless/tap-fixed.node-ping-works.serial',
      [
        [6, 6],
        [100, 100],
      ],
    ],
    [
      'rootless/tap-queues2-rxq1.node-ping-fails.serial',
      [
        [10, 0],
        [12, 0],
      ],
    ],
  ] as const) {
    it(`are read from ${file}`, () => {
      const log = readTranscript(file)
      const found = log.split('ping statistics ---').slice(1).map(parsePing)
      expect(found.map(({ transmitted, received }) => [transmitted, received])).to.deep.equal(results)
    })
  }

  it('are missed where there are none', () => {
    expect(() => parsePing('ping: socket: Operation not permitted\n')).to.throw(
      /no statistics: ping: socket: Operation not permitted/,
    )
  })
})
