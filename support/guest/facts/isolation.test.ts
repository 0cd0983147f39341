import { expect } from 'chai'
import { ApiError } from '../../cluster/api-error.ts'
import { SuiteError, TimeoutError } from '../../common/errors.ts'
import type { Limits } from '../../common/wait.ts'
import { ensureIsolated, type IsolationOptions, readCpuFacts } from './isolation.ts'
import { within } from '../testing/limits.ts'
import { type Answer, ScriptedShell } from '../testing/scripted-shell.ts'

const WANTED = [2, 3, 4, 5, 6, 7]

function facts(isolated: string, kernelArguments = 'quiet', affinity = '0-7'): string {
  return ['0-7', isolated, affinity, kernelArguments].join('\n--\n')
}

function guest(means: string, before: string, after: string, apply: Answer = ''): ScriptedShell {
  let now = before
  const shell = new ScriptedShell([
    ['/cpu/online', () => now],
    ['command -v', means],
    ['tuned-adm profile', apply],
    ['isolate-cpus', apply],
  ])
  shell.onRelogin = () => {
    now = after
  }
  return shell
}

function options(softReboot: (limits: Limits) => Promise<void> = () => Promise.resolve()): IsolationOptions {
  const { signal } = within(0)
  return { signal, softReboot, timeouts: { command: 1000, apply: 1000, reboot: 1000 } }
}

describe('CPU isolation', () => {
  it('is left alone where it is there already', async () => {
    const shell = guest('tuned', facts('2-7'), '')
    const result = await ensureIsolated(shell, WANTED, options())
    expect(result).to.include({ rebooted: false }).and.not.to.have.property('method')
    expect(result.missing).to.deep.equal([])
    expect(shell.commands).to.have.length(1)
  })

  it("is applied by the image's own command, and takes effect after a reboot", async () => {
    const shell = guest('own', facts(''), facts('2-7'))
    const result = await ensureIsolated(shell, WANTED, options())
    expect(result)
      .to.include({ rebooted: true, method: 'isolate-cpus' })
      .and.not.to.have.property('rebootNote')
    expect(result.isolated).to.deep.equal(WANTED)
    expect(shell.commands).to.include('isolate-cpus 2-7')
    expect(result).not.to.have.property('problem')
  })

  it('is seen where tuned partitions the CPUs, which leaves the list of isolated ones empty', async () => {
    const kernelArguments =
      'nohz=on nohz_full=2-7 tuned.non_isolcpus=00000003 intel_pstate=disable nosoftlockup'
    const shell = guest('tuned', facts(''), facts('', kernelArguments, '0-1'))
    const result = await ensureIsolated(shell, WANTED, options())
    expect(result).to.include({ method: 'tuned cpu-partitioning' })
    expect(result.isolcpus).to.deep.equal([])
    expect(result.partitioned).to.deep.equal(WANTED)
    expect(result.missing).to.deep.equal([])
    expect(
      shell.ran("printf 'isolated_cores=%s\\n' 2-7 >/etc/tuned/cpu-partitioning-variables.conf"),
    ).to.equal(true)
  })

  it("is not believed by tuned's kernel argument alone", async () => {
    const shell = guest('tuned', facts('', 'tuned.non_isolcpus=00000003', '0-7'), '')
    expect((await readCpuFacts(shell, within())).isolated).to.deep.equal([])
    const silent = guest('tuned', facts('', 'tuned.non_isolcpus=00000003', ''), '')
    expect((await readCpuFacts(silent, within())).isolated).to.deep.equal([])
  })

  it('that is still missing after the reboot is a fact', async () => {
    const shell = guest('own', facts(''), facts('2-3'), 'written')
    const result = await ensureIsolated(shell, WANTED, options())
    expect(result.missing).to.deep.equal([4, 5, 6, 7])
    expect(result.problem).to.equal(
      'CPUs 4-7 are not isolated after isolate-cpus and a reboot; its output: "written"',
    )
  })

  it('that cannot be applied is a fact with the guest’s message, and does not cause a reboot', async () => {
    const shell = guest('own', facts(''), '', { output: 'isolate-cpus: no boot loader', exitCode: 1 })
    const result = await ensureIsolated(shell, WANTED, options())
    expect(result).to.include({ rebooted: false })
    expect(result.problem).to.equal('isolate-cpus ended with exit code 1: "isolate-cpus: no boot loader"')
    expect(shell.ran('(relogin)')).to.equal(false)
  })

  it('of CPUs that the guest does not have is a fact', async () => {
    const result = await ensureIsolated(guest('own', facts(''), ''), [7, 8, 9], options())
    expect(result.problem).to.equal('CPUs 8-9 are not online in the VM under test')
  })

  it('is an error where the guest has no means for it', async () => {
    const outcome = await ensureIsolated(guest('', facts(''), ''), WANTED, options()).catch((e: unknown) => e)
    expect(outcome).to.be.instanceOf(SuiteError).with.property('code', 'no-isolation-method')
  })

  it('reboots from inside where it may not from outside', async () => {
    const shell = guest('own', facts(''), facts('2-7'))
    const forbidden = new ApiError('soft-rebooting VMI ns/x', 403, '{"message":"forbidden: no update"}')
    const result = await ensureIsolated(
      shell,
      WANTED,
      options(() => Promise.reject(forbidden)),
    )
    expect(result).to.include({ rebooted: true })
    expect(result.rebootNote).to.contain('forbidden: no update')
    expect(result).not.to.have.property('problem')
    expect(shell.ran('systemctl --no-block reboot')).to.equal(true)
  })

  it('reboots from inside where the API server has no answer from outside, and leaves time for it', async () => {
    const shell = guest('own', facts(''), facts('2-7'))
    let given = Infinity
    const result = await ensureIsolated(
      shell,
      WANTED,
      options(({ timeout }) => {
        given = timeout
        return Promise.reject(new TimeoutError('soft-rebooting VMI ns/x: HTTP 500'))
      }),
    )
    expect(given).to.be.below(1000)
    expect(result).to.include({ rebootNote: 'soft-rebooting VMI ns/x: HTTP 500' })
  })

  it('passes on what else goes wrong with the reboot', async () => {
    const broken = new ApiError('soft-rebooting VMI ns/x', 500, '')
    const outcome = ensureIsolated(
      guest('own', facts(''), ''),
      WANTED,
      options(() => Promise.reject(broken)),
    ).catch((e: unknown) => e)
    expect(await outcome).to.equal(broken)
  })
})
