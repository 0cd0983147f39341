import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { secrets } from '../common/secrets.ts'
import { kernelFaultIn } from './kernel-fault.ts'

/** As a Debian kernel wrote it on the console of a guest after `echo c >/proc/sysrq-trigger`. */
const CRASH = [
  'testpmd> [   61.270934] BUG: kernel NULL pointer dereference, address: 0000000000000000',
  '[   61.271812] #PF: supervisor write access in kernel mode',
  '[   61.272601] Oops: 0002 [#1] PREEMPT SMP NOPTI',
  '[   61.290123] Kernel panic - not syncing: Fatal exception',
  '[   61.291111] ---[ end Kernel panic - not syncing: Fatal exception ]---',
].join('\r\n')

describe("a kernel's last words", () => {
  it('are found behind the prompt that they tore', () => {
    const fault = kernelFaultIn(`boot\r\nlocalhost login: root\r\n${CRASH}`)
    expect(fault).to.deep.include({
      isPanic: true,
      sentence: 'Kernel panic - not syncing: Fatal exception',
    })
    expect(fault?.lines[0]).to.include('NULL pointer dereference')
    expect(fault?.lines).to.have.length(5)
  })

  it('are an oops where the kernel went on', () => {
    const fault = kernelFaultIn(
      '[    9.000001][  T812] Oops: general protection fault [#1]\n[   10.0] usb 1-1',
    )
    expect(fault).to.deep.include({ isPanic: false, sentence: 'Oops: general protection fault [#1]' })
  })

  it('are not what programs, prompts and commands say', () => {
    for (const text of [
      '',
      '# grep "Kernel panic - not syncing" /var/log/messages',
      'traps: dpdk-testpmd[812] general protection fault ip:7f00 sp:7ffe error:0',
      '[   12.345678] traps: dpdk-testpmd[812] general protection fault ip:7f00 sp:7ffe error:0',
      '# dmesg | grep "soft lockup"',
      'installed: rcu_ tools',
      'motd: in case of Oops: call us',
    ])
      expect(kernelFaultIn(text), text).to.equal(undefined)
  })

  const CASES = join(import.meta.dirname, '../../fixtures/cases/guest-lockup')
  for (const [file, sentence] of [
    ['console.txt', 'watchdog: BUG: soft lockup - CPU#4 stuck for 23s! [dpdk-testpmd:1312]'],
    ['hard.txt', 'NMI watchdog: Watchdog detected hard LOCKUP on cpu 3'],
    ['rcu.txt', 'rcu: INFO: rcu_preempt self-detected stall on CPU'],
  ] as const) {
    it(`tell of a CPU that got no further (${file})`, () => {
      const fault = kernelFaultIn(readFileSync(join(CASES, file), 'utf8'))
      expect(fault).to.deep.include({ isPanic: false, isStall: true, sentence })
      expect(fault?.lines[0]).to.include(sentence)
    })
  }

  for (const words of [
    'BUG: soft lockup - CPU#1 stuck for 22s! [migration/1:17]',
    'NMI watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [kworker/1:1:33]',
    'watchdog: Watchdog detected hard LOCKUP on cpu 2',
    'watchdog: CPU2: Watchdog detected hard LOCKUP on cpu 2',
    'rcu: INFO: rcu_sched detected stalls on CPUs/tasks:',
    'rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 3-... } 5 jiffies s: 9 root: 0x8/.',
    'INFO: rcu_sched self-detected stall on CPU { 4}  (t=60001 jiffies g=1 c=0 q=9)',
    'rcu: rcu_preempt kthread starved for 5250 jiffies! g1 f0x0 RCU_GP_WAIT_FQS(5) ->state=0x0 ->cpu=3',
  ]) {
    it(`tell of one by ${JSON.stringify(words.slice(0, 60))}`, () => {
      const fault = kernelFaultIn(`testpmd> [  311.004211][   T17] ${words}\r\n`)
      expect(fault).to.deep.include({ isPanic: false, isStall: true, sentence: words })
    })
  }

  it('are a stall where that made the kernel panic, with its first sign', () => {
    const fault = kernelFaultIn(
      [
        '[   61.1] watchdog: BUG: soft lockup - CPU#4 stuck for 23s! [x:1]',
        '[   61.200000] watchdog: BUG: soft lockup - CPU#4 stuck for 23s! [x:1]',
        '[   61.300000] Kernel panic - not syncing: softlockup: hung tasks',
      ].join('\n'),
    )
    expect(fault).to.deep.include({ isPanic: true, isStall: true })
    expect(fault?.lines).to.have.length(2)
  })

  it('are no stall that a guest got over: it came to a login prompt', () => {
    const boot = '[    9.000001] rcu: INFO: rcu_preempt self-detected stall on CPU'
    expect(kernelFaultIn(`${boot}\r\n\r\nlocalhost login: root\r\n# `)).to.equal(undefined)
    expect(kernelFaultIn(boot)?.isStall).to.equal(true)
  })

  it('are those of what broke down, where there are both', () => {
    const stall = '[   60.000001] watchdog: BUG: soft lockup - CPU#4 stuck for 23s! [x:1]'
    expect(kernelFaultIn(`${stall}\r\n${CRASH}`)).to.deep.include({ isPanic: true, isStall: false })
  })

  it('are bounded, and hold no secret', () => {
    secrets.add('a-secret-of-this-run')
    const flood =
      `[    1.000000] Kernel panic - not syncing: a-secret-of-this-run ${'x'.repeat(10_000)}\n`.repeat(500)
    const said = JSON.stringify(kernelFaultIn(flood))
    expect(said.length).to.be.below(8000)
    expect(said).to.not.include('a-secret-of-this-run')
  })
})
