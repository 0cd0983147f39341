/** The session against a real bash on a real terminal: echo, line editing, signals and all. */
import { expect } from 'chai'
import { fileURLToPath } from 'node:url'
import { SuiteError } from '../../common/errors.ts'
import { commandLine, quote } from '../../common/shell-quote.ts'
import { GuestConsole } from './console-session.ts'
import { reboot } from './reboot.ts'
import { within } from '../testing/limits.ts'
import { openRealTerminal, type RealTerminal } from '../testing/real-terminal.ts'

const GETTY = fileURLToPath(new URL('../testing/getty.sh', import.meta.url))
const PASSWORDS = ['the run’s own $(x) `y` \'z\' "!"', 'redhat']

async function failure(work: Promise<unknown>): Promise<SuiteError> {
  const outcome = await work.catch((error: unknown) => error)
  expect(outcome).to.be.instanceOf(SuiteError)
  return outcome as SuiteError
}

describe('a real shell on a real terminal', () => {
  let terminal: RealTerminal
  let shell: GuestConsole

  const open = async (command: string, environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    terminal = openRealTerminal(command, environment)
    shell = await GuestConsole.open(terminal, { guest: 'guest', passwords: PASSWORDS }, within())
  }

  afterEach(() => {
    shell.close()
  })

  describe('commands', () => {
    beforeEach(() => open('bash --norc'))

    it('have exactly the output they printed', async () => {
      const lines: readonly (readonly [string, string, number])[] = [
        ['echo one; echo two >&2', 'one\ntwo', 0],
        ['printf "no newline"', 'no newline', 0],
        ['false', '', 1],
        ['exit 7', '', 7],
        ['set -e; false; echo never', '', 1],
        ['cat; echo "no input, $?"', 'no input, 0', 0],
        ['kill -9 $BASHPID', 'Killed', 137],
        ["echo 'ü€😀'", 'ü€😀', 0],
        ['echo \'single\' "double" `echo back` $((6 * 7)) !! \\\\', 'single double back 42 !! \\', 0],
        [`echo ${'x'.repeat(300)}`, 'x'.repeat(300), 0],
      ]
      for (const [line, output, exitCode] of lines) {
        expect(await shell.run(line, within()), line).to.deep.equal({ output, exitCode })
      }
    })

    it('may be wrong in a way that the shell does not understand', async () => {
      const { exitCode, output } = await shell.run('echo "unbalanced', within())
      expect(exitCode).not.to.equal(0)
      expect(output).to.contain('unexpected EOF')
      expect(await shell.check('echo fine', within())).to.equal('fine')
    })

    it('may be long', async () => {
      const text = "it's ü ".repeat(5000)
      const sum = await shell.check(`printf %s ${quote(text)} | wc -c`, within())
      expect(Number(sum)).to.equal(Buffer.byteLength(text))
    })

    it('may print much', async () => {
      const output = await shell.check('seq 1 300000', within())
      expect(output.split('\n')).to.have.length(300_000)
      expect(output.endsWith('\n299999\n300000')).to.equal(true)
    })

    for (const [name, line] of Object.entries({
      sleeps: 'sleep 100',
      floods: 'yes',
      'ignores Ctrl-C': 'trap "" INT; sleep 100',
      'reads the terminal': 'cat </dev/tty',
      'ignores all but being killed': 'trap "" INT QUIT; sleep 100; sleep 100',
    })) {
      it(`leave a line that can be used when given up: one that ${name}`, async () => {
        const error = await failure(shell.run(line, within(300)))
        expect(error.code).to.be.oneOf(['timeout', 'output-too-large'])
        expect(await shell.check('echo fine', within())).to.equal('fine')
      })
    }

    it('are given up at once where the run is interrupted', async () => {
      const controller = new AbortController()
      setTimeout(() => {
        controller.abort(new Error('SIGTERM'))
      }, 100)
      const error = await failure(shell.run('sleep 100', within(undefined, controller.signal)))
      expect(error.code).to.equal('interrupted')
      expect(error.message).to.match(/^SIGTERM while waiting for `sleep 100` to end/)
    })

    it('cannot print output that is taken for a marker', async () => {
      const listing = 'set; declare -f; history; printf "%s%s:0>\\n" "$__kd_s" 1xaaaaaaaa'
      const { exitCode, output } = await shell.run(`${listing}; exit 5`, within())
      expect(exitCode).to.equal(5)
      expect(output).to.contain('__kd_e ()')
    })
  })

  describe('programs', () => {
    beforeEach(() => open('bash --norc'))

    const interpreter =
      'while read -r -p "prog> " line; do [ "$line" = quit ] && break; eval "$line"; done; echo Bye'
    const program = commandLine('bash', '--norc', '-c', `echo hello; ${interpreter}`)

    it('answer line by line and end', async () => {
      const prog = await shell.open(program, 'prog> ', within())
      expect(prog.banner).to.equal('hello\n')
      expect(await prog.send('echo one; echo two', within())).to.equal('one\ntwo\n')
      expect(await prog.send('printf "no newline"', within())).to.equal('no newline')
      expect(await prog.send('true', within())).to.equal('')
      expect((await failure(shell.run('ls', within()))).code).to.equal('program-open')
      expect(await prog.quit('quit', within())).to.equal('Bye\n')
      expect(await shell.check('echo back', within())).to.equal('back')
    })

    it('that edit and echo lines themselves have their echo left out', async () => {
      const editing = `stty echo; PS1='edit> ' bash --noprofile --norc -i`
      const prog = await shell.open(editing, 'edit> ', within())
      expect(await prog.send('echo one', within())).to.equal('one\n')
      const long = 'y'.repeat(500)
      expect(await prog.send(`echo ${long}`, within())).to.equal(`${long}\n`)
      expect(await prog.send('true', within())).to.equal('')
      await prog.quit('exit', within())
      expect(await shell.check('echo back', within())).to.equal('back')
    })

    it('that end by themselves say so, with their last words', async () => {
      const prog = await shell.open(program, 'prog> ', within())
      const error = await failure(prog.send('echo no hugepages; exit 3', within()))
      expect(error.code).to.equal('program-ended')
      expect(error.message).to.match(/ended on the guest with exit code 3; its last output: "no hugepages"$/)
      expect((await failure(prog.send('echo', within()))).code).to.equal('program-ended')
      expect(await shell.check('echo back', within())).to.equal('back')
    })

    it('that never show a prompt are told with what they said', async () => {
      const error = await failure(shell.open('echo EAL: Error; exit 1', 'testpmd> ', within()))
      expect(error.code).to.equal('program-ended')
      expect(error.message).to.contain('EAL: Error')
      expect(await shell.check('echo back', within())).to.equal('back')
    })

    it('that answered too late do not pass that answer for the next', async () => {
      const prog = await shell.open(program, 'prog> ', within())
      expect((await failure(prog.send('sleep 0.5; echo late', within(100)))).code).to.equal('timeout')
      expect(await prog.send('echo next', within())).to.equal('next\n')
    })

    it('that do not answer are ended by an interrupt', async () => {
      const prog = await shell.open(program, 'prog> ', within())
      await failure(prog.send('stty -isig -icanon; trap "" INT; sleep 2', within(100)))
      await shell.interrupt(within())
      expect(await shell.check('echo back', within())).to.equal('back')
      expect((await failure(prog.send('echo', within()))).code).to.equal('program-ended')
    })
  })

  describe('behind a login', () => {
    const environment = { PASSWORD: PASSWORDS[0] ?? '', REFUSAL_MS: '10' }

    it("is reached with the run's password", async () => {
      await open(`bash ${quote(GETTY)}`, environment)
      expect(shell.bootId).to.equal('boot-1')
      expect(await shell.check('echo $TERM $LC_ALL', within())).to.equal('dumb C')
    })

    it("is reached with the image's password after a slow refusal", async () => {
      await open(`bash ${quote(GETTY)}`, { PASSWORD: 'redhat', REFUSAL_MS: '2500' })
      expect(await shell.check('echo fine', within())).to.equal('fine')
    })

    it('is reached again after a reboot from inside, on the same stream', async () => {
      await open(`bash ${quote(GETTY)}`, environment)
      await shell.run('systemctl --no-block reboot', within()).catch(() => undefined)
      await shell.relogin(within())
      expect(shell.bootId).to.equal('boot-2')
      expect(await shell.check('echo fine', within())).to.equal('fine')
    })

    it('is rebooted from inside where nothing comes of asking from outside', async () => {
      await open(`bash ${quote(GETTY)}`, environment)
      const softReboot = () => Promise.resolve()
      const because = await reboot(shell, { ...within(), softReboot, patience: 500 })
      expect(because).to.contain('did not reboot')
      expect(shell.bootId).to.equal('boot-2')
    })
  })
})
