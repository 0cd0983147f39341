/** The programs on a guest's serial line, as long as it is up: getty, login and root's shell. */
import { setTimeout as sleep } from 'node:timers/promises'
import { verify } from 'unixcrypt'
import type { GuestShell } from './shell.ts'
import type { GuestSystem } from './system.ts'
import type { Terminal } from './terminal.ts'

/** Milliseconds until a wrong password is refused; a real guest takes some seconds. */
const REFUSAL_MS = 100

/** Never returns: rejects when the guest goes down. */
export async function serveConsole(
  system: GuestSystem,
  newShell: () => GuestShell,
  onLogin: () => void,
): Promise<never> {
  const { terminal, profile } = system.machine
  for (;;) {
    terminal.reset()
    await logIn(system)
    terminal.write(`Linux ${profile.hostname} ${profile.kernel.join(' ')} x86_64\n${profile.motd}`)
    onLogin()
    await serveShell(system, newShell())
  }
}

async function logIn(system: GuestSystem): Promise<void> {
  const { terminal, profile, faults, disk } = system.machine
  let refused = false
  for (;;) {
    terminal.write(refused ? '' : `\n${profile.issue}`)
    refused = false
    let name = ''
    while (name === '') {
      terminal.write(`${profile.hostname} login: `)
      name = (await terminal.readLine(system.down)).trim()
    }
    const password = await terminal.with({ echo: false }, async () => {
      // PAM uses TCSAFLUSH, which discards input that a client typed before the prompt.
      terminal.discardInput()
      terminal.write('Password: ')
      return terminal.readLine(system.down)
    })
    terminal.write('\n')
    const hash = disk.passwordHash
    const isRight = hash === undefined ? password === profile.password : verify(password, hash)
    if (name === 'root' && isRight && faults.loginRefused !== true) return
    await sleep(REFUSAL_MS, undefined, { signal: system.down })
    terminal.write('Login incorrect\n')
    refused = true
  }
}

async function serveShell(system: GuestSystem, shell: GuestShell): Promise<void> {
  const { terminal, profile } = system.machine
  // The login shell edits lines. An interactive shell that replaces it is started without line editing.
  let edits = true
  for (;;) {
    const line = await (edits
      ? readEdited(terminal, shell.prompt, profile.bracketedPaste, system.down)
      : readPlain(terminal, shell.prompt, system.down))
    const end = await runInterruptibly(system, shell, line)
    if (end === 'exits') return
    if (end === 'replaced') edits = false
  }
}

async function runInterruptibly(system: GuestSystem, shell: GuestShell, line: string) {
  const { terminal } = system.machine
  const interrupt = new AbortController()
  terminal.onInterrupt = () => {
    interrupt.abort(new Error('interrupted from the keyboard'))
  }
  try {
    const signal = AbortSignal.any([system.down, interrupt.signal])
    const write = (text: string) => {
      if (!system.down.aborted) terminal.write(text)
    }
    const end = await shell.run(line, write, signal)
    system.down.throwIfAborted()
    return end
  } finally {
    terminal.onInterrupt = () => undefined
  }
}

async function readPlain(terminal: Terminal, prompt: string, down: AbortSignal): Promise<string> {
  terminal.write(prompt)
  return terminal.readLine(down)
}

/** Reads a line and echoes it like readline. */
async function readEdited(
  terminal: Terminal,
  prompt: string,
  bracketedPaste: boolean,
  down: AbortSignal,
): Promise<string> {
  return terminal.with({ canonical: false, echo: false, signals: false }, async () => {
    terminal.write(`${bracketedPaste ? '\x1b[?2004h' : ''}${prompt}`)
    let line = ''
    for (;;) {
      const character = await terminal.readCharacter(down)
      if (character === '\r') {
        terminal.write(`\n${bracketedPaste ? '\x1b[?2004l\r' : ''}`)
        return line
      }
      if (character === '\x03') {
        terminal.write(`^C\n${prompt}`)
        line = ''
      } else if (character >= ' ') {
        // readline inserts text that was typed ahead at once, and then redraws the line behind it.
        const text = character + terminal.readText()
        line += text
        terminal.write(text)
        if ((prompt.length + line.length) % terminal.columns === 0) terminal.write(' \r')
      }
    }
  })
}
