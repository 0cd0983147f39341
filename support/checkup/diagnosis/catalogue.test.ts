/** Every cause with findings that prove it: it is named first, with its numbers. */
import { expect } from 'chai'
import { CATALOGUE } from './catalogue.ts'
import { diagnose } from './diagnose.ts'
import { criterion, findings, guest, traffic, trouble } from './findings.fixture.ts'
import { lossy, network, onNodes, probe, PROOFS, VM_READY } from './proofs.fixture.ts'

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
    for (const shell of ['a root shell', 'a root shell after the reboot']) {
      const message = `spec.timeout (6m) ended while waiting for ${shell} (1 password typed, 0 refused) on the console of the VM under test: last saw "#" after 2.9s`
      const slow = findings({
        criteria: [criterion('guest.hugepages', 'error', message)],
        troubles: [trouble('interrupted', message, { criterion: 'guest.hugepages' })],
      })
      expect(diagnose(slow).map(({ id }) => id)).to.deep.equal(['spec-timeout-over'])
    }
  })

  it('calls a guest that rebooted not hanging as well', () => {
    const message =
      'the shell on the traffic generator ended while waiting for `cat x` to end: its login prompt is back'
    const rebooted = findings({
      criteria: [criterion('traffic.no-loss', 'error', message)],
      troubles: [trouble('console-lost', message)],
    })
    expect(diagnose(rebooted).map(({ id }) => id)).to.deep.equal(['guest-rebooted'])
  })

  it('knows a module that is there and does not load, in the words of a real guest', () => {
    const trouble =
      `driver vmxnet3 holds it: "modprobe: ERROR: could not insert 'vfio_pci': Unknown symbol in module, or unknown ` +
      'parameter (see dmesg)"; "driverctl: no such module: vfio-pci"'
    const unbound = { port: 'east' as const, wantsVfio: true, driver: 'vmxnet3', trouble }
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
      const node = { name: 'a', unschedulable: false, labels: {}, allocatable: {}, containerRuntime }
      const vmis = { 'vm-under-test': { ...vm, nodeName: 'a' } }
      return diagnose({ ...inert, vmis, nodes: { found: [node] } }).map(({ id }) => id)
    }
    expect(named('cri-o://1.32.4')[0]).to.equal('crio-annotations-inert')
    expect(named('containerd://2.0.5')).to.deep.equal(['pmd-too-slow'])
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
