import { assert } from 'chai'
import {
  counterTrouble,
  criterion,
  notJudged,
  PINGS,
  pingTrouble,
  queueMismatch,
  reach,
  tapPinged,
} from '../../support/rootless/index.ts'

describe('tap', () => {
  before('ping through the tap', reach(tapPinged))

  criterion('tap.address', 'has its address on dp0', tapPinged, ({ addresses, parameters }, witness) => {
    const found = [...addresses.matchAll(/^\s*inet (\S+)/gm)].map(([, address]) => address)
    witness('addresses of dp0', found.join(', ') || 'none')
    assert(found.includes(parameters.TAP_ADDRESS), `dp0 does not have the address ${parameters.TAP_ADDRESS}`)
  })

  criterion('tap.arp', 'resolves the gateway', tapPinged, ({ neighbours, parameters }, witness) => {
    const gateway = neighbours.split('\n').find((line) => line.startsWith(`${parameters.TAP_GATEWAY} `)) ?? ''
    witness('neighbour', gateway.trim() || 'none')
    assert(/lladdr/.test(gateway), `no answer to ARP for ${parameters.TAP_GATEWAY}`)
  })

  criterion(
    'tap.ping-out-first',
    'pings out first, without a packet from the other side before',
    tapPinged,
    (facts, witness) => {
      const { ping, startup, counters } = facts
      witness('pings sent', ping.transmitted)
      witness('pings answered', ping.received)
      witness('round trip', ping.roundTrip === undefined ? 'none' : `${ping.roundTrip.avg} ms on average`)
      witness('queues of the tap', startup.tapQueues)
      witness('queues that testpmd polls', startup.ports.get(1)?.rxQueues)
      for (const [port, { rxPackets, txPackets, rxNoMbuf }] of counters.ports)
        witness(`port ${port}`, `${rxPackets} received, ${txPackets} sent, ${rxNoMbuf} times without an mbuf`)
      const trouble = pingTrouble(facts, PINGS)
      assert(trouble.length === 0, trouble.join('; '))
    },
  )

  criterion('tap.queues', 'polls every queue of the tap', tapPinged, ({ startup }, witness) => {
    witness('queues of the tap', startup.tapQueues)
    witness('queues that testpmd polls', startup.ports.get(1)?.rxQueues)
    const trouble = queueMismatch(startup)
    assert(trouble === undefined, trouble)
  })

  criterion(
    'tap.counters',
    'counts on both ports what was pinged',
    tapPinged,
    ({ counters, ping }, witness) => {
      for (const [port, { rxPackets, txPackets }] of counters.ports)
        witness(`port ${port}`, `${rxPackets} received, ${txPackets} sent`)
      const trouble = counterTrouble(counters, ping)
      assert(trouble.length === 0, trouble.join('; '))
    },
  )

  criterion('tap.ping-in', 'answers pings from the other side', tapPinged, ({ pingIn }, witness) => {
    if (pingIn === undefined) notJudged('PING_FROM names no pod that can ping the tap from the other side')
    witness('pings sent', pingIn.transmitted)
    witness('pings answered', pingIn.received)
    assert(
      pingIn.transmitted === PINGS && pingIn.received === PINGS,
      `${pingIn.received} of ${pingIn.transmitted} pings were answered`,
    )
  })
})
