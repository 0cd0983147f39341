/** All collected evidence, as lines for the reports. */
import { ROLES, TITLES } from '../model/role.ts'
import { writeCpuList } from '../model/cpu-list.ts'
import type { Readable } from '../cluster/inventory.ts'
import type { Evidence } from '../run/stage.ts'
import { evidence } from './cause.ts'
import { type Findings, type GuestFindings, type TestpmdFindings, type VmiFindings } from './findings.ts'

/** In the order to read them: the cluster, then both guests, then testpmd. */
export function asEvidence(findings: Findings): Evidence[] {
  const { asked, vmis, guests, networks = {}, testpmd, nodes, vfSyncs } = findings
  return [
    ...ROLES.flatMap((role) => ofVmi(TITLES[role], vmis[role])),
    ...[...new Set(Object.values(networks))].flatMap((network) =>
      readable('network', network, ({ name, resource, vlan, spoofCheck, trust, linkState }) =>
        evidence([
          `network ${name}`,
          [
            `resource ${resource ?? 'none'}`,
            ...Object.entries({ vlan, spoofchk: spoofCheck, trust, link_state: linkState })
              .filter(([, value]) => value !== undefined)
              .map(([key, value]) => `${key} ${String(value)}`),
          ].join(', '),
        ]),
      ),
    ),
    ...readable('nodes', nodes, (all) =>
      evidence([
        'nodes',
        all
          .map(({ name }) => name)
          .join(', ')
          .slice(0, 2000),
      ]),
    ),
    ...readable('state of the VFs', vfSyncs, (all) =>
      all.flatMap(({ node, status, lastError }) =>
        evidence([`SriovNetworkNodeState ${node}`, [status, lastError].filter(Boolean).join(': ')]),
      ),
    ),
    ...ROLES.flatMap((role) => ofGuest(TITLES[role], guests[role], asked?.engine.title ?? 'engine')),
    ...ofTestpmd(testpmd),
  ]
}

function readable<T>(
  what: string,
  found: Readable<T> | undefined,
  show: (value: T) => Evidence[],
): Evidence[] {
  if (found === undefined) return []
  return 'found' in found ? show(found.found) : evidence([what, Object.values(found).join()])
}

function ofVmi(title: string, vmi: VmiFindings | undefined): Evidence[] {
  if (vmi === undefined) return []
  return [
    ...evidence([
      `${title}: VMI`,
      `${vmi.name}, ${vmi.phase === '' ? 'gone' : `phase ${vmi.phase}`}${vmi.nodeName === '' ? '' : ` on ${vmi.nodeName}`}`,
    ]),
    ...vmi.conditions.flatMap(({ type, status, reason, message }) =>
      evidence([
        `${title}: condition ${type}`,
        [status, reason, message].filter((part) => part !== '').join(': '),
      ]),
    ),
    ...readable(`${title}: launcher pod`, vmi.pod, (pod) =>
      evidence(
        [
          `${title}: pod ${pod.name}`,
          [pod.phase, pod.reason, pod.message, `QoS class ${pod.qosClass}`]
            .filter((part) => part !== '')
            .join(': '),
        ],
        [`${title}: runtimeClassName of its pod`, pod.runtimeClassName ?? 'none'],
        [
          `${title}: requests of its pod`,
          Object.entries(pod.requests)
            .map(([name, quantity]) => `${name} ${quantity}`)
            .join(', '),
        ],
      ),
    ),
    ...(vmi.disruption?.signs ?? []).flatMap(({ where, text }) => evidence([`${title}: ${where}`, text])),
    ...readable(`${title}: events`, vmi.events, (events) =>
      events.flatMap(({ about, reason, message, count }) =>
        evidence([
          `${title}: event ${reason} of ${about}`,
          count > 1 ? `${message} (${count} times)` : message,
        ]),
      ),
    ),
    ...readable(`${title}: launcher's log`, vmi.log, (lines) =>
      evidence([`${title}: last lines of its launcher's log`, lines.join('\n')]),
    ),
  ]
}

/** The most interrupt sources that are listed. */
const MOST_SOURCES = 10

function ofGuest(title: string, guest: GuestFindings | undefined, engine: string): Evidence[] {
  if (guest === undefined) return []
  const { workers, isolation, evidence: read } = guest
  const { activity } = read ?? {}
  return [
    ...(isolation === undefined && read === undefined
      ? []
      : evidence([`${title}: polling CPUs`, writeCpuList(workers)])),
    ...(isolation === undefined
      ? []
      : evidence([`${title}: isolated CPUs`, writeCpuList(isolation.isolated) || 'none'])),
    ...evidence(
      [`${title}: kernel command line`, read?.kernelArguments],
      [`${title}: tuned-adm active`, read?.tuned],
      [`${title}: nr_throttled`, read?.throttled],
    ),
    ...(read?.hugepages ?? []).flatMap(({ sizeKiB, total, free }) =>
      evidence([`${title}: hugepages of ${sizeKiB} kB`, `${total}, ${free} free`]),
    ),
    ...(read?.pci ?? []).flatMap(({ port, ids, isEmulated, speed, width, carrierChanges }) =>
      evidence(
        [`${title}: PCI device of the ${port} port`, ids],
        [`${title}: PCI link of the ${port} port`, pciLink(isEmulated, speed, width)],
        [`${title}: carrier changes of the ${port} port`, carrierChanges],
      ),
    ),
    ...(activity === undefined
      ? []
      : [
          ...evidence(
            [`${title}: timer ticks in ${activity.seconds.toFixed(0)} s, by CPU`, perCpu(activity.ticks)],
            [`${title}: seconds stolen by the host, by CPU`, perCpu(activity.stolen)],
            [
              `${title}: seconds for which threads waited for a CPU, by CPU`,
              perCpu(rounded(activity.waited)),
            ],
          ),
          ...activity.interrupts
            .filter(({ cpu }) => workers.includes(cpu))
            .slice(0, MOST_SOURCES)
            .flatMap(({ cpu, name, count }) =>
              evidence([`${title}: interrupts of ${name} on CPU ${cpu}`, count]),
            ),
        ]),
    ...evidence(
      [
        `${title}: busiest threads on polling CPUs`,
        (read?.threads ?? [])
          .filter(({ cpu }) => workers.includes(cpu))
          .slice(0, MOST_SOURCES)
          .map(({ name, tid, cpu, seconds }) => `${name} (${tid}) on CPU ${cpu}: ${seconds.toFixed(1)} s`)
          .join('\n'),
      ],
      [`${title}: ${engine}`, read?.engine?.join('\n')],
      [`${title}: last lines of dmesg`, read?.dmesg?.join('\n')],
    ),
  ]
}

function pciLink(isEmulated: boolean, speed: string | undefined, width: number | undefined): string {
  if (isEmulated) return 'none: the device is emulated'
  return speed === undefined ? 'not reported' : `${speed} x${width ?? '?'}`
}

function rounded(seconds: ReadonlyMap<number, number>): Map<number, number> {
  return new Map([...seconds].map(([cpu, value]) => [cpu, Math.round(value * 100) / 100]))
}

function perCpu(counts: ReadonlyMap<number, number>): string {
  return [...counts].map(([cpu, count]) => `${cpu}: ${count}`).join(', ')
}

function ofTestpmd(testpmd: TestpmdFindings | undefined): Evidence[] {
  if (testpmd === undefined) return []
  return [
    ...(['east', 'west'] as const).flatMap((port) => {
      const info = testpmd.ports?.[port]
      return info === undefined
        ? []
        : evidence([
            `testpmd: ${port} port`,
            [info.mac, `link ${info.link}`, info.linkSpeed, info.driver]
              .filter((part) => part !== undefined)
              .join(', '),
          ])
    }),
    ...testpmd.streams.flatMap(({ rxPort, rxQueue, txPort, txQueue, rxPackets, txPackets, txDropped }) =>
      evidence([
        `testpmd: port ${rxPort} queue ${rxQueue} → port ${txPort} queue ${txQueue}`,
        `${rxPackets} received, ${txPackets} sent, ${txDropped} dropped`,
      ]),
    ),
    ...evidence(
      ['testpmd: cycles per packet', testpmd.cyclesPerPacket],
      ['testpmd: clock', testpmd.clockMHz === undefined ? undefined : `${testpmd.clockMHz} MHz`],
    ),
  ]
}
