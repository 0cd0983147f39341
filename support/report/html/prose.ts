/** Sentences on the page: text between backticks is shown as code, and a command can be copied by a click. */
import { html, type Html } from '../escape.ts'
import { text } from './parts.ts'

export function prose(sentence: string): Html {
  const parts = sentence.split('`')
  // An unpaired backtick is a literal one.
  if (parts.length % 2 === 0) return text(sentence)
  return html`${parts.map((part, index) => {
    if (index % 2 === 0) return plain(part)
    return code(part, { isLast: index === parts.length - 2 && parts.at(-1) === '' })
  })}`
}

function plain(part: string): Html {
  return part === '' ? html`` : text(part)
}

/** A command has more than one word. On a separate line it would break a sentence that continues after it. */
function code(part: string, { isLast }: { readonly isLast: boolean }): Html {
  const isCommand = /\S\s+\S/.test(part)
  if (!isCommand) return html`<code>${part}</code>`
  return isLast ? html`<code class="command line">${part}</code>` : html`<code class="command">${part}</code>`
}
