/** Faults of simulated guests that can be asked for by name: `npm start -- --runtime scripted --fault loss`. */
import type { ScriptedFaults } from './faults.ts'

export interface NamedFault {
  /** What users type; stable. */
  readonly id: string
  /** What goes wrong, one line. */
  readonly description: string
  readonly faults: ScriptedFaults
  /** What the checkup has to make of it. */
  readonly expected: {
    readonly verdict: 'passed' | 'failed' | 'inconclusive' | 'error'
    /** Part of the failure reason, whatever rate and duration were asked for. */
    readonly reason: string
    /** Id of the cause that is named first. */
    readonly cause: string
  }
}

export const NAMED_FAULTS = [
  {
    id: 'loss',
    description: 'packets lost on the way to the VM under test',
    faults: { links: { lostToVm: 0.01 } },
    expected: {
      verdict: 'failed',
      reason: 'packets were lost between the traffic generator and the VM under test',
      cause: 'lost-before-vm',
    },
  },
  {
    id: 'mbufs',
    description: 'mbufs exhausted in the VM under test',
    faults: { links: { vmRxNoMbuf: 0.01 } },
    expected: { verdict: 'failed', reason: 'receptions without a free mbuf', cause: 'mbufs-exhausted' },
  },
  {
    id: 'link-down',
    description: 'the east link down',
    faults: { links: { down: ['east'] } },
    expected: { verdict: 'failed', reason: 'link.east: the east link is down', cause: 'link-down' },
  },
] as const satisfies readonly NamedFault[]

export type FaultId = (typeof NAMED_FAULTS)[number]['id']

/** Undefined where there is none of that name. */
export function faultNamed(id: string): NamedFault | undefined {
  return NAMED_FAULTS.find((fault) => fault.id === id)
}

/** A line for each, with the verdict that comes of it. */
export function faultList(): string {
  const width = Math.max(...NAMED_FAULTS.map(({ id }) => id.length))
  return NAMED_FAULTS.map(
    ({ id, description, expected }) => `${id.padEnd(width)}  ${description} (${expected.verdict})\n`,
  ).join('')
}
