/** Text as a terminal would show it, without what a terminal acts on. Linear in its input. */

/** CSI, OSC (title strings and the like) and two-character escape sequences (ECMA-48). */
const ESCAPE_SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-OQ-WYZ\\^-~])/g

/** Everything a terminal acts on but tab and newline. */
const CONTROL_CHARACTER = /[\x00-\x08\x0b-\x1f\x7f]/g

/** The text without escape sequences, carriage returns and other control characters. Linear in its input. */
export function plainText(text: string): string {
  const unescaped = text.includes('\x1b') ? text.replace(ESCAPE_SEQUENCE, '') : text
  return unescaped.replace(CONTROL_CHARACTER, '')
}
