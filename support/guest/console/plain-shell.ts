/** Input that turns any shell into a plain one, which prints only the output of commands. */
import { quote } from '../../common/shell-quote.ts'

/** A terminal in canonical mode drops everything beyond 4095 bytes of a line. */
export const MAX_LINE_BYTES = 3800
const MAX_PIECE_BYTES = 3000
/**
 * `sane` resets what a killed program left; no echo, so that only output is printed; no output processing, so that the
 * kernel's lines differ from a command's (see `KernelLineFilter`); wide, so that no program wraps its lines.
 */
export const TERMINAL = 'stty sane -echo -opost rows 50 cols 4000 2>/dev/null'

/**
 * A shell without line editing does not echo, redraw or complete, and does not read the image's start files. Its prompt
 * is given in two halves, so that the echo of this line is not taken for the prompt.
 */
export function enterPlainShell(prompt: readonly [string, string]): string {
  return (
    ' unset PROMPT_COMMAND HISTFILE TMOUT ENV; ' +
    `export PS1='${prompt[0]}''${prompt[1]}' PS2='' TERM=dumb LC_ALL=C PAGER=cat SYSTEMD_PAGER=cat; ` +
    'command -v bash >/dev/null && exec bash --noprofile --norc --noediting; exec sh -i'
  )
}

/**
 * Nothing else may write to the console: no kernel messages below emergencies, no `wall`, no service states from
 * systemd while it boots. Ctrl-D must end a stuck program, but not the shell.
 */
export const SET_UP = [
  `${TERMINAL}; ( dmesg -n 1; mesg n; [ -d /run/systemd/system ] && kill -s RTMIN+21 1 ) >/dev/null 2>&1`,
  "{ set -o ignoreeof; set +H; set +o history; } 2>/dev/null; PS1='# '",
] as const

/** Splits text into quoted shell words of less than a line each, between characters. */
export function* pieces(text: string): Generator<string> {
  let piece = ''
  let bytes = 0
  for (const character of text) {
    const cost = character === "'" ? "'\\''".length : Buffer.byteLength(character)
    if (bytes + cost > MAX_PIECE_BYTES) {
      yield quote(piece)
      piece = ''
      bytes = 0
    }
    piece += character
    bytes += cost
  }
  yield quote(piece)
}
