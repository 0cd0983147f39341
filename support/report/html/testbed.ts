/** The testbed: both guests, the phases of the run, its parameters and its leftovers. */
import type { Guest } from '../../model/machines.ts'
import type { Phase, Report } from '../../model/report.ts'
import { HEADINGS } from '../../model/role.ts'
import { ownOverhead } from '../phases.ts'
import { html, Html } from '../escape.ts'
import { mono, pairs, phaseOutcome, text } from './parts.ts'

export function topologySection({ guests }: Report): Html | undefined {
  if (guests.length === 0) return undefined
  return html`<section aria-labelledby="topology">
    <h2 id="topology">Topology</h2>
    <div class="guests">${guests.map(guestPart)}</div>
  </section>`
}

function guestPart(guest: Guest): Html {
  const { hugepages1Gi, rebooted } = guest
  const known: readonly (readonly [string, string | undefined])[] = [
    ['Node', guest.nodeName],
    ['VMI', guest.vmiName],
    ['Image', guest.image],
    ['Image digest', guest.imageDigest ?? unknown(guest.imageDigestUnknown)],
    ['Launcher', guest.launcherImage],
    ['Data plane', guest.dataPlane],
    ['System', guest.os],
    ['Kernel', guest.kernel],
    ['Isolated CPUs', guest.isolatedCpus],
    ['Hugepages of 1 GiB', hugepages1Gi === undefined ? undefined : String(hugepages1Gi)],
    ['Rebooted to isolate', rebooted === undefined ? undefined : rebooted ? 'yes' : 'no'],
    ['Kernel arguments', guest.kernelCommandLine],
  ]
  const technical = new Set(['VMI', 'Image', 'Image digest', 'Launcher', 'Kernel', 'Kernel arguments'])
  const shown = known.flatMap(([name, value]) =>
    value === undefined || value === ''
      ? []
      : [[name, technical.has(name) ? mono(value) : text(value)] as const],
  )
  return html`<section>
    <h3>${HEADINGS[guest.role]}</h3>
    ${pairs(shown)} ${guest.nics.length > 0 && ports(guest)}
  </section>`
}

function unknown(why: string | undefined): string | undefined {
  return why === undefined ? undefined : `unknown: ${why}`
}

function ports({ nics, role }: Guest): Html {
  const optional = (value: string | undefined) => (value === undefined ? html`unknown` : text(value))
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Ports of the ${HEADINGS[role]}">
    <table>
      <thead>
        <tr>
          <th scope="col">Port</th>
          <th scope="col">PCI</th>
          <th scope="col">MAC</th>
          <th scope="col">Driver</th>
          <th scope="col">Link</th>
        </tr>
      </thead>
      <tbody>
        ${nics.map(
          (nic) =>
            html`<tr>
              <th scope="row">${nic.port}</th>
              <td>${mono(nic.pciAddress)}</td>
              <td>${mono(nic.mac)}</td>
              <td>${optional(nic.driver)}</td>
              <td>${optional(nic.link)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

export function phasesSection({ phases }: Report): Html | undefined {
  if (phases.length === 0) return undefined
  const start = Math.min(...phases.map(({ startedAt }) => Date.parse(startedAt)))
  const end = Math.max(...phases.map(({ startedAt, duration }) => Date.parse(startedAt) + duration))
  const span = Math.max(1, end - start)
  return html`<section aria-labelledby="phases">
    <h2 id="phases">Phases</h2>
    <div class="scroll" tabindex="0" role="group" aria-label="Phases">
      <table>
        <thead>
          <tr>
            <th scope="col">Phase</th>
            <th scope="col" class="number">Seconds</th>
            <th scope="col">Spent on</th>
            <th scope="col">Outcome</th>
            <td class="bar"></td>
          </tr>
        </thead>
        <tbody>
          ${phases.map(
            (phase) =>
              html`<tr>
                <th scope="row">${text(phase.name)}</th>
                <td class="number">${(phase.duration / 1000).toFixed(1)}</td>
                <td>${phase.spentOn}</td>
                <td>${phaseOutcome(phase)}</td>
                <td class="bar">${bar(phase, start, span)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="muted">
      The suite’s own overhead is ${(ownOverhead(phases) / 1000).toFixed(1)} s: what went on while no guest
      booted and no packets flowed.
    </p>
  </section>`
}

const SPENT_COLORS: Readonly<Record<Phase['spentOn'], string>> = {
  suite: 'muted',
  guest: 'returned',
  traffic: 'passed',
}

/** A bar for the time that a phase took within the run. */
function bar({ startedAt, duration, spentOn }: Phase, start: number, span: number): Html {
  const share = (milliseconds: number) => ((milliseconds / span) * 100).toFixed(2)
  const width = Math.max(0.5, Number(share(duration)))
  return new Html(
    `<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect x="${share(Date.parse(startedAt) - start)}" y="2.5" width="${width}" height="5" fill="var(--${SPENT_COLORS[spentOn]})"/></svg>`,
  )
}

export function parametersSection({ parameters }: Report): Html | undefined {
  const all = Object.entries(parameters)
  if (all.length === 0) return undefined
  return html`<section aria-labelledby="parameters">
    <h2 id="parameters">Parameters</h2>
    ${pairs(all.map(([name, value]) => [name, mono(value === '' ? '(empty)' : value)] as const))}
  </section>`
}

export function leftoversSection({ leftovers }: Report): Html | undefined {
  if (leftovers.length === 0) return undefined
  return html`<section aria-labelledby="leftovers">
    <h2 id="leftovers">Left behind</h2>
    <p>These could not be removed:</p>
    <ul class="reasons">
      ${leftovers.map((leftover) => html`<li>${mono(leftover)}</li>`)}
    </ul>
  </section>`
}
