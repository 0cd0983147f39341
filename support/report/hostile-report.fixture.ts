import { exampleReport } from './example.fixture.ts'
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
    warnings: [text],
    leftovers: [text],
  }
}
