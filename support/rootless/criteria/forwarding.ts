/** The port-forwarder forwards every packet. */
import { notJudged } from '../../run/criterion.ts'
import { dropViolations, ledgerViolations, modeViolations } from '../expectations.ts'
import { mustBeWell } from './must-be-well.ts'
import type { RootlessCriterion } from './stage-facts.ts'

export const FORWARDING: readonly RootlessCriterion[] = [
  {
    id: 'forwarding.pod-up',
    title: 'the port-forwarder is scheduled and forwards',
    stage: 'forwarderStarted',
    judge: ({ up }, witness) => {
      witness('pod', up.pod.metadata.name)
      witness('node', up.pod.spec?.nodeName ?? undefined)
    },
  },
  {
    id: 'forwarding.mode',
    title: 'the port-forwarder is in a forwarding mode',
    stage: 'forwarderStarted',
    judge: ({ startup }, witness) => {
      witness('mode', startup.forwardMode)
      mustBeWell(modeViolations(startup.forwardMode))
    },
  },
  {
    id: 'forwarding.ledger',
    title: 'every packet leaves through the other VF',
    stage: 'forwarded',
    judge: (facts, witness) => {
      const { source, forwarder } = facts
      for (const [name, block] of [
        ['source', source],
        ['port-forwarder', forwarder],
      ] as const) {
        for (const [port, { rxPackets, txPackets }] of block.ports)
          witness(`${name}, port ${port}`, `${rxPackets} received, ${txPackets} sent`)
      }
      const sent = [...source.ports.values()].reduce((sum, { txPackets }) => sum + txPackets, 0)
      if (sent === 0) notJudged('the source sent no packet')
      mustBeWell(ledgerViolations(facts))
    },
  },
  {
    id: 'forwarding.no-drops',
    title: 'the port-forwarder drops no packets',
    stage: 'forwarded',
    judge: ({ forwarder }, witness) => {
      for (const [port, { rxMissed, rxErrors, rxNoMbuf, txErrors }] of forwarder.ports)
        witness(
          `port ${port}`,
          `missed ${rxMissed}, damaged ${rxErrors}, without an mbuf ${rxNoMbuf}, unsent ${txErrors}`,
        )
      for (const { counter, printed } of forwarder.absurd ?? [])
        witness(`invalid counter left out: ${counter}`, printed)
      mustBeWell(dropViolations(forwarder))
    },
  },
]
