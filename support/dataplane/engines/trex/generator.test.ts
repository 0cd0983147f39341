import { expect } from 'chai'
import type { SuiteError } from '../../../common/errors.ts'
import { silentLogger } from '../../../common/logger.ts'
import type { CommandResult } from '../../../guest/console/shell.ts'
import { EngineError } from '../../engine-error.ts'
import { FakeShell, type FakeShellOptions, soon } from '../../testing/fake-shell.ts'
import { exchanges, readTranscript } from '../../testing/transcript.ts'
import { TrexGenerator } from './generator.ts'
import { rejection } from '../rejection.fixture.ts'

const recorded = (name: string) => readTranscript(`trex/${name}.raw`)
const answers = (name: string, typed: string) =>
  exchanges(recorded(name), 'trex>')
    .filter((exchange) => exchange.typed === typed)
    .map(({ answer }) => answer)

const BOTH_PORTS = answers('61-shell-session-interactive-quiet.vt220', 'stats --port 0 1 -p')
const GLOBAL = answers('32-interactive-verbose-json.vt220', 'stats -g')[0] ?? ''
const STARTED =
  answers('31-interactive-traffic.vt220', 'start -f /opt/trex/profiles/four_udp.py -m 1kpps -p 0 -d 10')[0] ??
  ''

interface Shown {
  readonly sent: number
  readonly back?: number
  readonly sending?: boolean
  readonly cpu?: number
}

/** The recorded statistics of both ports and of the whole, with these numbers in them. */
function statistics({ sent, back = sent, sending = false, cpu = 0 }: Shown): string {
  const [recordedPorts = ''] = BOTH_PORTS
  let port = 0
  const ports = recordedPorts
    .replace(/"opackets": [^\r\n,]*/g, () => `"opackets": ${port++ === 0 ? sent : 0}`)
    .replace(/"ipackets": [^\r\n,]*/g, () => `"ipackets": ${port++ === 2 ? 0 : back}`)
    .replace(/state {6}\|[^|]*\|/, `state      | ${sending ? 'TRANSMITTING' : 'IDLE'} |`)
  const load = GLOBAL.replace(/"m_cpu_util": [^\r\n]*/, `"m_cpu_util": ${cpu},`)
  return `\r\nverbose set to on\r\n\r\n${ports}${load}\r\nverbose set to off\r\n`
}

/** A guest with TRex and the given statistics, in order; the last ones repeat. */
function guest(
  answers: readonly string[],
  special: Record<string, string> = {},
  options: FakeShellOptions = {},
): FakeShell {
  const left = [...answers]
  return new FakeShell({
    run: (line): string | CommandResult =>
      line.includes('systemctl show') ? 'ActiveState=active\nlistening' : '',
    open: () => ({ banner: '' }),
    send: (line) => {
      const answer = Object.entries(special).find(([start]) => line.startsWith(start))?.[1]
      if (answer !== undefined) return answer
      if (line.startsWith('start')) return STARTED
      return left.length > 1 ? left.shift() : left[0]
    },
    ...options,
  })
}

async function running(
  shell: FakeShell,
  request = { packetsPerSecond: 1000, duration: 10_000 },
  now?: () => number,
): Promise<TrexGenerator> {
  const generator = new TrexGenerator(shell, 4, silentLogger, now)
  await generator.prepare(soon)
  await generator.clear(soon)
  await generator.start(request, soon)
  return generator
}

function evidenceOf(error: SuiteError): EngineError['evidence'] {
  return error instanceof EngineError ? error.evidence : expect.fail('is no EngineError')
}

describe('TRex generator', () => {
  it('counts from its baseline, because the server does not', async () => {
    const shell = guest([
      statistics({ sent: 33_208 }),
      statistics({ sent: 34_208, back: 34_200, sending: true }),
      statistics({ sent: 43_208 }),
    ])
    const generator = await running(shell)
    expect(await generator.sample(soon)).deep.equals({
      isSending: true,
      counters: { eastTx: 1000, eastRx: 0, westTx: 0, westRx: 992, outputErrors: 0, inputErrors: 0 },
    })
    expect(await generator.sample(soon)).deep.includes({ isSending: false })
    expect((await generator.sample(soon)).counters).includes({ eastTx: 10_000, westRx: 10_000 })
    expect(shell.typed).includes('start -f /opt/tests/testpmd.py -m 1000pps -p 0 -d 10')
  })

  it('sends to other addresses by tunables of its profile', async () => {
    const shell = guest([statistics({ sent: 33_208 }), statistics({ sent: 34_208, sending: true })])
    const generator = await running(shell)
    await generator.aim({ east: '60:00:00:00:00:11', west: '60:00:00:00:00:12' })
    await generator.start({ packetsPerSecond: 1000, duration: 10_000 }, soon)
    expect(shell.typed.at(-1)).equals(
      'start -f /opt/tests/testpmd.py -m 1000pps -p 0 -d 10 -t east=60:00:00:00:00:11,west=60:00:00:00:00:12',
    )
  })

  it('knows its links', async () => {
    const generator = new TrexGenerator(guest([statistics({ sent: 0 }).replace('UP', 'DOWN')]), 4)
    await generator.prepare(soon)
    expect(await generator.links(soon)).deep.equals({ east: 'down', west: 'up' })
  })

  it('asks again where an event tore the answer', async () => {
    const whole = statistics({ sent: 5 })
    const torn = whole.slice(0, whole.indexOf('Port Statistics'))
    const shell = guest([torn, torn, whole, torn])
    const generator = new TrexGenerator(shell, 4)
    await generator.prepare(soon)
    await generator.clear(soon)
    expect(await rejection(generator.sample(soon))).includes({ code: 'unparsable' })
  })

  it('is not taken in by a start that was refused', async () => {
    const [refused = ''] = answers(
      '53d-fail-above-line-rate-interactive.vt220',
      'start -f /opt/trex/profiles/four_udp.py -m 200mpps -p 0 -d 3',
    )
    const error = await rejection(running(guest([statistics({ sent: 0 })], { start: refused })))
    expect(error).includes({ code: 'generator-did-not-start' })
    expect(error.message).includes(
      "start - Port 0 : Expected L1 B/W: '134.4 Gbps' exceeds port line rate: '10 Gbps'",
    )
  })

  it('stops where it still sends, and says so where it was short', async () => {
    const shell = guest(
      [
        statistics({ sent: 0 }),
        statistics({ sent: 100, sending: true, cpu: 97.5 }),
        statistics({ sent: 100, sending: true }),
        statistics({ sent: 100 }),
      ],
      { stop: 'Stopping traffic on port(s) [0._]: [SUCCESS]' },
    )
    // Advances half a second at each call.
    let clock = 0
    const now = () => (clock += 500)
    const generator = await running(shell, { packetsPerSecond: 8_000_000, duration: 10_000 }, now)
    await generator.sample(soon)
    const { sentFor, shortfall } = await generator.stop(soon)
    expect(shell.typed).includes('stop -p 0')
    // From the answer to `start` until the first sample in which the ports have stopped.
    expect(sentFor).equals(3000)
    expect(shortfall[0]).includes('it sent 100 of 80,000,000 packets')
    expect(shortfall.slice(1)).deep.equals([
      'its sending threads were busy for 97.5 % of their time (m_cpu_util)',
    ])
  })

  it('says who else had a hand in it where it was short', async () => {
    const told = `
2026-11-21 23:34:53 - [server][info]     - Port 0 has started
2026-11-21 23:34:54 - [server][warning]  - \x1b[1mPort 0 was forcely taken by another session of you\x1b[22m

`
    const shell = guest([statistics({ sent: 0 }), statistics({ sent: 10 })], { events: told })
    const { shortfall } = await (await running(shell)).stop(soon)
    expect(shortfall).includes('TRex says: Port 0 was forcely taken by another session of you')
    expect(shortfall.join()).not.includes('has started')
  })

  it('does not stop what has ended', async () => {
    const shell = guest([statistics({ sent: 0 }), statistics({ sent: 10 })])
    const generator = await running(shell, { packetsPerSecond: 1000, duration: 10 })
    const end = await generator.stop(soon)
    expect(end).deep.includes({ shortfall: [] })
    expect(end.counters).includes({ eastTx: 10 })
    expect(shell.typed.some((line) => line.startsWith('stop'))).equals(false)
  })

  it('notices a server that was restarted', async () => {
    const generator = await running(guest([statistics({ sent: 5000 }), statistics({ sent: 3 })]))
    expect(await rejection(generator.sample(soon))).includes({ code: 'counter-went-back' })
    const grown = [statistics({ sent: 0 }), statistics({ sent: 5000 }), statistics({ sent: 3 })]
    const other = await running(guest(grown))
    await other.sample(soon)
    expect(await rejection(other.sample(soon))).includes({ code: 'counter-went-back' })
  })

  it('waits for a server that starts, and takes the ports over from a console that was killed', async () => {
    const noServer = recorded('50c-server-not-running-interactive.vt220')
    const answers = ['ActiveState=active', 'ActiveState=active\nlistening']
    let tries = 0
    const shell = guest(
      [],
      {},
      {
        run: (line) =>
          line.includes('systemctl show') ? (answers.shift() ?? 'ActiveState=active\nlistening') : '',
        open: () => (tries++ === 0 ? { finalOutput: noServer } : { banner: '' }),
      },
    )
    await new TrexGenerator(shell, 4).prepare(soon)
    expect(tries).equals(2)
    expect(shell.typed.at(-1)).includes('trex-console --force')
    expect(shell.typed.filter((line) => line.includes('systemctl show'))).length(3)
  })

  it('does not wait for a server that failed: status and journal are evidence, unasked for', async () => {
    const run = (line: string) => {
      if (line.includes('systemctl show')) return { output: 'ActiveState=failed', exitCode: 0 }
      if (line.includes('journalctl'))
        return 'Started TRex.\n ERROR there is not enough huge-pages memory\ntrex.service: Consumed 1.2s CPU time.'
      return line.includes('systemctl status') ? 'Active: failed (Result: exit-code)' : ''
    }
    const error = await rejection(new TrexGenerator(guest([], {}, { run }), 4).prepare(soon))
    expect(error).includes({ code: 'engine-no-memory' })
    expect(error.message).includes('not enough huge-pages memory').and.not.includes('Consumed')
    expect(evidenceOf(error)).deep.includes.members([
      { what: 'systemctl status trex.service', value: 'Active: failed (Result: exit-code)' },
    ])
    expect(evidenceOf(error)[1]?.value).includes('Consumed 1.2s')
  })

  it('says why the unit could not even be started', async () => {
    const run = (line: string) =>
      line.includes('daemon-reload') ? { output: 'Unit trex.service not found.', exitCode: 5 } : ''
    const error = await rejection(new TrexGenerator(guest([], {}, { run }), 4).prepare(soon))
    expect(error.message).equals('TRex does not run on the fake guest: Unit trex.service not found.')
  })

  it('shows status and journal of a server that never listens', async () => {
    const run = (line: string) =>
      line.includes('systemctl show')
        ? 'ActiveState=active'
        : line.includes('journalctl')
          ? 'please wait'
          : ''
    const limits = { signal: soon.signal, timeout: 50 }
    const error = await rejection(new TrexGenerator(guest([], {}, { run }), 4).prepare(limits))
    expect(error).includes({ code: 'engine-not-available' })
    expect(error.message).matches(/waiting for the TRex server .* last saw active, not listening/)
    expect(evidenceOf(error)[1]?.value).equals('please wait')
  })

  for (const [name, what, index] of [
    ['55a-server-killed-mid-traffic.vt220', 'a server killed while it sent', 1],
    ['55c-server-killed-verbose.vt220', 'a server killed while verbose was on', 1],
  ] as const) {
    it(`says so, with its journal, of ${what}`, async () => {
      const answer = answers(name, 'stats -g')[index]
      const states = ['ActiveState=active\nlistening']
      const run = (line: string) =>
        line.includes('systemctl show')
          ? (states.shift() ?? 'ActiveState=failed')
          : line.includes('journalctl')
            ? 'trex.service: Main process exited, code=killed, status=9/KILL'
            : ''
      const shell = guest(
        [statistics({ sent: 0 }), answer ?? ''],
        { quit: 'Shutting down RPC client' },
        { run },
      )
      const generator = await running(shell)
      const error = await rejection(generator.sample(soon))
      expect(error).includes({ code: 'generator-lost' })
      expect(error.message)
        .includes('the TRex server is gone on the fake guest')
        .and.includes('status=9/KILL')
      expect(shell.typed).includes('quit')
    })
  }

  describe('on a NIC with fewer TX queues than it has sending CPUs', () => {
    const complaint = (most: number, required: number) =>
      `ERROR: driver maximum tx queues is (${most}) required (${required}) reduce number of cores to support it`

    /** A NIC with this many queues; TRex needs one for each CPU, plus `more`. */
    function guestWithQueues(queues: number, more = 0) {
      let cores = 4
      let started = false
      const warnings: string[] = []
      const logger = {
        info: () => undefined,
        debug: () => undefined,
        warn: (line: string) => warnings.push(line),
      }
      const shell = guest(
        [statistics({ sent: 0 })],
        {},
        {
          run: (line) => {
            if (line.includes('systemctl restart')) {
              cores = Number(/TREX_CORES=(\d+) >\/run\/trex-cores/.exec(line)?.[1] ?? 4)
              started = cores + more <= queues
            }
            if (line.includes('systemctl show'))
              return started ? 'ActiveState=active\nlistening' : 'ActiveState=failed'
            return line.includes('journalctl') ? complaint(queues, cores + more) : ''
          },
        },
      )
      return { shell, warnings, logger, coresOf: () => cores }
    }

    it('is started again with as many CPUs as there are queues, and warns', async () => {
      const { shell, logger, warnings, coresOf } = guestWithQueues(2)
      await new TrexGenerator(shell, 4, logger).prepare(soon)
      expect(coresOf()).equals(2)
      expect(warnings).deep.equals([
        'the NIC of the fake guest has too few TX queues for 4 sending CPUs: restarting TRex with 2 CPUs',
      ])
      expect(shell.typed.filter((line) => line.includes('rm -f /run/trex-cores'))).length(1)
    })

    it('does not run where the NIC has too few for one CPU: then the NIC is the cause, not the image', async () => {
      const { shell, logger } = guestWithQueues(1, 1)
      const error = await rejection(new TrexGenerator(shell, 4, logger).prepare(soon))
      expect(error).includes({ code: 'too-few-queues' })
      expect(error.message).includes('maximum tx queues is (1) required')
    })
  })

  it('quotes the end of the server that it started where another one was started since', async () => {
    const [first, second] = ['a'.repeat(32), 'b'.repeat(32)]
    let invocation = first
    const shell = guest(
      [statistics({ sent: 5000 }), statistics({ sent: 3 })],
      { quit: 'Shutting down RPC client' },
      {
        run: (line) => {
          if (line.includes('systemctl show'))
            return `ActiveState=active\nInvocationID=${invocation}\nlistening`
          if (!line.includes('journalctl')) return ''
          return line.includes(`INVOCATION_ID=${first}`)
            ? 'Main process exited, status=9/KILL'
            : 'Started TRex'
        },
      },
    )
    const generator = await running(shell)
    invocation = second
    const error = await rejection(generator.sample(soon))
    expect(error).includes({ code: 'generator-lost' })
    expect(error.message).equals(
      'the TRex server was restarted on the fake guest: Main process exited, status=9/KILL',
    )
  })
})
