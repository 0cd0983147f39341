/** Small pieces that sections of the summary page have in common. */
import { grouped, plainText, shorten } from '../../common/text.ts'
import type { Criterion, Outcome, Phase } from '../../model/report.ts'
import { MARKS } from '../progress-text.ts'
import { OUTCOME_WORDS } from '../verdict-text.ts'
import { html, type Html } from '../escape.ts'

/** Longest text of one value; the whole is in report.json. */
const TEXT_LIMIT = 8 * 1024
/** Pairs of one list; a report with more of them is read by machines. */
const PAIR_LIMIT = 200

/** Text from somewhere else: kept apart from the page's own, and no longer than people read. */
export function text(from: string): Html {
  return html`<span class="text">${shorten(plainText(from), TEXT_LIMIT)}</span>`
}

/** The same where its line breaks mean something. */
export function block(from: string): Html {
  return html`<span class="text block">${shorten(plainText(from), TEXT_LIMIT)}</span>`
}

export function mono(from: string): Html {
  return html`<span class="text block mono">${shorten(plainText(from), TEXT_LIMIT)}</span>`
}

/** A count that a machine can read too, with the field of the report it comes from. */
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

/** Ids of elements, made of ids that may hold anything in a report from elsewhere. */
export function anchor(prefix: string, id: string): string {
  return `${prefix}-${id.replace(/[^a-zA-Z0-9.-]/g, '-').slice(0, 100)}`
}
