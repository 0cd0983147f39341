import { expect } from 'chai'
import { SuiteError, TimeoutError } from '../../common/errors.ts'
import type { CommandResult } from '../../guest/shell.ts'
import { FakeShell, type FakeShellOptions, soon } from '../testing/fake-shell.ts'
import { exchanges, readTranscript } from '../testing/transcript.ts'
import { TrexGenerator } from './generator.ts'

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

/** A guest with TRex whose statistics are given in order, the last one for ever. */
function guest(
  looks: readonly string[],
  special: Record<string, string> = {},
  options: FakeShellOptions = {},
): FakeShell {
  const left = [...looks]
  return new FakeShell({
    run: (line): string | CommandResult => (line.includes('is-active') ? 'active' : ''),
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
): Promise<TrexGenerator> {
  const generator = new TrexGenerator(shell)
  await generator.prepare(soon)
  await generator.clear(soon)
  await generator.start(request, soon)
  return generator
}

async function rejection(promise: Promise<unknown>): Promise<SuiteError> {
  const error = await promise.then(
    () => expect.fail('was not rejected'),
    (thrown: unknown) => thrown,
  )
  expect(error).instanceOf(SuiteError)
  return error as SuiteError
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
    expect(await generator.counters(soon)).includes({ eastTx: 10_000, westRx: 10_000 })
    expect(shell.typed).includes('start -f /opt/tests/testpmd.py -m 1000pps -p 0 -d 10')
  })

  it('knows its links', async () => {
    const generator = new TrexGenerator(guest([statistics({ sent: 0 }).replace('UP', 'DOWN')]))
    await generator.prepare(soon)
    expect(await generator.links(soon)).deep.equals({ east: 'down', west: 'up' })
  })

  it('asks again where an event tore the answer', async () => {
    const whole = statistics({ sent: 5 })
    const torn = whole.slice(0, whole.indexOf('Port Statistics'))
    const shell = guest([torn, torn, whole, torn])
    const generator = new TrexGenerator(shell)
    await generator.prepare(soon)
    await generator.clear(soon)
    expect(await rejection(generator.counters(soon))).includes({ code: 'unparsable' })
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
    const generator = await running(shell, { packetsPerSecond: 8_000_000, duration: 10_000 })
    await generator.sample(soon)
    const { sentFor, shortfall } = await generator.stop(soon)
    expect(shell.typed).includes('stop -p 0')
    expect(sentFor).above(0).and.below(5000)
    expect(shortfall[0]).matches(/^TRex sent \d+ packets per second instead of 8000000$/)
    expect(shortfall[1]).equals('m_cpu_util reached 97.5 %')
  })

  it('does not stop what has ended', async () => {
    const shell = guest([statistics({ sent: 0 }), statistics({ sent: 10 })])
    const generator = await running(shell, { packetsPerSecond: 1000, duration: 10 })
    expect((await generator.stop(soon)).sentFor).at.most(10)
    expect(shell.typed.some((line) => line.startsWith('stop'))).equals(false)
  })

  it('notices a server that was started anew', async () => {
    const generator = await running(guest([statistics({ sent: 5000 }), statistics({ sent: 3 })]))
    expect(await rejection(generator.counters(soon))).includes({ code: 'counter-went-back' })
  })

  it('waits for a server that starts, and takes the ports over from a console that was killed', async () => {
    const noServer = recorded('50c-server-not-running-interactive.vt220')
    let tries = 0
    const shell = guest([], {}, { open: () => (tries++ === 0 ? { lastWords: noServer } : { banner: '' }) })
    await new TrexGenerator(shell).prepare(soon)
    expect(tries).equals(2)
    expect(shell.typed.at(-1)).includes('trex-console --force')
  })

  it('does not wait for a server that failed, and quotes its journal', async () => {
    const run = (line: string) => {
      if (line.includes('is-active')) return { output: 'failed', exitCode: 3 }
      return line.includes('journalctl') ? 'ERROR there is not enough huge-pages memory' : ''
    }
    const error = await rejection(new TrexGenerator(guest([], {}, { run })).prepare(soon))
    expect(error).includes({ code: 'engine-not-available' })
    expect(error.message).includes('not enough huge-pages memory')
  })

  it('says so where its server is gone in the middle of a run', async () => {
    const offline = new TimeoutError('waiting for the answer to `stats`: last saw "trex(offline)>" after 15s')
    const shell = guest([])
    shell.open = () =>
      Promise.resolve({ banner: '', send: () => Promise.reject(offline), quit: () => Promise.resolve('') })
    const generator = new TrexGenerator(shell)
    await generator.prepare(soon)
    expect(await rejection(generator.counters(soon))).includes({ code: 'generator-lost' })
  })
})
