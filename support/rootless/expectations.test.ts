import { expect } from 'chai'
import { readTranscript } from '../dataplane/testing/transcript.ts'
import {
  accessViolations,
  capabilityViolations,
  counterViolations,
  dropViolations,
  ealViolations,
  forwarderMacViolations,
  lcoreViolations,
  ledgerViolations,
  linkViolations,
  macViolations,
  memlockViolations,
  modeViolations,
  noNewPrivsViolations,
  pingViolations,
  userViolations,
} from './expectations.ts'
import { defaultParameters } from './parameters.ts'
import { ALL_CAPABILITIES, type CapabilitySets, type Privileges } from './privileges-block.ts'
import { parseStartup, type Startup } from './startup-log.ts'
import type { StatisticsBlock } from './statistics-log.ts'

const NEEDED = ['cap_ipc_lock', 'cap_sys_resource']

function sets(changes: Partial<Record<keyof CapabilitySets, readonly string[]>> = {}): CapabilitySets {
  const of = (name: keyof CapabilitySets, otherwise: readonly string[]) => new Set(changes[name] ?? otherwise)
  return {
    inheritable: of('inheritable', NEEDED),
    permitted: of('permitted', []),
    effective: of('effective', []),
    bounding: of('bounding', NEEDED),
    ambient: of('ambient', []),
  }
}

const privileges: Privileges = {
  uid: 1001,
  gid: 2001,
  groups: [2001, 2002],
  capabilities: sets(),
  noNewPrivs: true,
  memlock: 'unlimited',
  cpus: [2, 3, 4, 5],
  access: new Map([
    ['/dev/vhost-net', 'usable'],
    ['/dev/vfio/vfio', 'usable'],
    ['/dev/vfio/12', 'usable'],
    ['/mnt/huge', 'usable'],
  ]),
}

const startup: Startup = {
  ...parseStartup(readTranscript('rootless/readme-log.txt')),
  lcores: '0@2,1@3',
  tapQueues: 1,
}

type Counters = Partial<
  Record<'rxPackets' | 'txPackets' | 'rxMissed' | 'rxErrors' | 'rxNoMbuf' | 'txErrors', number>
>

function counters(...ports: Counters[]): StatisticsBlock {
  const none = {
    rxPackets: 0,
    rxBytes: 0,
    rxMissed: 0,
    rxErrors: 0,
    rxNoMbuf: 0,
    txPackets: 0,
    txBytes: 0,
    txErrors: 0,
  }
  return { ports: new Map(ports.map((port, index) => [index, { ...none, ...port }])), forward: undefined }
}

const answered = { transmitted: 100, received: 100, roundTrip: { min: 1, avg: 2, max: 3 } }
const unanswered = { transmitted: 100, received: 0, roundTrip: undefined }

describe('what a rootless pod must be like', () => {
  it('is met by a pod as the manifests ask for it', () => {
    expect([
      ...userViolations(privileges, 'default'),
      ...capabilityViolations(privileges.capabilities, 'default'),
      ...noNewPrivsViolations(privileges, 'default'),
      ...memlockViolations(privileges, 6 * 2 ** 30),
      ...accessViolations(privileges),
      ...ealViolations(startup),
      ...macViolations(startup, defaultParameters()),
      ...linkViolations(startup),
      ...lcoreViolations(startup.lcores, privileges.cpus),
    ]).to.deep.equal([])
  })

  it('is met by root with two capabilities, and by a privileged pod', () => {
    const root = { ...privileges, uid: 0, gid: 0, groups: [0, 2002] }
    expect(userViolations(root, 'root')).to.deep.equal([])
    const two = { permitted: NEEDED, effective: NEEDED }
    expect(capabilityViolations(sets(two), 'root')).to.deep.equal([])
    expect(memlockViolations({ ...root, capabilities: sets(two), memlock: 65536 }, 2 ** 30)).to.deep.equal([])
    const all = { effective: [...ALL_CAPABILITIES], bounding: [...ALL_CAPABILITIES] }
    expect(capabilityViolations(sets(all), 'privileged')).to.deep.equal([])
    expect(noNewPrivsViolations({ ...root, noNewPrivs: false }, 'privileged')).to.deep.equal([])
  })

  for (const [what, violations, expected] of [
    [
      'another user',
      userViolations({ ...privileges, uid: 1000, gid: 0, groups: [0] }, 'default'),
      /uid 1000 instead of 1001.*gid 0 instead of 2001.*not in the fsGroup 2002/,
    ],
    [
      'root where it is not asked',
      userViolations({ ...privileges, uid: 0 }, 'default'),
      /uid 0 instead of 1001/,
    ],
    [
      'a missing capability',
      capabilityViolations(sets({ bounding: ['cap_ipc_lock'], inheritable: ['cap_ipc_lock'] }), 'default'),
      /^cap_sys_resource missing from the bounding set; remedy: add it/,
    ],
    [
      'capabilities that are not inherited',
      capabilityViolations(sets({ inheritable: [] }), 'default'),
      /^cap_ipc_lock, cap_sys_resource missing from the inheritable set; remedy: add_inheritable_capabilities/,
    ],
    [
      'a capability too many',
      capabilityViolations(sets({ bounding: [...NEEDED, 'cap_net_raw'] }), 'default'),
      /^the bounding set contains more than is needed: cap_net_raw$/,
    ],
    [
      'an ambient capability too many',
      capabilityViolations(sets({ ambient: ['cap_sys_admin'] }), 'default'),
      /the ambient set contains more than is needed: cap_sys_admin/,
    ],
    [
      'root without its capabilities',
      capabilityViolations(sets(), 'root'),
      /missing from the effective set of root/,
    ],
    [
      'a privileged pod that is none',
      capabilityViolations(sets(), 'privileged'),
      /the privileged container lacks cap_chown/,
    ],
    [
      'privileges to gain',
      noNewPrivsViolations({ ...privileges, noNewPrivs: false }, 'default'),
      /no-new-privs is not set/,
    ],
    [
      'a memlock limit',
      memlockViolations({ ...privileges, memlock: 8388608 }, 6 * 2 ** 30),
      /may lock 8388608 bytes of memory, its hugepages have 6442450944; remedy: memlock/,
    ],
    ['no word of memlock', memlockViolations({ ...privileges, memlock: undefined }, 1), /does not say/],
    [
      'no vhost-net',
      accessViolations({
        ...privileges,
        access: new Map([...privileges.access, ['/dev/vhost-net', 'absent']]),
      }),
      /^\/dev\/vhost-net is absent; remedy: set needVhostNet: true/,
    ],
    [
      'a VFIO group of others',
      accessViolations({
        ...privileges,
        access: new Map([...privileges.access, ['/dev/vfio/12', 'denied']]),
      }),
      /^the VFIO group of the VF cannot be used by this user/,
    ],
    [
      'no VFIO',
      ealViolations({ ...startup, vfio: false, iovaMode: 'PA' }),
      /EAL came up without VFIO; it says: Error during.*IOVA mode is PA instead of VA/,
    ],
    [
      'another MAC address',
      macViolations(startup, { ...defaultParameters(), TAP_MAC: '02:00:00:00:00:01' }),
      /the VF has the MAC address 20:04:0f:f1:88:01, the pod requested 02:00:00:00:00:01.*the tap has the MAC address/,
    ],
    [
      'no override',
      macViolations(startup, { ...defaultParameters(), MAC_DPDK_OVERRIDE: '20:04:0f:f1:88:02' }),
      /^the tap has the MAC address 20:04:0f:f1:88:01 instead of 20:04:0f:f1:88:02; DPDK was told/,
    ],
    [
      'one port',
      macViolations({ ...startup, ports: new Map() }, defaultParameters()),
      /configured 0 port\(s\)/,
    ],
    [
      'lcores elsewhere',
      lcoreViolations('0@2,1@7', [2, 3]),
      /lcores run on CPUs 7, outside of the container's 2-3/,
    ],
    ['rxonly', modeViolations('rxonly'), /rxonly, which forwards nothing; remedy: set FORWARD_MODE=mac/],
    ['no forwarding', modeViolations(undefined), /does not forward/],
  ] as const) {
    it(`is not met by ${what}, which is told`, () => {
      expect(violations).not.to.deep.equal([])
      expect(violations.join('; ')).to.match(expected)
    })
  }
})

describe('the ports of testpmd', () => {
  it('need links that are up', () => {
    const [vf, tap] = [startup.ports.get(0), startup.ports.get(1)]
    if (vf === undefined || tap === undefined) throw new Error('the log has two ports')
    const ports = new Map([
      [0, { ...vf, link: 'down' as const }],
      [1, tap],
    ])
    expect(linkViolations({ ...startup, ports })).to.deep.equal(['the link of port 0 is down'])
  })
})

describe('pings through the tap', () => {
  const good = counters({ rxPackets: 102, txPackets: 102 }, { rxPackets: 102, txPackets: 102 })

  it('are well when all are answered and counted on both ports', () => {
    expect(pingViolations({ ping: answered, startup, counters: good }, 100)).to.deep.equal([])
    expect(counterViolations(good, answered)).to.deep.equal([])
  })

  it('fail where one of them is not answered', () => {
    const ping = { ...answered, received: 99 }
    expect(pingViolations({ ping, startup, counters: good }, 100).join()).to.match(
      /^99 of 100 pings were answered/,
    )
    const fewer = { ...answered, transmitted: 99, received: 99 }
    expect(pingViolations({ ping: fewer, startup, counters: good }, 100).join()).to.match(/^99 of 99 pings/)
  })

  it('fail by a queue that nobody polls', () => {
    const facts = {
      ping: unanswered,
      startup: { ...startup, tapQueues: 2 },
      counters: counters({}, { rxPackets: 1 }),
    }
    expect(pingViolations(facts, 100).join()).to.match(
      /^0 of 100 pings were answered: queue mismatch: the tap has 2 queues and testpmd polls 1/,
    )
  })

  it('fail by a queue that nobody polls though these pings had the luck of another', () => {
    const facts = { ping: answered, startup: { ...startup, tapQueues: 2 }, counters: good }
    expect(pingViolations(facts, 100).join()).to.match(
      /^100 of 100 pings were answered, other addresses may get none: queue mismatch: the tap has 2 queues/,
    )
  })

  it('fail by mbufs that are used up', () => {
    const facts = { ping: unanswered, startup, counters: counters({}, { rxPackets: 1, rxNoMbuf: 77 }) }
    expect(pingViolations(facts, 100).join()).to.match(
      /mbufs are exhausted \(77 times at port 1\); remedy: a higher TESTPMD_MBUFS/,
    )
  })

  for (const [block, where] of [
    [counters({}, {}), /nothing reached testpmd from the tap/],
    [counters({}, { rxPackets: 100 }), /did not leave through the VF/],
    [counters({ txPackets: 100 }, { rxPackets: 100 }), /none came back: does the gateway exist/],
    [
      counters({ txPackets: 100, rxPackets: 100 }, { rxPackets: 100 }),
      /do they carry the MAC address of the tap/,
    ],
  ] as const) {
    it(`fail where ${where.source}`, () => {
      expect(pingViolations({ ping: unanswered, startup, counters: block }, 100).join()).to.match(where)
    })
  }

  it('have to be counted on both ports', () => {
    expect(
      counterViolations(
        counters({ rxPackets: 50, txPackets: 100 }, { rxPackets: 100, txPackets: 100 }),
        answered,
      ),
    ).to.deep.equal(['received through the VF: 50 packets, but 100 pings'])
    expect(counterViolations(counters({}), answered)).to.have.length(1)
  })
})

describe('the ledger of the port-forwarder', () => {
  const all = counters({ rxPackets: 1600, txPackets: 1600 }, { rxPackets: 1600, txPackets: 1600 })

  it('is well when all that was sent came back', () => {
    expect(ledgerViolations({ mode: 'mac', macViolations: [], source: all, forwarder: all })).to.deep.equal(
      [],
    )
    expect(dropViolations(all)).to.deep.equal([])
  })

  it('does not mind frames of others that are forwarded too', () => {
    const more = counters({ rxPackets: 1603, txPackets: 1600 }, { rxPackets: 1600, txPackets: 1603 })
    expect(ledgerViolations({ mode: 'mac', macViolations: [], source: all, forwarder: more })).to.deep.equal(
      [],
    )
  })

  it('wants packets to leave by the other VF, and not by the one they entered', () => {
    const turning = counters({ rxPackets: 1600, txPackets: 1600 }, {})
    const one = counters({ rxPackets: 1600, txPackets: 1600 }, {})
    expect(
      ledgerViolations({ mode: 'macswap', macViolations: [], source: one, forwarder: turning }),
    ).to.deep.equal(['1,600 of 1,600 packets were lost between the two VFs of the port-forwarder'])
  })

  it('says where packets were lost, and that rxonly forwards none', () => {
    const swallowed = counters({ rxPackets: 1600 }, { rxPackets: 1600 })
    const alone = counters({ txPackets: 1600 }, { txPackets: 1600 })
    expect(
      ledgerViolations({ mode: 'rxonly', macViolations: [], source: alone, forwarder: swallowed }),
    ).to.deep.equal([
      '3,200 of 3,200 packets were lost between the two VFs of the port-forwarder',
      'testpmd is in mode rxonly, which forwards nothing; remedy: set FORWARD_MODE=mac',
    ])
    expect(
      ledgerViolations({ mode: 'mac', macViolations: [], source: alone, forwarder: counters({}, {}) }),
    ).to.deep.equal(['3,200 of 3,200 packets were lost between the source and the port-forwarder'])
    expect(ledgerViolations({ mode: 'mac', macViolations: [], source: alone, forwarder: all })).to.deep.equal(
      ['3,200 of 3,200 packets were lost between the port-forwarder and the source'],
    )
  })

  it('are lost before they enter where the VFs have not the MAC addresses they are sent to', () => {
    const ports = new Map(
      [...startup.ports].map(([port, info]) => [port, { ...info, mac: `52:54:00:00:01:0${port}` }]),
    )
    const macViolations = forwarderMacViolations({ ...startup, ports }, defaultParameters())
    const sent = counters({ txPackets: 1600 }, { txPackets: 1600 })
    expect(
      ledgerViolations({ mode: 'mac', macViolations, source: sent, forwarder: counters({}, {}) }),
    ).to.deep.equal([
      '3,200 of 3,200 packets were lost between the source and the port-forwarder',
      'its VFs have the MAC addresses 52:54:00:00:01:00 and 52:54:00:00:01:01, the pod requested ' +
        '20:04:0f:f1:88:11 and 20:04:0f:f1:88:12; remedy: capabilities.mac in the SriovNetwork',
    ])
    const either = new Map(
      [...ports].map(([port, info]) => [port, { ...info, mac: `20:04:0f:f1:88:1${2 - port}` }]),
    )
    expect(forwarderMacViolations({ ...startup, ports: either }, defaultParameters())).to.deep.equal([])
  })

  it('names what a port dropped', () => {
    const dropping = counters({ rxMissed: 1, rxErrors: 2, rxNoMbuf: 3, txErrors: 4 })
    expect(dropViolations(dropping)).to.have.length(4)
  })
})
