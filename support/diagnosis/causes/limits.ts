/** The hop that limits the path, where a load was required, or sent for long, that the path does not carry. */
import { grouped } from '../../common/text.ts'
import type { Limiter } from '../../model/capacity.ts'
import { type CauseEntry, evidence } from '../cause.ts'

const REQUIRE_LESS = 'or require a lower load (spec.param.minPacketsPerSecond, spec.param.soak)'
const NETWORK = `compare the counters of the PFs of both nodes and of their switch ports (\`ethtool -S <pf>\`: drops, pause frames, CRC errors), and look for a rate limit of a VF (maxTxRate) and for other traffic; ${REQUIRE_LESS}`
const LCORES = `give the VM under test more lcores and queues (spec.param.vmiCpus), or faster ones: dedicated CPUs on the NUMA node of its NIC, with idle SMT siblings and the governor performance; ${REQUIRE_LESS}`

const REMEDIES: Readonly<Record<Limiter['kind'], string>> = {
  'line-rate': 'no port of this bandwidth carries more of these frames: require less, or send longer frames',
  generator:
    'this says nothing about the cluster: give the traffic generator’s VM more or faster CPUs, or use TRex if the engine is the kernel’s pktgen',
  'generator-receive':
    'this says nothing about the cluster: give the traffic generator’s VM more or faster CPUs, because its CPUs fetch the returning packets',
  'network-to-vm': NETWORK,
  'network-back': NETWORK,
  'vm-receive': LCORES,
  'vm-inside': LCORES,
  'vm-mbufs': `give the VM under test more hugepages for its mbufs (spec.param.vmiMemory), or fewer queues; ${REQUIRE_LESS}`,
  'vm-transmit': `the port sends too slowly: check the VF’s rate limit (maxTxRate), pause frames from the switch (\`ethtool -S <pf>\`), and whether the port is a VF or a paravirtual NIC; ${REQUIRE_LESS}`,
  unknown: NETWORK,
}

export const LIMIT_CAUSES: readonly CauseEntry[] = [
  {
    id: 'load-limited',
    title: 'one hop of the path carries less than the required load, or loses packets in the soak',
    looksAt:
      'the ledger of the trial that lost most packets, and the headroom of testpmd’s lcores in this trial',
    provedBy: 'the hop at which most packets of that trial were lost',
    remedy: NETWORK,
    explains: ['capacity.required', 'soak.no-loss'],
    find: ({ limits = [] }) => {
      const [first] = limits
      if (first === undefined) return undefined
      const { limiter } = first
      return {
        certainty: limiter.kind === 'unknown' ? 'possible' : 'proved',
        sentence: `the load is limited: ${limiter.sentence}`,
        evidence: limits.flatMap(({ criterion, limiter: one }) =>
          evidence(
            [criterion, one.sentence],
            ['at', one.load === undefined ? undefined : `${grouped(one.load)} packets/s`],
            ['headroom of the lcores', one.headroom],
          ),
        ),
        remedy: REMEDIES[limiter.kind],
        explains: limits.map(({ criterion }) => criterion),
      }
    },
  },
]
