/** Suite, cluster and environment of the run: a signed page is valid for these only. */
import type { NodeFacts } from '../../model/machines.ts'
import type { Report } from '../../model/report.ts'
import { environmentOf } from '../environment.ts'
import { html, type Html } from '../escape.ts'
import { versionText } from '../verdict-text.ts'
import { mono, pairs, text } from './parts.ts'

type Pair = readonly [string, Html]

export function identitySection(report: Report): Html {
  const { suite, cluster, nodes = [] } = report
  const { json, digest } = environmentOf(report)
  const optional = (name: string, value: string | undefined, shown = mono): Pair[] =>
    value === undefined ? [] : [[name, shown(value)]]
  return html`<section aria-labelledby="identity">
    <h2 id="identity">Judged cluster</h2>
    ${pairs([
      ...optional('Cluster', cluster.name, text),
      ...optional('Its uid', cluster.uid),
      ...optional('API server', cluster.apiHost),
      ['Kubernetes', text(versionText(cluster.kubernetesVersion, cluster.kubernetesVersionUnknown))],
      ['KubeVirt', text(versionText(cluster.kubevirtVersion, cluster.kubevirtVersionUnknown))],
      ['Checkup', text(`${suite.name} ${suite.version}`)],
      ...optional('Commit', suite.commit),
      ...optional('Image', suite.image),
      ...nodes.map((node): Pair => [`Node ${node.name}`, text(nodeText(node))]),
      ...nodes.flatMap(nicPairs),
      ['Environment', mono(digest)],
    ])}
    <details class="screen">
      <summary>The environment as canonical JSON</summary>
      <pre class="text mono">${json}</pre>
    </details>
  </section>`
}

function nodeText({ kernel, os, kubelet, containerRuntime, architecture, cpu }: NodeFacts): string {
  const facts = [
    os,
    kernel === undefined ? undefined : `kernel ${kernel}`,
    kubelet === undefined ? undefined : `kubelet ${kubelet}`,
    containerRuntime,
    architecture,
    cpu === undefined ? undefined : `CPU ${cpu}`,
  ]
  const known = facts.filter((fact) => fact !== undefined)
  return known.length === 0 ? 'other facts are unknown' : known.join(', ')
}

function nicPairs({ name, nics = [] }: NodeFacts): Pair[] {
  return nics.map(({ pciAddress, device, driver, linkSpeed, ...nic }) => {
    const facts = [nic.name, device, driver, linkSpeed].filter((fact) => fact !== undefined)
    return [`PF of ${name}`, text([pciAddress, ...facts].join(', '))]
  })
}
