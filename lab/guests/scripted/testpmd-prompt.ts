/** testpmd's prompt. */
import type { GuestSystem } from './system.ts'
import type { Terminal } from './terminal.ts'

const PROMPT = 'testpmd> '

/** Reads and answers lines at testpmd's prompt until `quit`. */
export async function servePrompt(
  system: GuestSystem,
  terminal: Terminal,
  signal: AbortSignal,
  answer: (line: string) => string,
): Promise<void> {
  // testpmd edits lines itself: it reads single characters and echoes them.
  await terminal.with({ canonical: false, echo: false, signals: false }, async () => {
    for (;;) {
      terminal.write(PROMPT)
      const line = await readCommand(terminal, signal)
      system.onTyped(line)
      if (line === 'quit') return
      terminal.write(answer(line))
    }
  })
}

async function readCommand(terminal: Terminal, signal: AbortSignal): Promise<string> {
  let line = ''
  for (;;) {
    const character = await terminal.readCharacter(signal)
    if (character === '\r') {
      terminal.write('\r\n')
      return line.trim()
    }
    if (character === '\x03') {
      terminal.write(`\r\n${PROMPT}`)
      line = ''
    } else if (character >= ' ') {
      terminal.write(character)
      line += character
    }
  }
}
