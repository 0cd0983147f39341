/** Sentences on the page: text between backticks is shown as a command that can be copied. */
import { html, type Html } from '../escape.ts'
import { text } from './parts.ts'

/** Most words of a code inside the sentence; a longer one is shown as a command on its own line. */
const WORDS_IN_LINE = 1

export function prose(sentence: string): Html {
  const parts = sentence.split('`')
  // An unpaired backtick is a literal one.
  if (parts.length % 2 === 0) return text(sentence)
  return html`${parts.map((part, index) => (index % 2 === 0 ? plain(part) : code(part)))}`
}

function plain(part: string): Html {
  return part === '' ? html`` : text(part)
}

function code(part: string): Html {
  const isCommand = part.trim().split(/\s+/).length > WORDS_IN_LINE
  return isCommand ? html`<code class="command">${part}</code>` : html`<code>${part}</code>`
}
