import { exampleReport } from './example.fixture.ts'
import { judgedMatrix } from '../nodes/matrix.fixture.ts'
import type { Report } from '../model/report.ts'

/** A report with this text in every field that guests or the cluster fill. */
export function hostileReport(text: string): Report {
  const report = exampleReport('lossy')
  return {
    ...report,
    failureReasons: [text, ...report.failureReasons],
    cluster: { ...report.cluster, kubernetesVersion: text, kubevirtVersion: text },
    guests: report.guests.map((guest) => ({
      ...guest,
      nodeName: text,
      os: text,
      kernel: text,
      kernelCommandLine: text,
      nics: guest.nics.map((nic) => ({ ...nic, driver: text })),
    })),
    criteria: report.criteria.map((criterion) => ({
      ...criterion,
      message: criterion.outcome === 'passed' ? '' : text,
      evidence: [{ what: text, value: text }],
    })),
    ...(report.traffic === undefined
      ? {}
      : {
          traffic: {
            ...report.traffic,
            shortfall: [text],
            contradictions: [text],
            headroom: { unknown: text, queues: [] },
            queues: { configured: 4, nic: text, rss: 'unknown', received: [] },
          },
        }),
    nodeMatrix: hostileMatrix(text),
    warnings: [text],
    leftovers: [text],
  }
}

/** A bad pair, a good one and a hole, between nodes whose names have the text in them. */
function hostileMatrix(text: string): NonNullable<Report['nodeMatrix']> {
  const matrix = judgedMatrix({ nodes: 3, pairs: 'ring', loss: ({ from }) => (from === 2 ? text : from / 2) })
  const name = (node: string) => `${node}${text}`
  return {
    ...matrix,
    nodes: matrix.nodes.map((node) => ({ ...node, name: name(node.name), zone: text, hardware: text })),
    cells: matrix.cells.map((cell) => ({
      ...cell,
      sender: name(cell.sender),
      receiver: name(cell.receiver),
      ...(cell.kind === 'hole' || cell.outcome === 'good' ? {} : { why: text }),
    })),
    result: {
      weak: [{ kind: 'node', node: text, as: 'both', cells: 1, of: 1, sentence: text }],
      nodes: [text],
      recovered: 0,
      sentence: text,
    },
  }
}
