/** The tap's pod and its gateway reach each other. */
import { assert } from 'chai'
import { skipCriterion } from '../../run/criterion.ts'
import { counterViolations, pingViolations, queueMismatch } from '../expectations.ts'
import { PINGS } from '../ping-tap.ts'
import { assertNoViolations } from './assert-no-violations.ts'
import type { RootlessCriterion } from './stage-facts.ts'

export const TAP: readonly RootlessCriterion[] = [
  {
    id: 'tap.address',
    title: 'the tap dp0 has its IP address',
    rationale: "The kernel's programs reach the network only with an address on the tap.",
    remediation: "Correct the address in the pod's parameters.",
    stage: 'tapPinged',
    judge: ({ addresses, parameters }, record) => {
      const found = [...addresses.matchAll(/^\s*inet (\S+)/gm)].map(([, address]) => address)
      record('addresses of dp0', found.join(', ') || 'none')
      assert(
        found.includes(parameters.TAP_ADDRESS),
        `dp0 does not have the address ${parameters.TAP_ADDRESS}`,
      )
    },
  },
  {
    id: 'tap.arp',
    title: "the tap resolves the gateway's address",
    rationale: "Without the gateway's address no packet leaves the subnet.",
    remediation: "Check the network behind the VF, and the VF's trust mode.",
    stage: 'tapPinged',
    judge: ({ neighbours, parameters }, record) => {
      const gateway =
        neighbours.split('\n').find((line) => line.startsWith(`${parameters.TAP_GATEWAY} `)) ?? ''
      record('neighbour', gateway.trim() || 'none')
      assert(/lladdr/.test(gateway), `no answer to ARP for ${parameters.TAP_GATEWAY}`)
    },
  },
  {
    id: 'tap.ping-out-first',
    title: 'the tap pings out before any packet came in',
    rationale: 'A path that only opens after traffic from outside is broken for clients.',
    remediation: 'Check MAC address and spoof checking of the VF.',
    stage: 'tapPinged',
    judge: (facts, record) => {
      const { ping, startup, counters } = facts
      record('pings sent', ping.transmitted)
      record('pings answered', ping.received)
      record('round trip', ping.roundTrip === undefined ? 'none' : `${ping.roundTrip.avg} ms on average`)
      record('queues of the tap', startup.tapQueues)
      record('queues that testpmd polls', startup.ports.get(1)?.rxQueues)
      for (const [port, { rxPackets, txPackets, rxNoMbuf }] of counters.ports)
        record(`port ${port}`, `${rxPackets} received, ${txPackets} sent, ${rxNoMbuf} times without an mbuf`)
      assertNoViolations(pingViolations(facts, PINGS))
    },
  },
  {
    id: 'tap.queues',
    title: 'testpmd polls every queue of the tap',
    rationale: 'A queue that nobody polls loses its packets.',
    remediation: 'Give testpmd as many queues as the tap has.',
    stage: 'tapPinged',
    judge: ({ startup }, record) => {
      record('queues of the tap', startup.tapQueues)
      record('queues that testpmd polls', startup.ports.get(1)?.rxQueues)
      const violations = queueMismatch(startup)
      assert(violations === undefined, violations)
    },
  },
  {
    id: 'tap.counters',
    title: 'both ports count the pinged packets',
    rationale: 'Pings that do not pass both ports took another way.',
    remediation: 'Check the routes of the pod.',
    stage: 'tapPinged',
    judge: ({ counters, ping }, record) => {
      for (const [port, { rxPackets, txPackets }] of counters.ports)
        record(`port ${port}`, `${rxPackets} received, ${txPackets} sent`)
      assertNoViolations(counterViolations(counters, ping))
    },
  },
  {
    id: 'tap.ping-in',
    title: 'the tap answers pings from outside',
    rationale: 'Workloads have to be reachable from outside.',
    remediation: "Check the network behind the VF, and the pod's address.",
    stage: 'tapPinged',
    judge: ({ pingIn }, record) => {
      if (pingIn === undefined)
        skipCriterion('PING_FROM names no pod that can ping the tap from the other side')
      record('pings sent', pingIn.transmitted)
      record('pings answered', pingIn.received)
      assert(
        pingIn.transmitted === PINGS && pingIn.received === PINGS,
        `${pingIn.received} of ${pingIn.transmitted} pings were answered`,
      )
    },
  },
]
