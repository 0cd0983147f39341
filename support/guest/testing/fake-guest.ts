/**
 * A guest's serial console in memory: getty, login, a bash with line editing, and the plain shell that a session turns
 * it into. Its output can be split into chunks and interrupted as a test requires.
 */
import type { ConsoleStream } from '../../cluster/console-stream.ts'
import type { CommandResult } from '../console/shell.ts'

export interface FakeGuestOptions {
  readonly password?: string
  /** Initial state of the console. */
  readonly state?: 'login' | 'password' | 'editing shell' | 'plain shell' | 'dead'
  readonly bootId?: () => string
  /** A command's output, with bare newlines; undefined: it never ends. */
  readonly command?: (commandLine: string) => CommandResult | undefined
  /** Prints nothing before the first Enter. */
  readonly silent?: boolean
  /** Printed once instead of the login prompt. */
  readonly tornPrompt?: string
  /** Milliseconds between a wrong password and its refusal. */
  readonly refusalDelay?: number
  /** Sizes of chunks in bytes, repeated; default: unsplit. */
  readonly cuts?: readonly number[]
  /** Characters before the next line of the kernel, repeated. */
  readonly kernelLines?: readonly number[]
}

const EDITING_PROMPT = '\x1b[?2004h\x1b]0;root@lab: ~\x07root@lab:~# '

export class FakeGuest implements ConsoleStream {
  readonly closed: Promise<Error | undefined>
  /** Every typed line, with the prompt it was typed at. */
  readonly typed: { readonly at: string; readonly line: string }[] = []
  #options: FakeGuestOptions
  readonly #variables = new Map<string, string>()
  #listener: ((bytes: Uint8Array) => void) | undefined
  #early: Uint8Array[] = []
  #lose: (reason: Error | undefined) => void = () => undefined
  #state: string
  #name = ''
  #input = ''
  #untilCut = 0
  #cut = 0
  #untilNoise = Infinity
  #noise = 0
  #held: number[] = []
  #busy = false

  constructor(options: FakeGuestOptions = {}) {
    this.#options = options
    this.#state = options.state ?? 'login'
    this.closed = new Promise((resolve) => {
      this.#lose = resolve
    })
    if (options.silent !== true) this.prompt()
  }

  onOutput(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener
    this.#early.splice(0).forEach(listener)
  }

  write(bytes: Uint8Array | string): void {
    const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')
    // A guest answers asynchronously, never during the write.
    setImmediate(() => {
      for (const character of text) this.#type(character)
    })
  }

  /** Changes the behaviour from now on. */
  become(options: FakeGuestOptions): void {
    this.#options = { ...this.#options, ...options }
    this.#armNoise()
  }

  close(): void {
    this.#lose(undefined)
  }

  lose(reason: Error): void {
    this.#lose(reason)
  }

  /** Restarts the machine. */
  reboot(messages = '\r\nSeaBIOS\r\n[    0.000000] Linux version 6.1\r\n'): void {
    this.#state = 'login'
    this.#busy = false
    this.#input = ''
    this.#untilNoise = Infinity
    this.send(messages)
    this.prompt()
  }

  /** Raw output; newlines are not translated. */
  send(text: string): void {
    for (const character of text) {
      const due = this.#options.kernelLines?.length ?? 0
      if (due > 0 && this.#untilNoise <= 0) this.#tear()
      this.#untilNoise -= 1
      this.#emit(Buffer.from(character, 'utf8'))
    }
    this.#flush()
  }

  #tear(): void {
    const line = `[  ${200 + this.#noise}.123456] watchdog: BUG: soft lockup - CPU#1 stuck for 22s!\r\n`
    this.#emit(Buffer.from(line))
    this.#noise += 1
    this.#armNoise()
  }

  #armNoise(): void {
    const gaps = this.#options.kernelLines ?? []
    this.#untilNoise = gaps[this.#noise % Math.max(1, gaps.length)] ?? Infinity
  }

  #emit(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.#held.push(byte)
      this.#untilCut -= 1
      if (this.#options.cuts !== undefined && this.#untilCut <= 0) this.#flush()
    }
  }

  #flush(): void {
    const { cuts = [] } = this.#options
    this.#untilCut = cuts[this.#cut % Math.max(1, cuts.length)] ?? 0
    this.#cut += 1
    if (this.#held.length === 0) return
    const chunk = Uint8Array.from(this.#held.splice(0))
    if (this.#listener === undefined) this.#early.push(chunk)
    else this.#listener(chunk)
  }

  prompt(): void {
    const { tornPrompt } = this.#options
    if (this.#state === 'login' && tornPrompt !== undefined && this.typed.length === 0) this.send(tornPrompt)
    else if (this.#state === 'login') this.send('\r\nDebian GNU/Linux 12 lab ttyS0\r\n\r\nlab login: ')
    else if (this.#state === 'password') this.send('Password: ')
    else if (this.#state === 'editing shell') this.send(EDITING_PROMPT)
    else this.send('# ')
  }

  #type(character: string): void {
    if (character === '\x03') {
      this.#busy = false
      this.#input = ''
      return
    }
    if (this.#busy || this.#state === 'dead') return
    const echoes = this.#state === 'login' || this.#state === 'editing shell'
    if (character !== '\r') {
      this.#input += character
      if (!echoes) return
      this.send(character)
      // Line editing wraps at the terminal's width.
      if (this.#input.length % 80 === 0) this.send(' \r')
      return
    }
    const line = this.#input
    this.#input = ''
    this.typed.push({ at: this.#state, line })
    if (echoes) this.send('\r\n')
    this.#enter(line)
  }

  #enter(line: string): void {
    if (this.#state === 'login') {
      this.#name = line.trim()
      if (this.#name !== '') this.#state = 'password'
      this.prompt()
    } else if (this.#state === 'password') {
      this.#checkPassword(line)
    } else if (this.#state === 'editing shell') {
      this.send('\x1b[?2004l\r')
      this.#probeOrExec(line)
    } else {
      this.#plainShell(line.trim())
    }
  }

  #checkPassword(password: string): void {
    this.send('\r\n')
    const { password: right = 'secret', refusalDelay = 0 } = this.#options
    const accepted = this.#name === 'root' && password === right
    this.#state = 'checking'
    setTimeout(() => {
      this.#state = accepted ? 'editing shell' : 'login'
      if (accepted) this.send('Linux lab 6.1.0\r\nLast login: Sat Nov 21 22:00:00 UTC 2026 on ttyS0\r\n')
      else this.send('Login incorrect\r\n')
      this.prompt()
    }, refusalDelay)
  }

  #probeOrExec(line: string): void {
    const [, first, second] = /printf '%s%s\\n' (\w+) (\w+)/.exec(line) ?? []
    if (first !== undefined) this.send(`${first}${second ?? ''}\r\n`)
    if (line.includes('exec bash')) this.#plainPrompt(line)
    else this.prompt()
  }

  #plainPrompt(line: string): void {
    this.#state = 'plain shell'
    const [, first, second] = /PS1='(\w+)''(\w+)'/.exec(line) ?? []
    this.send(`${first ?? ''}${second ?? ''}`)
  }

  #plainShell(line: string): void {
    if (line.includes('exec bash')) {
      this.#plainPrompt(line)
      return
    }
    const probe = /^printf '%s%s\\n' (\w+) (\w+)$/.exec(line)
    const secret = /__kd_s=(\w+);/.exec(line)?.[1]
    if (probe !== null) this.send(`${probe[1] ?? ''}${probe[2] ?? ''}\n`)
    if (secret !== undefined) this.#variables.set('secret', secret)
    const piece = /^__kd_c=("\$__kd_c")?(.*); __kd_e/.exec(line)
    if (piece !== null) {
      this.#variables.set(
        'command',
        (piece[1] === undefined ? '' : this.#variable('command')) + unquote(piece[2] ?? ''),
      )
    }
    const begin = /^__kd_b (\w+); \( eval (.*) \) /.exec(line)
    const end = /__kd_e (\w+) (?:\S+|\$\(id -u\))$/.exec(line)
    // Kernel messages start with the first command: earlier ones are not filtered.
    if (begin !== null && this.#untilNoise === Infinity) this.#armNoise()
    let exitCode = 0
    if (begin !== null) {
      this.send(`${this.#variable('secret')}${begin[1] ?? ''}<\n`)
      const word = begin[2] ?? ''
      const result = this.#run(word === '"$__kd_c"' ? this.#variable('command') : unquote(word))
      if (result === undefined) {
        this.#busy = true
        return
      }
      this.send(result.output)
      exitCode = result.exitCode
    }
    if (end !== null) this.send(`${this.#variable('secret')}${end[1] ?? ''}:${exitCode}>\n`)
    this.prompt()
  }

  #run(commandLine: string): CommandResult | undefined {
    if (commandLine.includes('boot_id'))
      return { output: `${this.#options.bootId?.() ?? 'boot-1'}\n`, exitCode: 0 }
    return this.#options.command === undefined
      ? { output: '', exitCode: 0 }
      : this.#options.command(commandLine)
  }

  #variable(name: string): string {
    return this.#variables.get(name) ?? ''
  }
}

function unquote(word: string): string {
  return word.startsWith("'") ? word.slice(1, -1).replaceAll(`'\\''`, "'") : word
}
