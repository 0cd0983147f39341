/** Turns plain sentences into Markdown. */

/** Escapes a sentence so that only the text between backticks is markup. */
export function inline(sentence: string): string {
  const parts = sentence
    .replace(/\s+/g, ' ')
    .trim()
    .split(/(`[^`]*`)/)
  return parts
    .map((part) => (part.startsWith('`') ? part : part.replace(/[\\*<>[\]|]|(?<!\w)_|_(?!\w)/g, '\\$&')))
    .join('')
}

/** The anchor that GitHub gives a heading: `which heading` → `#which-heading`. */
export function anchor(heading: string): string {
  const plain = heading.toLowerCase().replace(/[^\p{Letter}\p{Number} _-]/gu, '')
  return `#${plain.replaceAll(' ', '-')}`
}

/** Makes the first letter upper case, except of a key such as `spec.timeout`, and adds a full stop. */
export function asSentence(text: string): string {
  const first = /^[a-z]+\.[a-z]/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase()
  return `${first}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
