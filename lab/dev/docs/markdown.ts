/** Markdown out of plain sentences. */

/** A sentence in which only what stands between backticks is markup. */
export function inline(sentence: string): string {
  const parts = sentence
    .replace(/\s+/g, ' ')
    .trim()
    .split(/(`[^`]*`)/)
  return parts
    .map((part) => (part.startsWith('`') ? part : part.replace(/[\\*<>[\]|]|(?<!\w)_|_(?!\w)/g, '\\$&')))
    .join('')
}

/** `which heading` → `#which-heading`, as GitHub makes it of a heading. */
export function anchor(heading: string): string {
  const plain = heading.toLowerCase().replace(/[^\p{Letter}\p{Number} _-]/gu, '')
  return `#${plain.replaceAll(' ', '-')}`
}

/** The first letter of a sentence in upper case, and a full stop at its end. */
export function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
