/** Sentences on the page: what stands between backticks is a command, to be copied as it stands. */
import { html, type Html } from '../escape.ts'
import { text } from './parts.ts'

/** A code that is no longer than a word or two stands in the sentence, a command on a line of its own. */
const WORDS_IN_LINE = 1

export function prose(sentence: string): Html {
  const parts = sentence.split('`')
  // A backtick without another one is a backtick.
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
