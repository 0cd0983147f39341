/** Turns plain sentences into Markdown. */
export { headingAnchor as anchor } from '../../../support/report/docs-links.ts'

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

/** Makes the first letter upper case, except of a key such as `spec.timeout`, and adds a full stop. */
export function asSentence(text: string): string {
  const first = /^[a-z]+\.[a-z]/.test(text) ? text.charAt(0) : text.charAt(0).toUpperCase()
  return `${first}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
