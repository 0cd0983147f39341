/** The appendix of the printed page: evidence of all criteria. On screen, each criterion shows its own. */
import { oneLine, shorten } from '../../common/text.ts'
import type { Report } from '../../model/report.ts'
import { html, type Html } from '../escape.ts'

/** Longest value on paper, in characters; report.json has the full text. */
const VALUE_LIMIT = 400

export function appendix({ criteria, diagnosis }: Report): Html | undefined {
  const withEvidence = [
    ...criteria,
    ...(diagnosis?.causes.map((cause) => ({ ...cause, id: `cause ${cause.id}` })) ?? []),
    { id: 'all collected evidence', evidence: diagnosis?.evidence ?? [] },
  ].filter(({ evidence }) => evidence.length > 0)
  if (withEvidence.length === 0) return undefined
  return html`<section class="paper" aria-hidden="true">
    <h2>Appendix: evidence</h2>
    <div class="columns">
      ${withEvidence.map(
        ({ id, evidence }) =>
          html`<p>
            <b class="text mono">${id}</b> ${evidence.map(
              ({ what, value }) =>
                html`<br />${shorten(oneLine(what), VALUE_LIMIT)}:
                  <span class="text">${shorten(oneLine(value), VALUE_LIMIT)}</span>`,
            )}
          </p>`,
      )}
    </div>
  </section>`
}
