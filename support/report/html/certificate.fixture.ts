/** Reports of runs that give a certificate. */
import type { Report } from '../../model/report.ts'
import { exampleCapacity } from '../capacity.fixture.ts'
import { lossWithCauses, pass } from './examples.fixture.ts'

const CLUSTER = '0c0c3a5e-6f0f-4a6e-9d1a-2f4f9a4b7f10'

function under(report: Report): Report {
  return {
    ...report,
    profile: { name: 'telco', deviations: [] },
    parameters: { ...report.parameters, frameSize: '64', profile: 'telco' },
    catalogue: { version: '1.0.0', digest: `sha256:${'c3'.repeat(32)}` },
    cluster: {
      ...report.cluster,
      name: 'prod-1',
      apiHost: 'api.prod-1.example:6443',
      uid: CLUSTER,
      kubevirtVersion: 'v1.5.0',
      nodes: ['worker-1', 'worker-2', 'worker-3'],
    },
    capacity: exampleCapacity(),
  }
}

/** A pass under profile telco. */
export function certified(): Report {
  return under(pass())
}

/** A run under profile telco that lost packets, which is waived. */
export function waivedReport(): Report {
  const report = under(lossWithCauses())
  const waived = {
    scope: { cluster: CLUSTER, node: 'worker-1', nic: '8086:1889' },
    reason: 'The old NIC of worker-1 is replaced in July.',
    owner: 'network team',
    ticket: 'NET-1234',
    expires: '2026-06-30',
  }
  return {
    ...report,
    verdict: 'passed-with-waivers',
    criteria: report.criteria.map((criterion) =>
      criterion.outcome === 'failed' ? { ...criterion, waived } : criterion,
    ),
    waivers: report.criteria.flatMap(({ id, outcome }) =>
      outcome === 'failed' ? [{ ...waived, criterion: id, issued: '2026-03-01', limit: 2000 }] : [],
    ),
  }
}
