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
      '[   12.345678] watchdog: BUG: soft lockup - CPU#1 stuck for 22s!',
      'motd: in case of Oops: call us',
    ])
      expect(kernelFaultIn(text), text).to.equal(undefined)
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
