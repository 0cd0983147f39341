/** The port-forwarder forwards every packet. */
import { skipCriterion } from '../../run/criterion.ts'
import { dropViolations, ledgerViolations, modeViolations } from '../expectations.ts'
import { assertNoViolations } from './assert-no-violations.ts'
import type { RootlessCriterion } from './stage-facts.ts'

export const FORWARDING: readonly RootlessCriterion[] = [
  {
    id: 'forwarding.pod-up',
    title: 'the port-forwarder is scheduled and forwards',
    rationale: 'Without the pod nothing can be judged.',
    remediation: 'Read its events in the report.',
    stage: 'forwarderStarted',
    judge: ({ up }, record) => {
      record('pod', up.pod.metadata.name)
      record('node', up.pod.spec?.nodeName ?? undefined)
    },
  },
  {
    id: 'forwarding.mode',
    title: 'the port-forwarder is in a forwarding mode',
    rationale: 'Only a forwarding mode sends packets back.',
    remediation: "Correct the pod's parameters.",
    stage: 'forwarderStarted',
    judge: ({ startup }, record) => {
      record('mode', startup.forwardMode)
      assertNoViolations(modeViolations(startup.forwardMode))
    },
  },
  {
    id: 'forwarding.ledger',
    title: 'every packet leaves through the other VF',
    rationale: 'A forwarder that loses packets between its VFs is not ready.',
    remediation: 'Compare the counts of both ports in the report.',
    stage: 'forwarded',
    judge: (facts, record) => {
      const { source, forwarder } = facts
      for (const [name, block] of [
        ['source', source],
        ['port-forwarder', forwarder],
      ] as const) {
        for (const [port, { rxPackets, txPackets }] of block.ports)
          record(`${name}, port ${port}`, `${rxPackets} received, ${txPackets} sent`)
      }
      const sent = [...source.ports.values()].reduce((sum, { txPackets }) => sum + txPackets, 0)
      if (sent === 0) skipCriterion('the source sent no packet')
      assertNoViolations(ledgerViolations(facts))
    },
  },
  {
    id: 'forwarding.no-drops',
    title: 'the port-forwarder drops no packets',
    rationale: 'Packets that a port drops are lost for the workload.',
    remediation: 'Give the pod CPUs of its own, and check the TX rings.',
    stage: 'forwarded',
    judge: ({ forwarder }, record) => {
      for (const [port, { rxMissed, rxErrors, rxNoMbuf, txErrors }] of forwarder.ports)
        record(
          `port ${port}`,
          `missed ${rxMissed}, damaged ${rxErrors}, without an mbuf ${rxNoMbuf}, unsent ${txErrors}`,
        )
      for (const { counter, printed } of forwarder.absurd ?? [])
        record(`invalid counter left out: ${counter}`, printed)
      assertNoViolations(dropViolations(forwarder))
    },
  },
]
