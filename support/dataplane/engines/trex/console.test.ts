import { expect } from 'chai'
import { SuiteError, TimeoutError } from '../../../common/errors.ts'
import type { InteractiveProgram } from '../../../guest/console/shell.ts'
import { FakeShell, soon } from '../../testing/fake-shell.ts'
import { ServerGone, TrexConsole } from './console.ts'

const silence = new TimeoutError('waiting for the answer: last saw nothing after 3s')

let serverRuns = true
const server = { runs: () => Promise.resolve(serverRuns) }

/** A guest whose open console answers with `answer`, and whose pipes print their input. */
function guest(answer: (line: string) => Promise<string>): FakeShell {
  const shell = new FakeShell({ run: (line) => `piped ${line}` })
  const send = (line: string, _: unknown, mark = '') => {
    const [, word = ''] = /^'(end[a-z]{8})' is an unrecognized command$/.exec(mark) ?? []
    expect(line.endsWith(`;${word}`), line).equals(true)
    return answer(line.slice(0, -word.length - 1))
  }
  const program: InteractiveProgram = { banner: '', send, quit: answer }
  shell.open = () => Promise.resolve(program)
  return shell
}

const warnings: string[] = []
const logger = {
  info: () => undefined,
  debug: () => undefined,
  warn: (line: string) => {
    warnings.push(line)
  },
}

/** Extracts the number; fails on an incomplete answer. */
function readNumber(text: string): number {
  const [digits] = /\d+/.exec(text) ?? []
  if (digits === undefined) throw new SuiteError('unparsable', 'no number')
  return Number(digits)
}

describe('trex-console', () => {
  beforeEach(() => {
    warnings.length = 0
    serverRuns = true
  })

  it('stays open: one start for the whole run', async () => {
    const typed: string[] = []
    const shell = guest((line) => Promise.resolve(String(typed.push(line))))
    const console = await TrexConsole.open(shell, server, soon, logger)
    await console.command('clear', soon)
    expect(await console.ask('stats', readNumber, soon)).equals(2)
    expect(typed).deep.equals(['clear', 'stats'])
    expect(shell.typed).deep.equals([])
    expect(warnings).deep.equals([])
  })

  it('gives way to one for each command where it shows no prompt', async () => {
    const shell = guest(() => Promise.reject(silence))
    shell.open = () => Promise.reject(silence)
    const console = await TrexConsole.open(shell, server, soon, logger)
    expect(console.isOpen).equals(false)
    expect(shell.interrupts).equals(1)
    expect(await console.command("start -f 'x'", soon)).includes('./trex-console --force')
    expect(shell.typed[0])
      .includes(String.raw`printf '%s\n' 'start -f '\''x'\''' |`)
      .and.includes('| cat')
    expect(warnings.join()).includes('from now on each command starts its own')
  })

  it('gives way to one for each command where it stops answering, and asks once more', async () => {
    const shell = guest(() => Promise.reject(silence))
    const console = await TrexConsole.open(shell, server, soon, logger)
    // Reading statistics does not acquire ports.
    expect(await console.ask('stats', (text) => text, soon))
      .includes('printf')
      .and.includes('trex-console -r')
    expect(shell.interrupts).equals(1)
    await console.command('stop', soon)
    expect(shell.interrupts).equals(1)
    expect(warnings).length(1)
  })

  it('gives way to one for each command where it was killed: the line is free then', async () => {
    const killed = new SuiteError('program-ended', 'it ended with exit code 137')
    const shell = guest(() => Promise.reject(killed))
    const console = await TrexConsole.open(shell, server, soon, logger)
    expect(await console.command('stop -p 0', soon)).includes('--force')
    expect(shell.interrupts).equals(0)
  })

  it('asks again where an answer is torn, and gives way where every one is', async () => {
    let answers = 0
    const twice = guest(() => Promise.resolve(++answers < 3 ? 'torn' : '7'))
    expect(await (await TrexConsole.open(twice, server, soon, logger)).ask('stats', readNumber, soon)).equals(
      7,
    )
    expect(twice.interrupts).equals(0)

    const always = guest(() => Promise.resolve('torn'))
    always.run = () => Promise.resolve({ output: '8', exitCode: 0 })
    expect(
      await (await TrexConsole.open(always, server, soon, logger)).ask('stats', readNumber, soon),
    ).equals(8)
    expect(always.interrupts).equals(1)
  })

  it('says that answers make no sense where that of a console of its own makes none either', async () => {
    const shell = guest(() => Promise.resolve('torn'))
    shell.run = () => Promise.resolve({ output: 'torn', exitCode: 0 })
    const console = await TrexConsole.open(shell, server, soon, logger)
    const error = await console.ask('stats', readNumber, soon).catch((thrown: unknown) => thrown)
    expect(error).instanceOf(SuiteError).with.property('code', 'unparsable')
  })

  it('passes on that the whole line is gone', async () => {
    const lost = new SuiteError('console-lost', 'the connection dropped')
    const console = await TrexConsole.open(
      guest(() => Promise.reject(lost)),
      server,
      soon,
      logger,
    )
    expect(await console.command('stats', soon).catch((thrown: unknown) => thrown)).equals(lost)
  })

  it('is taken off the line where it does not quit', async () => {
    const shell = guest(() => Promise.reject(silence))
    const console = await TrexConsole.open(shell, server, soon, logger)
    await console.close(soon)
    await console.close(soon)
    expect(shell.interrupts).equals(1)
  })

  it('says that its server is gone where it stops answering and the unit has ended: no other console is tried', async () => {
    for (const code of ['program-alarm', 'timeout'] as const) {
      const shell = guest(() => {
        serverRuns = false
        return Promise.reject(code === 'timeout' ? silence : new SuiteError(code, 'saw server-ended-x'))
      })
      serverRuns = true
      const console = await TrexConsole.open(shell, server, soon, logger)
      const error = await console.ask('stats', (text) => text, soon).catch((thrown: unknown) => thrown)
      expect(error).instanceOf(ServerGone)
      expect(shell.interrupts).equals(1)
      expect(shell.typed).deep.equals([])
    }
    expect(warnings).deep.equals([])
  })

  it('is given up where it lost its connection to a server that runs; what it refused is asked of another', async () => {
    for (const [said, again] of [
      ["'stop' cannot be executed in offline mode", 1],
      ['[SUCCESS]\n2026-11-21 23:44:22 - [local][warning]  - Connection lost - Subscriber timeout', 0],
    ] as const) {
      const shell = guest(() => Promise.resolve(said))
      const console = await TrexConsole.open(shell, server, soon, logger)
      const text = await console.command('stop', soon)
      expect(shell.typed).length(again)
      expect(text).includes(again === 1 ? 'piped' : '[SUCCESS]')
      expect(console.isOpen).equals(false)
    }
    expect(warnings).length(2)
  })

  it('is told by the unit of its server on its own terminal: both know the same word', async () => {
    const shell = new FakeShell({})
    await TrexConsole.open(shell, server, soon, logger)
    const { alarm = '', typed } = shell
    expect(alarm).matches(/^server-ended-[a-z]{12}$/)
    expect(typed[0]).includes(`"$(tty)" ${alarm} >/run/trex-console;`)
  })
})
