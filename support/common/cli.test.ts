import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'

interface Ended {
  readonly exitCode: unknown
  readonly stdout: string
  readonly stderr: string
}

const module = (name: string) => JSON.stringify(join(import.meta.dirname, name))

/** Runs a program whose main function has this body; if it handles signals, it gets one after its first output. */
async function run(body: string, interruption?: string): Promise<Ended> {
  const program = `
    import { printError, runCommand, printLine } from ${module('cli.ts')}
    import { InvalidInputError } from ${module('errors.ts')}
    import { secrets } from ${module('secrets.ts')}
    await runCommand(async (args, interrupted) => { ${body} }, ${interruption ?? 'undefined'})`
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', program, '--', 'program', 'a-word'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  if (interruption !== undefined) child.stdout.once('data', () => child.kill('SIGINT'))
  const streams = [text(child.stdout), text(child.stderr)] as const
  const [stdout, stderr, ended] = await Promise.all([...streams, once(child, 'close')])
  return { exitCode: ended[0], stdout, stderr }
}

describe('a command-line program', () => {
  it('gets its arguments, and ends with the exit code that it answers', async () => {
    expect(await run('printLine(args.join()); return 1')).to.deep.equal({
      exitCode: 1,
      stdout: 'a-word\n',
      stderr: '',
    })
  })

  it('names every violation in its input, one per line', async () => {
    expect(await run("throw new InvalidInputError(['one', 'two'])")).to.deep.equal({
      exitCode: 2,
      stdout: '',
      stderr: 'one\ntwo\n',
    })
  })

  it('says what went wrong without a stack, without control codes and without secrets', async () => {
    const { exitCode, stderr } = await run(String.raw`
      secrets.add('hunter2-cli')
      throw new Error('no \x1b[31mlogin', { cause: new Error('not with hunt\x1b[0mer2-cli') })`)
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 2, stderr: 'no login: not with [redacted]\n' })
  })

  it('is told of the first signal, with what goes on all the same', async () => {
    const ended = await run(
      `printLine('begun')
       const busy = setInterval(() => {}, 1000)
       return new Promise((_, reject) =>
         interrupted.addEventListener('abort', () => { clearInterval(busy); reject(interrupted.reason) }))`,
      "{ again: 'ends', note: ' (the Job continues)' }",
    )
    expect(ended).to.deep.equal({
      exitCode: 2,
      stdout: 'begun\n',
      stderr: 'interrupted by SIGINT (the Job continues)\n',
    })
  })
})
