/** Removes identifying facts of a cluster from reports, e.g. for vendors and public trackers. */
import { isIP } from 'node:net'
import { z } from 'zod'
import { escapeRegExp, mapStrings } from '../common/text.ts'
import type { Report } from '../model/report.ts'

/** Fields with the report's own words, which could equal the name of a node. */
const FIXED = new Set([
  'apiVersion',
  'kind',
  'verdict',
  'outcome',
  'id',
  'explains',
  'role',
  'port',
  'spentOn',
  'effort',
  'goal',
  'endedBy',
  'invalid',
  'rss',
  'pairs',
  'parallel',
  'judgedBy',
  'as',
  'place',
  'way',
  'environmentDigest',
  'startedAt',
  'endedAt',
  'completedAt',
])
const NODE_PARAMETER = /TargetNodeName$/

const MAC = String.raw`(?<![0-9a-f])[0-9a-f]{2}(?<separator>[:-])(?:[0-9a-f]{2}\k<separator>){4,}[0-9a-f]{2}(?![0-9a-f])`
const DOTTED_MAC = String.raw`(?<![0-9a-f.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![0-9a-f.])`
/** Matches many texts with colons; `isIP` decides whether it is an address. */
const IPV6 = String.raw`(?<![0-9a-z:.])(?:[0-9a-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{1,4})?(?![0-9a-z:])`
const IPV4 = String.raw`(?<!\d|\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)`
/** A host in a URL with a port: mostly the API server, in an error message of a client. */
const SERVER = String.raw`(?<=https?:\/\/)[a-z0-9][-a-z0-9.]*(?=:\d)`

/** Addresses that do not identify a cluster. */
const EVERYBODYS = /^(?:127\.|0\.0\.0\.0$|255\.255\.255\.255$|::1?$)/

/** Common names that do not identify a cluster; they are frequent words in texts. */
const EVERYBODYS_NAMES = new Set(['cluster', 'default', 'kind', 'kubernetes', 'lab', 'local', 'minikube'])

const groupsSchema = z.object({
  mac: z.string().optional(),
  ip: z.string().optional(),
  server: z.string().optional(),
})

/**
 * Replaces names of cluster and nodes, IP and MAC addresses and the API server's host by aliases (`redacted-node-1`).
 * Within a report, and whenever it is redacted again, the same thing gets the same alias.
 */
export class Redaction {
  readonly #pattern: RegExp
  readonly #known = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  readonly #report: Report

  /** @param report with the names to replace */
  constructor(report: Report) {
    this.#report = report
    const host = hostOf(report.cluster.apiHost)
    if (host !== undefined) this.#known.set(host.toLowerCase(), 'redacted-api-host')
    // Other texts contain the cluster's name only in the first line of the log.
    const { name } = report.cluster
    if (name !== undefined && !EVERYBODYS_NAMES.has(name))
      this.#known.set(name.toLowerCase(), 'redacted-cluster')
    for (const node of nodesOf(report)) {
      const alias = this.#alias('node', node)
      // The name of a node is often written without its domain.
      const [short = ''] = node.split('.')
      if (short !== node && isNaN(Number(short)) && !this.#known.has(short)) this.#known.set(short, alias)
    }
    const names = [...this.#known.keys()].toSorted((one, other) => other.length - one.length)
    const whole = names.map((name) => String.raw`(?<![a-z0-9])${escapeRegExp(name)}(?![a-z0-9])`)
    const addresses = [`(?<mac>${MAC}|${DOTTED_MAC})`, `(?<ip>${IPV4}|${IPV6})`, `(?<server>${SERVER})`]
    this.#pattern = new RegExp([...whole, ...addresses].join('|'), 'gi')
    // Redacts the report before any other text, so that aliases are always assigned in the same order.
    this.report()
  }

  text(text: string): string {
    return text.replace(this.#pattern, (found, ...more: unknown[]) => {
      const { mac, ip, server } = groupsSchema.parse(more.at(-1))
      const known = this.#known.get(found.toLowerCase())
      if (known !== undefined) return known
      if (mac !== undefined) return this.#alias('mac', found)
      if (server !== undefined) return this.#alias('server', found)
      return ip !== undefined && isIP(ip) !== 0 && !EVERYBODYS.test(ip) ? this.#alias('ip', found) : found
    })
  }

  report(): Report {
    return mapStrings(this.#report, (text, key) => (FIXED.has(key) ? text : this.text(text)))
  }

  #alias(kind: string, found: string): string {
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    const alias = `redacted-${kind}-${count}`
    this.#known.set(found.toLowerCase(), alias)
    return alias
  }
}

/** The report without names of nodes, addresses and the API server's host. */
export function redactReport(report: Report): Report {
  return new Redaction(report).report()
}

/** Sorted, so that two reports with the same nodes give each node the same alias. */
function nodesOf({ guests, parameters, cluster, nodeMatrix }: Report): string[] {
  const targets = Object.entries(parameters).flatMap(([name, value]) =>
    NODE_PARAMETER.test(name) ? [value] : [],
  )
  const all = [
    ...(cluster.nodes ?? []),
    ...guests.map(({ nodeName }) => nodeName ?? ''),
    ...targets,
    ...(nodeMatrix?.nodes ?? []).map(({ name }) => name),
  ]
  return [...new Set(all.map((node) => node.toLowerCase()))].filter((node) => node !== '').toSorted()
}

/** Without the port. */
function hostOf(apiHost: string | undefined): string | undefined {
  return apiHost?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}
