/** All criteria with their evidence, and the causes of those that were not met. */
import { type Criterion, groupOf, isUnmet } from '../../model/criterion-result.ts'
import type { Cause, Diagnosis } from '../../model/diagnosis.ts'
import type { Report } from '../../model/report.ts'
import { causeLink, criterionLink } from '../docs-links.ts'
import { html, type Html } from '../escape.ts'
import { anchor, block, evidence, outcomeMark, text, unbroken } from './parts.ts'
import { scopeText, waivedText } from '../verdict-text.ts'
import { prose } from './prose.ts'

/** From a criterion's id to the address of its documentation. */
type Links = (id: string) => string

/** @param docs address of the documentation; undefined if it has no public one */
export function diagnosisSection(
  { diagnosis, criteria }: Report,
  docs: string | undefined,
): Html | undefined {
  if (diagnosis === undefined) return undefined
  const { causes } = diagnosis
  return html`<section aria-labelledby="diagnosis">
    <h2 id="diagnosis">Diagnosis</h2>
    ${
      causes.length === 0
        ? html`<p>No known cause fits the evidence. All collected evidence is below.</p>`
        : html`<ol class="causes">
            ${causes.map((cause, index) => causeItem(cause, index, criteria, docs))}
          </ol>`
    }
    ${collected(diagnosis)}
  </section>`
}

function causeItem(
  cause: Cause,
  index: number,
  criteria: readonly Criterion[],
  docs: string | undefined,
): Html {
  const { id, sentence, remedy, explains } = cause
  const known = new Set(criteria.map((criterion) => criterion.id))
  const explained = explains.map((criterion, at) => {
    const name = html`<span class="text mono">${criterion}</span>`
    const linked = known.has(criterion)
      ? html`<a href="#${anchor('criterion', criterion)}">${name}</a>`
      : name
    return at === 0 ? linked : html`, ${linked}`
  })
  return html`<li id="${anchor('cause', id)}">
    <h3>${index === 0 ? 'Most probable: ' : 'Also possible: '}${text(unbroken(sentence))}</h3>
    <p class="remedy"><b>Remedy:</b> ${prose(remedy)}</p>
    ${cause.evidence.length > 0 && evidence(cause.evidence)}
    <p class="muted">
      Explains ${explained}. More:
      ${docs !== undefined && html`<a href="${causeLink(docs, id)}" class="text mono">${id}</a>, or`}
      <code class="command">dpdk-checkup explain ${id}</code>
    </p>
  </li>`
}

function collected({ evidence: all }: Diagnosis): Html | undefined {
  if (all.length === 0) return undefined
  return html`<details class="collected">
    <summary>All that was collected (${all.length})</summary>
    ${evidence(all)}
  </details>`
}

/** @param docs address of the documentation; undefined if it has no public one */
export function criteriaSection({ criteria, diagnosis }: Report, docs: string | undefined): Html {
  const links = docs === undefined ? undefined : (id: string) => criterionLink(docs, id)
  const groups = Map.groupBy(criteria, ({ id }) => groupOf(id))
  return html`<section aria-labelledby="criteria">
    <h2 id="criteria">Criteria</h2>
    ${criteria.length === 0 && html`<p>No criterion was judged.</p>`}
    ${[...groups].map(
      ([group, members]) =>
        html`<h3 class="group">${text(group)}</h3>
          ${groupList(members, diagnosis, links)}`,
    )}
    <p class="muted">
      What a criterion or a cause means:
      ${
        docs === undefined
          ? html`the suite’s <span class="text mono">docs/criteria.md</span> and
              <span class="text mono">docs/causes.md</span>, to which no public address is known, or`
          : html`each id leads to its documentation, as does`
      }
      <code class="command">dpdk-checkup explain &lt;id&gt;</code>
    </p>
  </section>`
}

/** Passed criteria are collapsed; on paper each has a line. */
function groupList(
  members: readonly Criterion[],
  diagnosis: Diagnosis | undefined,
  links: Links | undefined,
): Html {
  const items = (some: readonly Criterion[]) =>
    some.length > 0 &&
    html`<ul class="criteria">
      ${some.map((criterion) => item(criterion, causeOf(criterion, diagnosis), links))}
    </ul>`
  const passed = members.filter(({ outcome }) => outcome === 'passed')
  return html`${items(members.filter(({ outcome }) => outcome !== 'passed'))}
  ${
    passed.length > 0 &&
    html`<details class="folded">
      <summary>${passed.length} of ${members.length} passed</summary>
      ${items(passed)}
    </details>`
  }`
}

function causeOf({ id }: Criterion, diagnosis: Diagnosis | undefined): Cause | undefined {
  return diagnosis?.causes.find(({ explains }) => explains.includes(id))
}

/** Evidence is expanded for a criterion that did not pass, and collapsed for others; on paper it is always expanded. */
function item(criterion: Criterion, cause: Cause | undefined, links: Links | undefined): Html {
  const { id, title, outcome, message, explainedBy, waived } = criterion
  const claim = html`<span class="claim">${text(title)}</span>`
  const isOpen = isUnmet(criterion)
  const why = html`${message !== '' && html`<p>${block(message)}</p>`}
  ${
    waived !== undefined &&
    html`<p>
      <b>${waivedText(waived)}</b>: ${text(waived.reason)} Owner: ${text(waived.owner)}. For
      ${text(scopeText(waived.scope))}.
    </p>`
  }
  ${
    explainedBy !== undefined &&
    html`<p>
      Explained by
      <a href="#${anchor('criterion', explainedBy)}"><span class="text mono">${explainedBy}</span></a>
    </p>`
  }
  ${
    cause !== undefined &&
    html`<p>Cause: <a href="#${anchor('cause', cause.id)}">${text(cause.sentence)}</a></p>`
  }`
  return html`<li id="${anchor('criterion', id)}">
    <div>${outcomeMark(outcome)}</div>
    <div>
      ${
        criterion.evidence.length === 0
          ? html`${claim} ${why}`
          : html`<details${isOpen && html` open`}><summary>${claim}</summary>${why} ${evidence(criterion.evidence)}</details>`
      }
    </div>
    <div class="id text mono">${links === undefined ? id : html`<a href="${links(id)}">${id}</a>`}</div>
  </li>`
}
