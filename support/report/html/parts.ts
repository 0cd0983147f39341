/** Elements that several sections of the summary page use. */
import { grouped, plainText, shorten } from '../../common/text.ts'
import type { Criterion, Outcome } from '../../model/criterion-result.ts'
import type { Phase } from '../../model/report.ts'
import { MARKS } from '../progress-text.ts'
import { OUTCOME_WORDS } from '../verdict-text.ts'
import { html, type Html } from '../escape.ts'

/** Longest text of one value, in characters; report.json has the full text. */
const TEXT_LIMIT = 8 * 1024
/** Most pairs in one list; report.json has all. */
const PAIR_LIMIT = 200

/** Text from guests or the cluster: isolated from the page's own text, and shortened. */
export function text(from: string): Html {
  return html`<span class="text">${shorten(plainText(from), TEXT_LIMIT)}</span>`
}

/** Like `text`, with its line breaks. */
export function block(from: string): Html {
  return html`<span class="text block">${shorten(plainText(from), TEXT_LIMIT)}</span>`
}

export function mono(from: string): Html {
  return html`<span class="text block mono">${shorten(plainText(from), TEXT_LIMIT)}</span>`
}

/** A count, with its exact value and the name of its report field as attributes. */
export function count(value: number, of: string): Html {
  return html`<data value="${value}" data-of="${of}" data-value="${value}">${grouped(value)}</data>`
}

export function pairs(entries: readonly (readonly [string, Html])[]): Html {
  const shown = entries.slice(0, PAIR_LIMIT)
  const more = entries.length - shown.length
  return html`<dl class="pairs">
    ${shown.map(
      ([name, value]) =>
        html`<dt>${text(name)}</dt>
          <dd>${value}</dd>`,
    )}${
      more > 0 &&
      html`<dt>and more</dt>
        <dd>${more} values, in report.json</dd>`
    }
  </dl>`
}

export function evidence(all: Criterion['evidence']): Html {
  return pairs(all.map(({ what, value }) => [what, block(value)] as const))
}

export function outcomeMark(outcome: Outcome): Html {
  return html`<span class="outcome ${outcome}" data-mark="${MARKS[outcome]}">${OUTCOME_WORDS[outcome]}</span>`
}

export function phaseOutcome({ outcome }: Phase): Html {
  return outcome === 'done' ? html`done` : html`<b class="failed">${outcome}</b>`
}

/** `2026-03-04 05:06:07 UTC` */
export function moment(timestamp: string): string {
  const date = new Date(timestamp)
  return Number.isNaN(date.getTime()) ? timestamp : `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** An element id made from a report's id, which may contain any character. */
export function anchor(prefix: string, id: string): string {
  return `${prefix}-${id.replace(/[^a-zA-Z0-9.-]/g, '-').slice(0, 100)}`
}

/** Joins a number and what it counts by a no-break space. */
export function unbroken(sentence: string): string {
  return sentence.replace(/(\d) (?=[%\p{Letter}])/gu, '$1\u00a0')
}
