import { expect } from 'chai'
import fc from 'fast-check'
import { SuiteError, TimeoutError } from '../../common/errors.ts'
import { GuestConsole } from './console-session.ts'
import type { CommandResult } from './shell.ts'
import { FakeGuest, type FakeGuestOptions } from '../testing/fake-guest.ts'
import { within } from '../testing/limits.ts'

const LOGIN = { guest: 'VM under test', passwords: ['secret', 'redhat'] }

async function logIn(options: FakeGuestOptions = {}): Promise<{ guest: FakeGuest; console: GuestConsole }> {
  const guest = new FakeGuest(options)
  return { guest, console: await GuestConsole.open(guest, LOGIN, within()) }
}

async function failure(work: Promise<unknown>): Promise<SuiteError> {
  try {
    await work
  } catch (error) {
    if (error instanceof SuiteError) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('console session', () => {
  it('runs a command and returns its output and exit code', async () => {
    const { console } = await logIn({ command: () => ({ output: 'one\ntwo\n', exitCode: 3 }) })
    expect(await console.run('something', within())).to.deep.equal({ output: 'one\ntwo', exitCode: 3 })
  })

  it('returns an output of a megabyte whole', async () => {
    const output = 'a line of statistics, of some length\n'.repeat(30_000)
    const { console } = await logIn({ command: () => ({ output, exitCode: 0 }) })
    expect(await console.check('something long', within())).to.equal(output.trimEnd())
  })

  it('takes escape sequences and carriage returns out of the output', async () => {
    const output = '\x1b[1m\x1b[32m[SUCCESS]\x1b[39m\x1b[22m 10\r100%\r\n'
    const { console } = await logIn({ command: () => ({ output, exitCode: 0 }) })
    expect(await console.check('something', within())).to.equal('[SUCCESS] 10100%')
  })

  it('quotes command and output where a checked command fails', async () => {
    const { console } = await logIn({ command: () => ({ output: 'no such thing\n', exitCode: 2 }) })
    const error = await failure(console.check('ls /thing', within()))
    expect(error.code).to.equal('command-failed')
    expect(error.message).to.equal('`ls /thing` ended with exit code 2 on the VM under test: "no such thing"')
  })

  it('gets the line back after a command that did not end in time', async () => {
    const { console, guest } = await logIn({
      command: (line) => (line === 'hang' ? undefined : { output: 'fine\n', exitCode: 0 }),
    })
    const error = await failure(console.run('hang', within(50)))
    expect(error).to.be.instanceOf(TimeoutError)
    expect(error.message).to.match(/^waiting for `hang` to end on the console of the VM under test: last saw/)
    expect(await console.check('next', within())).to.equal('fine')
    expect(guest.typed.filter(({ line }) => line.includes('hang'))).to.have.length(1)
  })

  it('runs one command at a time, in the order asked for', async () => {
    const { console } = await logIn({ command: (line) => ({ output: `${line}\n`, exitCode: 0 }) })
    const lines = ['a', 'b', 'c']
    expect(await Promise.all(lines.map((line) => console.check(line, within())))).to.deep.equal(lines)
  })

  it('reports a lost console, with the reason, to the waiting command and to later ones', async () => {
    const { console, guest } = await logIn({ command: () => undefined })
    const waiting = failure(console.run('hang', within()))
    setImmediate(() => {
      guest.lose(new Error('another client took it'))
    })
    for (const error of [await waiting, await failure(console.run('ls', within()))]) {
      expect(error.code).to.equal('console-lost')
      expect(error.message).to.contain('another client took it')
    }
  })

  it('refuses control characters', async () => {
    const { console } = await logIn()
    const outcome = await console.run('echo \x03', within()).catch((error: unknown) => error)
    expect(outcome).to.be.instanceOf(TypeError)
  })

  it('sends a command line that is longer than a terminal takes in pieces', async () => {
    const long = `echo '${"it is'''ü ".repeat(3000)}'`
    let received = ''
    const { console, guest } = await logIn({
      command: (line) => {
        received = line
        return { output: '', exitCode: 0 }
      },
    })
    await console.run(long, within())
    expect(received).to.equal(long)
    const lengths = guest.typed
      .filter(({ at }) => at === 'plain shell')
      .map(({ line }) => Buffer.byteLength(line))
    expect(Math.max(...lengths)).to.be.below(4096)
  })

  it('refuses more output than it keeps', async () => {
    const guest = new FakeGuest({ command: () => ({ output: 'x'.repeat(5000), exitCode: 0 }) })
    const console = await GuestConsole.open(guest, { ...LOGIN, maxOutput: 1000 }, within())
    expect((await failure(console.run('yes', within()))).code).to.equal('output-too-large')
  })

  it('gives a command the same result however its output is cut, and whatever the kernel tears into it', async () => {
    const output = fc.string({ unit: 'grapheme-composite', maxLength: 200 })
    const lines = fc.array(
      fc.oneof(output, fc.constantFrom('[', '[   12.345678] usb 1-1: new', 'lab login: ', 'Password: ')),
    )
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })
    const kernelLines = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 6 })
    const { console, guest } = await logIn()
    await fc.assert(
      fc.asyncProperty(lines, cuts, kernelLines, fc.nat(255), async (printed, cut, noise, exitCode) => {
        const text = printed.map((line) => line.replace(/[\x00-\x1f\x7f]/g, '')).join('\n')
        const result: CommandResult = { output: text, exitCode }
        guest.become({ command: () => result, cuts: cut, kernelLines: noise })
        const expected = { output: text.replace(/\n+$/, ''), exitCode }
        expect(await console.run('command', within())).to.deep.equal(expected)
      }),
      { numRuns: 300 },
    )
  })

  describe('after a reboot', () => {
    it('waits for the new boot and logs in again', async () => {
      let boot = 1
      const { console, guest } = await logIn({ bootId: () => `boot-${boot}` })
      expect(console.bootId).to.equal('boot-1')
      setTimeout(() => {
        boot = 2
        guest.reboot()
      }, 100)
      await console.relogin(within())
      expect(console.bootId).to.equal('boot-2')
      expect((await console.run('true', within())).exitCode).to.equal(0)
    })

    it('says that the guest did not reboot where it still answers with the boot it had', async () => {
      const { console } = await logIn()
      const error = await failure(console.relogin({ ...within(), patience: 0 }))
      expect(error.code).to.equal('not-rebooted')
      expect((await console.run('true', within())).exitCode).to.equal(0)
    })

    it('tells a command that waits that the login prompt is back', async () => {
      const { console, guest } = await logIn({ command: () => undefined })
      const waiting = failure(console.run('hang', within()))
      setTimeout(() => {
        guest.reboot()
      }, 20)
      expect((await waiting).message).to.match(/its login prompt is back$/)
    })
  })
})
