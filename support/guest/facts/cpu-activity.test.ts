import { expect } from 'chai'
import { activityBetween, splitActivity } from './cpu-activity.ts'

/** The files of a guest with three CPUs, with the given counts. */
function reading({ uptime = 100, steal = 0, device = 0, ticks = 0, waited = 0 } = {}): string {
  return [
    `${uptime.toFixed(2)} 250.11`,
    'cpu  10 0 20 3000 0 0 0 5 0 0',
    'cpu0 10 0 20 1000 0 0 0 0 0 0',
    'cpu1 0 0 0 1000 0 0 0 0 0 0',
    `cpu2 0 0 0 1000 0 0 0 ${steal} 0 0`,
    'intr 12345 0 0',
    'ctxt 99',
    '           CPU0       CPU1       CPU2',
    `  4:        312          0          0   IO-APIC   4-edge      ttyS0`,
    ` 25:          7          0 ${String(device).padStart(10)}   PCI-MSI 81920-edge      virtio0-req.0`,
    'NMI:          0          0          0   Non-maskable interrupts',
    `LOC:      10000         12 ${String(ticks).padStart(10)}   Local timer interrupts`,
    'ERR:          0',
    'version 15',
    'cpu1 0 0 0 0 0 0 8000000000 5000 900',
    `cpu2 0 0 0 0 0 0 8000000000 ${waited} 900`,
    '',
  ].join('\n')
}

describe('activity of CPUs', () => {
  it('tells interrupts of devices, ticks, stolen time and waits between two looks', () => {
    const now = reading({ uptime: 110, steal: 250, device: 5000, ticks: 2500, waited: 4_500_000_000 })
    const activity = activityBetween(reading(), now)
    expect(activity?.seconds).to.equal(10)
    expect(activity?.interrupts).to.deep.equal([{ cpu: 2, name: '25 virtio0-req.0', count: 5000 }])
    expect([...(activity?.ticks ?? [])]).to.deep.equal([
      [0, 0],
      [1, 0],
      [2, 2500],
    ])
    expect([...(activity?.stolen ?? [])]).to.deep.equal([
      [0, 0],
      [1, 0],
      [2, 2.5],
    ])
    expect([...(activity?.waited ?? [])]).to.deep.equal([
      [1, 0],
      [2, 4.5],
    ])
  })

  it('tells of no wait where the kernel counts none, and takes no count since the boot for one', () => {
    const without = (text: string) => text.slice(0, text.indexOf('version'))
    const now = reading({ uptime: 110, waited: 1e9 })
    expect(activityBetween(without(reading()), without(now))?.waited.size).to.equal(0)
    expect(activityBetween(without(reading()), now)?.waited.size).to.equal(0)
  })

  it('knows nothing of a guest that rebooted, kept nothing, or answers nonsense', () => {
    expect(activityBetween(reading({ uptime: 100 }), reading({ uptime: 5 }))).to.equal(undefined)
    expect(activityBetween('', reading())).to.equal(undefined)
    expect(activityBetween('\x00\x01', '-1.00 x')).to.equal(undefined)
    expect(activityBetween(...splitActivity('cat: no such file'))).to.equal(undefined)
  })

  it('is not stopped by lines that are cut short, or by counts that are none', () => {
    const torn = `${reading({ uptime: 120 })}\n 26: 99999999999999999999999 x\n 27:\nCPU0 CPUx`
    expect(activityBetween(reading(), torn)?.interrupts).to.deep.equal([])
  })
})
