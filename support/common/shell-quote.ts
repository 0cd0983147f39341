/** Quotes shell arguments. Everything that reaches a shell's command line goes through this function. */

/** A POSIX shell word for exactly this text. Control characters are refused: a terminal would act on them. */
export function quote(text: string | number): string {
  const word = String(text)
  if (/[\x00-\x1f\x7f]/.test(word)) throw new TypeError('control characters cannot be typed into a shell')
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** A command line from arguments, each quoted. */
export function commandLine(...args: readonly (string | number)[]): string {
  return args.map(quote).join(' ')
}
