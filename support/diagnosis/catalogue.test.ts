/** Every cause with findings that prove it: it is named first, with its numbers. */
import { foreign } from '../common/foreign-text.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { CATALOGUE } from './catalogue.ts'
import { diagnose } from './diagnose.ts'
import { criterion, findings, guest, traffic, failure } from './findings.fixture.ts'
import { lossy, network, onNodes, probe, PROOFS } from './proofs.fixture.ts'
import { VM_READY } from './vmi-findings.fixture.ts'

describe('the catalogue of causes', () => {
  it('has an id of its own for each, and findings that prove it', () => {
    expect(Object.keys(PROOFS)).to.have.members(CATALOGUE.map(({ id }) => id))
  })

  for (const { id } of CATALOGUE) {
    it(`names ${id} first where it is so`, () => {
      const [given, words] = PROOFS[id] ?? [findings({}), /never/]
      const [first] = diagnose(given)
      expect(first?.id).to.equal(id)
      expect(first?.sentence).to.match(words)
      expect(first?.remedy).to.not.match(/\.$/)
    })
  }

  it('takes what the testbed needs from its plan, and repeats no number of it', () => {
    const folder = new URL('causes/', import.meta.url)
    const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    expect(sources).to.include('scheduling.ts')
    const literal =
      /\b(?:\d+|one|eight|nine|ten) (?:dedicated |isolated |v)?CPUs\b|\b(?:[1-9]\d*|four|two) (?:hugepages|VFs\b(?! of one network))|(?<![-\w])\d+ ?Gi\b|[\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.\d/g
    for (const name of sources)
      expect(readFileSync(new URL(name, folder), 'utf8').match(literal), name).to.equal(null)
  })

  it('blames nothing where all went well, and nobody for what was not looked at', () => {
    const criteria = [criterion('traffic.no-loss'), criterion(VM_READY), criterion('guest.hugepages')]
    const fine = { traffic: traffic(), guests: { 'vm-under-test': guest({ hugepages1Gi: 1, nics: [] }) } }
    expect(diagnose(findings({ criteria, ...fine, ...probe({}) }))).to.deep.equal([])
    expect(
      diagnose(
        findings({ criteria, ...network({ spoofCheck: 'on', vlan: 7 }), ...onNodes, nodes: { found: [] } }),
      ),
    ).to.deep.equal([])
  })

  it('calls no guest silent that asked for its password, and was only slow', () => {
    for (const awaited of ['root-shell', 'root-shell-after-reboot'] as const) {
      const facts = { guest: 'VM under test', awaited, passwordsTyped: 1, lastSeen: '#', elapsed: 2900 }
      const slow = findings({
        criteria: [criterion('guest.hugepages', 'error')],
        failures: [
          failure('interrupted', 'in vain', { criterion: 'guest.hugepages', facts, isSpecTimeout: true }),
        ],
      })
      expect(diagnose(slow).map(({ id }) => id)).to.deep.equal(['spec-timeout-over'])
    }
  })

  it('calls a guest hanging, not rebooted, whose shell answers no key any more', () => {
    const facts = { guest: 'traffic generator', loss: 'unresponsive' } as const
    const hangs = findings({
      criteria: [criterion('traffic.no-loss', 'error')],
      failures: [failure('console-lost', 'no answer', { facts })],
    })
    expect(diagnose(hangs).map(({ id }) => id)).to.deep.equal(['guest-hangs'])
  })

  it('knows what the NIC needs for which DPDK has no driver, and how many queues it has', () => {
    const failed = (classification: string) => {
      const [proof] = PROOFS[classification === 'no-port' ? 'no-dpdk-port' : 'port-not-started'] ?? [
        findings({}),
      ]
      const port = { port: 'east', isEmulated: false, speed: undefined, width: undefined } as const
      const pci = [
        { ...port, ids: '8086:1520', maxSpeed: undefined, maxWidth: undefined, carrierChanges: undefined },
      ]
      return diagnose({ ...proof, guests: { 'vm-under-test': guest({ evidence: { pci } }) } })[0]
    }
    expect(failed('no-port')?.remedy).to.include('net_e1000_igb_vf').and.include('8086:1520')
    expect(failed('port-start')?.evidence).to.deep.include({
      what: 'RX queues of Intel I350 at most',
      value: '1',
    })
  })

  it('takes no refusal for a missing permission that RBAC did not word: a quota answers 403 as well', () => {
    const said =
      'pods "x" is forbidden: exceeded quota: compute, requested: cpu=9, used: cpu=2, limited: cpu=10'
    const refused = findings({
      criteria: [criterion(VM_READY, 'error')],
      failures: [failure('api', said, { criterion: VM_READY, facts: { status: 403, said: foreign(said) } })],
    })
    expect(diagnose(refused).map(({ id }) => id)).not.to.include('permission-missing')
  })

  it('calls a guest that rebooted not hanging as well', () => {
    const facts = { guest: 'traffic generator', awaited: 'command', loss: 'shell-ended' } as const
    const rebooted = findings({
      criteria: [criterion('traffic.no-loss', 'error')],
      failures: [failure('console-lost', 'the shell ended', { facts })],
    })
    expect(diagnose(rebooted).map(({ id }) => id)).to.deep.equal(['guest-rebooted'])
  })

  it('knows a module that is there and does not load, in the words of a real guest', () => {
    const messages = [
      "modprobe: ERROR: could not insert 'vfio_pci': Unknown symbol in module, or unknown parameter (see dmesg)",
      'driverctl: no such module: vfio-pci',
    ].map(foreign)
    const address = '0000:06:00.0'
    const unbound = {
      port: 'east',
      wantedDriver: 'vfio-pci',
      address,
      present: true,
      driver: 'vmxnet3',
      messages,
    } as const
    const found = findings({
      criteria: [criterion('guest.nics-bound')],
      guests: { 'vm-under-test': guest({ nics: [unbound] }) },
    })
    expect(diagnose(found)[0]?.id).to.equal('vfio-module-missing')
  })

  for (const id of ['lcore-shared', 'interrupts-on-isolated-cpus', 'cpu-time-stolen']) {
    it(`does not take ${id} for a cause where that core’s queues were empty`, () => {
      const [found] = PROOFS[id] ?? [findings({})]
      const measured = found.traffic
      if (measured === undefined) throw new TypeError('it has traffic')
      const elsewhere = { configured: 4, nic: 'net_iavf', rss: 'udp-ports' } as const
      const received = [{ port: 'east', queue: 3, cpu: 7, packets: 19_800 } as const]
      const named = diagnose({ ...found, traffic: { ...measured, queues: { ...elsewhere, received } } })
      expect(named.map((cause) => cause.id)).to.deep.equal(['pmd-too-slow'])
    })
  }

  it('looks for what CRI-O does not heed on nodes of CRI-O only', () => {
    const [inert] = PROOFS['crio-annotations-inert'] ?? [findings({})]
    const vm = inert.vmis['vm-under-test']
    if (vm === undefined) throw new TypeError('it has a VMI')
    const named = (containerRuntime: string) => {
      const node = {
        name: 'a',
        unschedulable: false,
        labels: {},
        allocatable: {},
        containerRuntime: foreign(containerRuntime),
      }
      const vmis = { 'vm-under-test': { ...vm, nodeName: 'a' } }
      return diagnose({ ...inert, vmis, nodes: { found: [node] } }).map(({ id }) => id)
    }
    expect(named('cri-o://1.32.4')[0]).to.equal('crio-annotations-inert')
    expect(named('containerd://2.0.5')).to.deep.equal(['pmd-too-slow'])
  })

  it('does not say of packets without an mbuf that no counter accounts for them', () => {
    const path = { vmRx: 19_800, vmTx: 19_800, generatorRx: 19_800 }
    const { ledger } = traffic(path)
    const lost = lossy('traffic.no-rx-drops', { ...traffic(path), ledger: { ...ledger, vmRxNoMbuf: 200 } })
    expect(diagnose(lost).map(({ id }) => id)).to.deep.equal(['mbufs-exhausted'])
  })

  it('names no cause of a single lost packet that only a dead path has', () => {
    const lost = lossy(
      'traffic.no-loss',
      traffic({ vmRx: 19_999, vmTx: 19_999, generatorRx: 19_999 }),
      network({ spoofCheck: 'on' }),
    )
    expect(diagnose(lost).map(({ id }) => id)).to.deep.equal(['lost-before-vm'])
  })
})
