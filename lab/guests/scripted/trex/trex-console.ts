/** Simulates the program trex-console: with line editing on a terminal, or fed through a pipe. */
import { failure, type Outcome, printed } from '../outcome.ts'
import type { GuestSystem } from '../system.ts'
import type { Terminal } from '../terminal.ts'
import { CONSOLE_BANNER, GOODBYE, PYTHON_LINE } from './trex-output.ts'
import { TrexSession } from './trex-session.ts'

/** Milliseconds until the console notices that the server is gone. The real one takes 5 s. */
const SUBSCRIBER_PATIENCE_MS = 1500
const KILLED_BY_QUIT = 131
const KILLED = 137

export async function runTrexConsole(
  system: GuestSystem,
  args: readonly string[],
  stdin: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const { terminal, faults } = system.machine
  const isFed = stdin !== ''
  let fed = ''
  const write = isFed
    ? (text: string) => {
        fed += text
      }
    : (text: string) => {
        terminal.write(text)
      }
  const options = {
    force: args.includes('--force'),
    quiet: args.includes('-q'),
    readOnly: args.includes('-r'),
  }
  write(PYTHON_LINE)
  if (!isFed && faults.trexConsoleHangs === true) return waitForEver(signal)
  const session = new TrexSession(system, options, write)
  if (!(await session.open(signal))) return printed(fed)
  write(CONSOLE_BANNER)
  if (isFed) {
    for (const line of stdin.split('\n')) {
      if (line === '') continue
      write(session.prompt)
      if (await session.run(line, signal)) break
    }
    write(`${session.prompt}${GOODBYE}`)
    session.close()
    return printed(fed)
  }
  return interact(system, session, signal)
}

async function interact(system: GuestSystem, session: TrexSession, signal: AbortSignal): Promise<Outcome> {
  const { terminal } = system.machine
  const kill = new AbortController()
  system.processes.set('trex-console', () => {
    kill.abort(new Error('Killed'))
  })
  const { trex } = system
  const watch = trex.watch({
    onEvent: (event) => {
      if (event.session === undefined || event.session === session.id) session.hear(event)
    },
    onDown: () => {
      setTimeout(() => {
        if (!kill.signal.aborted && !signal.aborted && trex.server === undefined) session.lose()
      }, SUBSCRIBER_PATIENCE_MS).unref()
    },
  })
  try {
    const end = AbortSignal.any([signal, kill.signal])
    // The terminal's own echo is turned off below. If it was on, the console echoes, as readline does.
    const { echo } = terminal.settings
    const how = await terminal.with({ canonical: false, echo: false, signals: false }, () =>
      serve(system, session, echo, end),
    )
    if (how === 'killed') return failure('Quit (core dumped)\n', KILLED_BY_QUIT)
    terminal.write(GOODBYE)
    session.close()
    return printed('')
  } catch (error) {
    if (!kill.signal.aborted) throw error
    const line = '$PYTHON -m trex.console.trex_console $INPUT_ARGS'
    return failure(`./trex-console: line 11:  4396 Killed                  ${line}\n`, KILLED)
  } finally {
    watch()
    kill.abort(new Error('it ended'))
    system.processes.delete('trex-console')
  }
}

async function serve(
  system: GuestSystem,
  session: TrexSession,
  echoes: boolean,
  signal: AbortSignal,
): Promise<'quit' | 'killed'> {
  const { terminal } = system.machine
  for (;;) {
    terminal.write(session.prompt)
    const line = await readEdited(terminal, session, echoes, signal)
    if (line === 'killed') return 'killed'
    if (line === undefined) return 'quit'
    // Clients append an invalid command to recognise the end of an answer; events do not include it.
    system.onTyped(line.text.replace(/;end\w+$/, ''))
    if (await session.run(line.text, signal)) return 'quit'
  }
}

/** Reads a line like readline; undefined at the end of the input. */
async function readEdited(
  terminal: Terminal,
  session: TrexSession,
  echoes: boolean,
  signal: AbortSignal,
): Promise<{ readonly text: string } | 'killed' | undefined> {
  let line = ''
  for (;;) {
    const character = await terminal.readCharacter(signal)
    switch (character) {
      case '\r':
        if (echoes) terminal.write('\n')
        return { text: line.trim() }
      case '\x04':
        if (line === '') return undefined
        break
      case '\x1c':
        return 'killed'
      case '\x03':
        if (line === '') {
          terminal.write('\n\n*** Caught Ctrl + C... Exiting...\n\n\n')
          return undefined
        }
        terminal.write(`\n${session.prompt}`)
        line = ''
        break
      default:
        if (character < ' ') break
        if (echoes) terminal.write(character)
        line += character
    }
  }
}

function waitForEver(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
}
