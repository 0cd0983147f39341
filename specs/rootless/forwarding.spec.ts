import { assert } from 'chai'
import {
  criterion,
  dropTrouble,
  forwarded,
  forwarderStarted,
  ledgerTrouble,
  modeTrouble,
  notJudged,
  reach,
} from '../../support/rootless/index.ts'

describe('forwarding', () => {
  before('send packets through the port-forwarder', reach(forwarded))

  criterion(
    'forwarding.pod-up',
    'schedules the port-forwarder and gets it forwarding',
    forwarderStarted,
    ({ up }, witness) => {
      witness('pod', up.pod.metadata.name)
      witness('node', up.pod.spec?.nodeName ?? undefined)
    },
  )

  criterion('forwarding.mode', 'forwards at all', forwarderStarted, ({ startup }, witness) => {
    witness('mode', startup.forwardMode)
    const trouble = modeTrouble(startup.forwardMode)
    assert(trouble.length === 0, trouble.join('; '))
  })

  criterion(
    'forwarding.ledger',
    'sends on every packet through its other VF',
    forwarded,
    (facts, witness) => {
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
      const trouble = ledgerTrouble(facts)
      assert(trouble.length === 0, trouble.join('; '))
    },
  )

  criterion('forwarding.no-drops', 'drops no packet', forwarded, ({ forwarder }, witness) => {
    for (const [port, { rxMissed, rxErrors, rxNoMbuf, txErrors }] of forwarder.ports)
      witness(
        `port ${port}`,
        `missed ${rxMissed}, damaged ${rxErrors}, without an mbuf ${rxNoMbuf}, unsent ${txErrors}`,
      )
    for (const { counter, printed } of forwarder.absurd ?? [])
      witness(`left out, for it can not be true: ${counter}`, printed)
    const trouble = dropTrouble(forwarder)
    assert(trouble.length === 0, trouble.join('; '))
  })
})
