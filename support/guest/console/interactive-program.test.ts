/** Recorded programs, and prompts at unexpected places. */
import { silentLogger } from '../../common/logger.ts'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { TimeoutError } from '../../common/errors.ts'
import { ConsoleReader } from './console-reader.ts'
import { ConsoleProgram } from './interactive-program.ts'
import { Markers } from './markers.ts'
import { within } from '../testing/limits.ts'
import { play, Playback } from '../testing/playback.ts'

const RECORDING = new URL(
  '../../../fixtures/transcripts/testpmd/mac-forward-vmxnet3-4q.lossless.serial',
  import.meta.url,
)
describe('a program with a prompt', () => {
  it('is followed through a recorded session of testpmd', async () => {
    const prompt = 'testpmd> '
    const recording = readFileSync(RECORDING, 'utf8')
    const session = recording.slice(
      recording.indexOf('dpdk-testpmd --lcores'),
      recording.indexOf('LAB#', recording.indexOf('testpmd> quit')),
    )
    const [banner = '', ...answers] = session.split(prompt)
    const played = await play(
      [prompt],
      `${banner}${prompt}`,
      answers.slice(0, -1).map((answer) => `${answer}${prompt}`),
    )
    expect(played.program.banner).to.match(/Press enter to exit|Done\n$/)
    for (const answer of answers.slice(0, -1)) {
      const [line = ''] = answer.split('\r')
      const said = answer.replaceAll('\r', '').slice(line.length + 1)
      expect(await played.program.send(line, within()), line).to.equal(said)
    }
    played.playback.answerNext(`${answers.at(-1) ?? ''}${played.end(0)}`)
    expect(await played.program.quit('quit', within())).to.match(/Bye\.\.\.\n$/)
    expect(played.ended()).to.equal(true)
  })

  it('does not take the prompt in the middle of a line for its own', async () => {
    const { program } = await play(['trex>'], 'welcome\ntrex>', [
      'say it\r\nthe prompt is trex> they say\r\ntrex>',
    ])
    expect(await program.send('say it', within())).to.equal('the prompt is trex> they say\n')
  })

  it('does not take a prompt that was redrawn before the echo for the answer', async () => {
    const answers = ['first\r\none\r\ntrex>', '\r\n2026-11-21 - job done\r\n\r\ntrex>second\r\ntwo\r\ntrex>']
    const { program } = await play(['trex>'], 'trex>', answers)
    expect(await program.send('first', within())).to.equal('one\n')
    expect(await program.send('second', within())).to.contain('two\n')
  })

  it('does not take it either where the output comes in pieces, however it is cut', async () => {
    for (const cut of [1, 3, 7, 16, 64]) {
      const { program, playback } = await play(['trex>'], 'trex>', ['first\r\none\r\ntrex>'])
      expect(await program.send('first', within())).to.equal('one\n')
      playback.cut = cut
      playback.answerNext('\r\n2026-11-21 - job done\r\n\r\ntrex>second\r\ntwo\r\ntrex>')
      expect(await program.send('second', within()), `pieces of ${cut}`).to.contain('two\n')
    }
  })

  it('finds a prompt that a kernel message has torn from the begin of its line', async () => {
    const torn = 'x\r\ntable\r\n[   63.1] igbvf 0000:06:00.0: Link is Up trex>'
    const { program } = await play(['trex>'], 'trex>', [torn])
    expect(await program.send('x', within())).to.contain('table\n')
  })

  it('finds the prompt behind colours', async () => {
    const { program } = await play(['trex>'], '\x1b[1m\x1b[32mtrex>\x1b[0m', [
      'x\r\n\x1b[1mtable\x1b[22m\r\n\x1b[0mtrex>',
    ])
    expect(await program.send('x', within())).to.equal('table\n')
  })

  it('keeps what it was told between two lines, and the answer without it', async () => {
    const { program, playback } = await play(['testpmd> '], 'testpmd> ', ['show\r\none\r\ntestpmd> '])
    playback.say('\r\nPort 0: device removal event\r\n')
    expect(await program.send('show', within())).to.equal('one\n')
    expect(program.asides).to.equal('\r\nPort 0: device removal event\r\n')
  })

  it('that ended between two lines is told with its last words, and nothing is typed', async () => {
    const { program, playback, end, ended } = await play(['testpmd> '], 'testpmd> ', ['never asked for'])
    playback.say(`Segmentation fault\n${end(139)}`)
    const error: unknown = await program.send('show port stats all', within()).catch((e: unknown) => e)
    expect(error).to.include({ code: 'program-ended' })
    expect(error)
      .to.have.property('message')
      .that.includes('exit code 139')
      .and.includes('Segmentation fault')
    expect(ended()).to.equal(true)
  })

  for (const [what, shown] of [
    ['', 'checkup-guest login: '],
    [', even if getty takes its command line for a user name', 'checkup-guest login:  program\r\nPassword: '],
  ] as const)
    it(`whose guest reboots before it starts is lost with it${what}`, async () => {
      const playback = new Playback([])
      const starting = ConsoleProgram.start(
        {
          guest: 'VM under test',
          reader: new ConsoleReader(playback, 'VM under test'),
          commandLine: 'program',
          prompts: ['testpmd> '],
          marker: new Markers().next(),
          maxOutput: 1e6,
          isOpen: () => true,
          logger: silentLogger,
          onEnded: () => undefined,
        },
        within(),
      )
      playback.say(`\r\nDebian GNU/Linux 12 checkup-guest ttyS0\r\n\r\n${shown}`)
      expect(await starting.catch((e: unknown) => e)).to.include({ code: 'console-lost' })
    })

  it('whose guest rebooted between two lines is lost with it', async () => {
    const { program, playback } = await play(['testpmd> '], 'testpmd> ', ['never asked for'])
    playback.say('\r\nDebian GNU/Linux 12 checkup-guest ttyS0\r\n\r\ncheckup-guest login: ')
    const error: unknown = await program.send('show port stats all', within()).catch((e: unknown) => e)
    expect(error).to.include({ code: 'console-lost' })
  })

  it('refuses control characters', async () => {
    const { program } = await play(['trex>'], 'trex>', [])
    expect(await program.send('a\nb', within(100)).catch((e: unknown) => e)).to.be.instanceOf(TypeError)
  })

  it('with marks is read by them alone: prompts mean nothing, whatever stands before them', async () => {
    const torn = 'half a ta\n\ntrex>ble\r\n\r\ntrex>'
    for (const echo of ['', 'x;end1\r\n']) {
      const { program, playback } = await play(['trex>'], 'trex>', [])
      for (const cut of [1, 3, 64]) {
        playback.cut = cut
        playback.answerNext(`${echo}${torn}'end1' is unknown\r\n\r\ntrex>`)
        const said = await program.send('x;end1', within(), "'end1' is unknown")
        expect(said).to.equal('half a ta\n\ntrex>ble\n\ntrex>')
      }
    }
  })

  it('types nothing while an answer is owed: the next line waits for the mark of the one before', async () => {
    const { program, playback } = await play(['trex>'], 'trex>', [])
    const late = await program.send('x;end1', within(50), 'MARK1').catch((e: unknown) => e)
    expect(late).to.be.instanceOf(TimeoutError)
    const next = program.send('y;end2', within(), 'MARK2')
    playback.answerNext('y answered MARK2\ntrex>')
    // A prompt pays no debt.
    playback.say('half an answer\ntrex>')
    const typedBefore = playback.typed.length
    playback.say('to x MARK1\ntrex>')
    expect(await next).to.equal('y answered ')
    expect(typedBefore).to.equal(1)
    expect(playback.typed).to.deep.equal(['x;end1', 'y;end2'])
  })

  it('that an alarm is raised for answers no more, before a line is typed and in its answer', async () => {
    for (const isEarly of [true, false]) {
      const { program, playback } = await play(['trex>'], 'trex>', [], 'server-ended-xyz')
      const say = () => {
        playback.say('\n\nserver-ended-xyz\n')
      }
      if (isEarly) say()
      const sent = program.send('x;end1', within(), 'MARK1').catch((e: unknown) => e)
      if (!isEarly) setImmediate(say)
      expect(await sent).to.include({ code: 'program-alarm' })
      expect(playback.typed).to.deep.equal(isEarly ? [] : ['x;end1'])
    }
  })
})
