import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { secrets } from '../common/secrets.ts'
import { kernelFaultIn } from './kernel-fault.ts'

/** Console output of a Debian kernel after `echo c >/proc/sysrq-trigger`. */
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
      'Internal error: could not read the configuration',
      'changes: fix the parser, see issue [#1]',
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
      expect(fault).to.deep.include({ kind: 'stall', isPanic: false, sentence })
      expect(fault?.lines[0]).to.include(sentence)
    })
  }

  // rsyslog's broadcast to all terminals (omusrmsg), journald's console, and kernel/workqueue.c
  for (const [words, sentence] of [
    [
      'Message from syslogd@localhost at Jan  1 00:00:00 ...\r\n kernel:watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [a:1]',
      'watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [a:1]',
    ],
    [
      'Message from syslogd@localhost at Jan  1 00:00:00 ...\r\n kernel:NMI watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [a:1]',
      'NMI watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [a:1]',
    ],
    [
      'Jan 01 00:00:00 localhost kernel: rcu: INFO: rcu_sched self-detected stall on CPU',
      'rcu: INFO: rcu_sched self-detected stall on CPU',
    ],
    [
      'Jan  1 00:00:00 localhost kernel: [  311.004211] rcu: INFO: rcu_sched self-detected stall on CPU',
      'rcu: INFO: rcu_sched self-detected stall on CPU',
    ],
    [
      '[  311.004211] BUG: workqueue lockup - pool cpus=4 node=0 flags=0x0 nice=0 stuck for 34s!',
      'BUG: workqueue lockup - pool cpus=4 node=0 flags=0x0 nice=0 stuck for 34s!',
    ],
  ] as const)
    it(`are found as loggers write them: ${words.slice(-60)}`, () => {
      expect(kernelFaultIn(words)).to.deep.include({ kind: 'stall', isPanic: false, sentence })
    })

  // util-linux' dmesg with -T, -H, -x and --time-format iso; AMDESE/AMDSEV#221, oxidecomputer/propolis#1153
  const LOCKUP = 'watchdog: BUG: soft lockup - CPU#4 stuck for 23s! [dpdk-testpmd:1312]'
  for (const before of [
    '[Tue Jan  6 10:11:12 2026] ',
    '[Sun Dec 14 10:11:12 2025] ',
    '[  +0.000003] ',
    'kern  :emerg : [  311.004211] ',
    '2026-01-06T10:11:12,004211+00:00 ',
    'Message from syslogd@guest at Jul 11 03:12:58 ...\r\n kernel:[ 4796.249920] ',
    'Jun 11 14:12:22 guest kernel: ',
    '<0>[  311.004211] ',
  ])
    it(`are found behind the stamp ${JSON.stringify(before.slice(-40))}`, () => {
      const fault = kernelFaultIn(`${before}${LOCKUP}\r\n`)
      expect(fault).to.deep.include({ kind: 'stall', isPanic: false, sentence: LOCKUP })
    })

  for (const words of [
    'BUG: soft lockup - CPU#1 stuck for 22s! [migration/1:17]',
    // arch/powerpc/kernel/watchdog.c
    'watchdog: CPU 4 self-detected hard LOCKUP @ plpar_hcall_norets+0x1c/0x28',
    'watchdog: CPU 8 detected hard LOCKUP on other CPUs 9',
    // kernel/rcu/tasks.h
    'INFO: rcu_tasks detected stalls on tasks:',
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
      expect(fault).to.deep.include({ kind: 'stall', isPanic: false, sentence: words })
    })
  }

  for (const [kind, words] of [
    ['hung-task', 'INFO: task dpdk-testpmd:1312 blocked for more than 120 seconds.'],
    ['hung-task', 'INFO: task jbd2/vda1-8:412 blocked in I/O wait for more than 120 seconds.'],
    ['machine-check', 'mce: [Hardware Error]: CPU 4: Machine Check Exception: 5 Bank 0: be00000000800400'],
    ['machine-check', 'mce: [Hardware Error]: Machine check events logged'],
    ['machine-check', '{1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1'],
    ['machine-check', 'mce: Uncorrected hardware memory error in user-access at 1234500'],
    ['machine-check', 'Memory failure: 0x12345: Sending SIGBUS to x:1 due to hardware memory corruption'],
    ['machine-check', 'MCE: Killing x:1312 due to hardware memory corruption fault at 7f0000000000'],
    ['out-of-memory', 'Out of memory: Killed process 1312 (dpdk-testpmd) total-vm:1kB, anon-rss:1kB'],
    ['out-of-memory', 'Out of memory: Kill process 1312 (dpdk-testpmd) score 901 or sacrifice child'],
    ['out-of-memory', 'Memory cgroup out of memory: Killed process 812 (python3) total-vm:1kB'],
    ['out-of-memory', 'Out of memory and no killable processes...'],
    ['out-of-memory', 'systemd invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0'],
  ] as const) {
    it(`are of the kind ${kind}: ${words.slice(0, 60)}`, () => {
      const fault = kernelFaultIn(`testpmd> [  311.004211] ${words}\r\n`)
      expect(fault).to.deep.include({ kind, isPanic: false, sentence: words })
    })
  }

  for (const [kind, words] of [
    ['machine-check', 'Fatal machine check'],
    // drivers/acpi/apei/ghes.c
    ['machine-check', 'Fatal hardware error!'],
    ['machine-check', 'Timeout: Not all CPUs entered broadcast exception handler'],
    ['out-of-memory', 'System is deadlocked on memory'],
    ['out-of-memory', 'Out of memory: compulsory panic_on_oom is enabled'],
    ['hung-task', 'hung_task: blocked tasks'],
    ['stall', 'RCU Stall'],
    ['breakdown', 'VFS: Unable to mount root fs on unknown-block(0,0)'],
    ['breakdown', 'Attempted to kill init! exitcode=0x0000000b'],
  ] as const) {
    it(`are of the kind ${kind} where the kernel panics: ${words}`, () => {
      const fault = kernelFaultIn(`[    2.100000] Kernel panic - not syncing: ${words}\r\n`)
      expect(fault).to.deep.include({ kind, isPanic: true })
    })
  }

  // arch/x86/kernel/traps.c of 4.18 to 6.10, arch/arm64/mm/fault.c and kernel/traps.c
  for (const words of [
    'invalid opcode: 0000 [#1] SMP NOPTI',
    'divide error: 0000 [#1] PREEMPT SMP PTI',
    'general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP',
    'stack segment: 0000 [#1] SMP',
    'Unable to handle kernel NULL pointer dereference at virtual address 0000000000000010',
    'Internal error: synchronous external abort: 0000000096000410 [#1] SMP',
  ])
    it(`are an oops: ${words.slice(0, 60)}`, () => {
      const fault = kernelFaultIn(`[  311.004211] ${words}\r\n[  311.004300] Modules linked in: vfio_pci`)
      expect(fault).to.deep.include({ kind: 'breakdown', isPanic: false, sentence: words })
    })

  it('name whom the kernel killed, rather than who asked for memory', () => {
    const fault = kernelFaultIn(
      [
        '[   61.100000] systemd invoked oom-killer: gfp_mask=0x140cca, order=0',
        '[   61.200000] Out of memory: Killed process 1312 (dpdk-testpmd) total-vm:1kB',
      ].join('\n'),
    )
    expect(fault?.sentence).to.include('Killed process 1312')
    expect(fault?.lines).to.have.length(2)
  })

  it('are a stall where that made the kernel panic, with its first sign', () => {
    const fault = kernelFaultIn(
      [
        '[   61.1] watchdog: BUG: soft lockup - CPU#4 stuck for 23s! [x:1]',
        '[   61.200000] watchdog: BUG: soft lockup - CPU#4 stuck for 23s! [x:1]',
        '[   61.300000] Kernel panic - not syncing: softlockup: hung tasks',
      ].join('\n'),
    )
    expect(fault).to.deep.include({ kind: 'stall', isPanic: true })
    expect(fault?.lines).to.have.length(2)
  })

  it('exclude a stall that the guest recovered from: it reached a login prompt', () => {
    const boot = '[    9.000001] rcu: INFO: rcu_preempt self-detected stall on CPU'
    expect(kernelFaultIn(`${boot}\r\n\r\nlocalhost login: root\r\n# `)).to.equal(undefined)
    expect(kernelFaultIn(boot)?.kind).to.equal('stall')
  })

  it('are those of what broke down, where there are both', () => {
    const stall = '[   60.000001] watchdog: BUG: soft lockup - CPU#4 stuck for 23s! [x:1]'
    expect(kernelFaultIn(`${stall}\r\n${CRASH}`)).to.deep.include({ kind: 'breakdown', isPanic: true })
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
