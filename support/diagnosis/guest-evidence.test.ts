import { expect } from 'chai'
import { secrets } from '../common/secrets.ts'
import { parseGuestEvidence, readGuestEvidence } from './guest-evidence.ts'

const ADDRESSES = { east: '0000:06:00.0', west: '0000:07:00.0' }

const OUTPUT = `@@ cmdline
BOOT_IMAGE=/vmlinuz default_hugepagesz=1GB hugepagesz=1G hugepages=1

@@ tuned
/usr/sbin/tuned-adm
Current active profile: cpu-partitioning

@@ hugepages
pool /sys/kernel/mm/hugepages/hugepages-1048576kB 1 0
pool /sys/kernel/mm/hugepages/hugepages-2048kB 0 0

@@ pci
port east 0x8086 0x154c
current_link_speed 8.0 GT/s PCIe
current_link_width 4
max_link_speed 8.0 GT/s PCIe
max_link_width 8
port west 0x8086 0x154c
current_link_speed Unknown
current_link_width 0
carrier_changes 7

@@ throttled
42

@@ engine
○ trex.service - TRex traffic generator
     Active: failed (Result: exit-code)

@@ threads
812 5 R 1234 sh (2) R
77 4 S 10 kworker/4:1
x y z

@@ dmesg
[   12.000000] iavf 0000:06:00.0: NIC Link is Up

@@ activity
10.00 1.00
cpu4 0 0 0 0 0 0 0 0
-- now --
20.00 1.00
cpu4 0 0 0 0 0 0 0 100
`

describe("a guest's words", () => {
  it('are read section by section', () => {
    const evidence = parseGuestEvidence(OUTPUT, 20)
    expect(evidence).to.deep.include({
      kernelArguments: 'BOOT_IMAGE=/vmlinuz default_hugepagesz=1GB hugepagesz=1G hugepages=1',
      tuned: 'cpu-partitioning',
      throttled: 42,
      hugepages: [
        { sizeKiB: 1048576, total: 1, free: 0 },
        { sizeKiB: 2048, total: 0, free: 0 },
      ],
      dmesg: ['[   12.000000] iavf 0000:06:00.0: NIC Link is Up'],
    })
    expect(evidence.pci).to.deep.equal([
      {
        port: 'east',
        ids: '8086:154c',
        isEmulated: false,
        speed: '8.0 GT/s PCIe',
        width: 4,
        maxSpeed: '8.0 GT/s PCIe',
        maxWidth: 8,
        carrierChanges: undefined,
      },
      {
        port: 'west',
        ids: '8086:154c',
        isEmulated: false,
        speed: undefined,
        width: 0,
        maxSpeed: undefined,
        maxWidth: undefined,
        carrierChanges: 7,
      },
    ])
    expect(evidence.activity?.stolen.get(4)).to.equal(1)
    expect(evidence.engine).to.have.length(2)
    expect(evidence.threads).to.deep.equal([
      { tid: 812, name: 'sh (2) R', cpu: 5, seconds: 12.34, isRunnable: true },
      { tid: 77, name: 'kworker/4:1', cpu: 4, seconds: 0.1, isRunnable: false },
    ])
  })

  it('are what there is of them where a guest says nothing, or nonsense', () => {
    for (const output of [
      '',
      'bash: syntax error',
      '@@ pci\nport east 0xzz',
      '@@ dmesg',
      '@@ activity\n-- now --',
    ])
      expect(parseGuestEvidence(output)).to.deep.equal({})
  })

  it('know devices that are emulated, which have no PCI link to judge', () => {
    const port = (vendor: string, device: string, subsystem: string) =>
      parseGuestEvidence(
        `@@ pci\nport east 0x${vendor} 0x${device}\nsubsystem_vendor 0x${subsystem}\nsubsystem_device 0x1100\n` +
          'current_link_speed 2.5 GT/s PCIe\ncurrent_link_width 1\n',
      ).pci?.[0]?.isEmulated
    for (const ids of ['1af4:1041', '15ad:07b0', '1b36:000c', '8086:10d3']) {
      const [vendor = '', device = ''] = ids.split(':')
      expect(port(vendor, device, '8086'), ids).to.equal(true)
    }
    expect(port('8086', '1889', '1af4')).to.equal(true)
    expect(port('8086', '1889', '8086')).to.equal(false)
    expect(port('15b3', '101e', '15b3')).to.equal(false)
  })

  it('hold no control character and no secret, not even the half of one', () => {
    const secret = 'hunter2-of-this-very-run'
    secrets.add(secret)
    const dmesg = `${'x'.repeat(290)}${secret}\n\x1b[31mred ${secret}\x07`
    const { dmesg: lines } = parseGuestEvidence(`@@ dmesg\n${dmesg}\n`)
    expect(lines?.join('\n'))
      .to.include('red [redacted]')
      .and.not.include('hunter2')
      .and.not.match(/[\x07\x1b]/)
  })

  it('are bounded, whatever the guest prints', () => {
    const flood = `@@ dmesg\n${`${'y'.repeat(5000)}\n`.repeat(2000)}@@ cmdline\n${'z'.repeat(100_000)}\n`
    expect(JSON.stringify(parseGuestEvidence(flood)).length).to.be.below(20_000)
  })

  it('are asked for by one command, with quoted addresses', async () => {
    const typed: string[] = []
    const shell = {
      guest: 'VM under test',
      run: (commandLine: string) => {
        typed.push(commandLine)
        return Promise.resolve({ output: OUTPUT, exitCode: 0 })
      },
      check: () => Promise.reject(new Error('not asked')),
      open: () => Promise.reject(new Error('not asked')),
      interrupt: () => Promise.reject(new Error('not asked')),
    }
    const limits = { signal: new AbortController().signal, timeout: 1000 }
    const engine = { what: 'its last word', command: 'tell-last-word', lines: 1 }
    const evidence = await readGuestEvidence(shell, ADDRESSES, limits, engine)
    expect(evidence.tuned).to.equal('cpu-partitioning')
    expect(evidence.engine).to.deep.equal(['     Active: failed (Result: exit-code)'])
    expect(typed).to.have.length(1)
    expect(typed[0]).to.include("echo '@@ engine'; { tell-last-word; }")
    expect(typed[0]).to.include("'east 0000:06:00.0'")
  })
})
