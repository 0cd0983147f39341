/** Plans a testbed: chooses names, addresses and passwords. Creates nothing. */
import { randomBytes, randomInt } from 'node:crypto'
import {
  CHECKUP_TYPE_LABEL,
  PCI_ADDRESSES,
  RUN_ANNOTATIONS,
  type PortPlan,
  type TestbedPlan,
} from '../model/testbed.ts'
import type { Environment } from '../run/environment.ts'
import type { Owner } from '../run/owner.ts'
import { networksOf, type Parameters, schedulingOf, shapeOf } from './parameters.ts'
import { runLabel } from './run-label.ts'

/**
 * @param startedAt the start timestamp with which the run claimed its ConfigMap; undefined if nothing will be created
 */
export function planTestbed(
  parameters: Parameters,
  environment: Environment,
  runId: string,
  owner?: Owner,
  startedAt = '',
): TestbedPlan {
  const suffix = randomSuffix()
  const label = runLabel({ id: runId }, environment)
  return {
    namespace: environment.namespace,
    nads: networksOf(parameters),
    labels: { [label.name]: label.value, ...CHECKUP_TYPE_LABEL },
    annotations: {
      [RUN_ANNOTATIONS.configMap]: environment.configMap,
      [RUN_ANNOTATIONS.startedAt]: startedAt,
    },
    vmiLabels: parameters.vmiLabels ?? {},
    scheduling: schedulingOf(parameters),
    ownerReferences:
      owner === undefined ? [] : [{ apiVersion: 'v1', kind: 'Pod', name: owner.name, uid: owner.uid }],
    ...shapeOf(parameters),
    password: randomBytes(18).toString('base64url'),
    vmis: {
      'vm-under-test': {
        role: 'vm-under-test',
        name: `vmi-under-test-${suffix}`,
        configMapName: `vmi-under-test-config-${suffix}`,
        image: parameters.vmUnderTestContainerDiskImage,
        targetNode: parameters.targetNodes?.['vm-under-test'],
        ...planPorts(0x60),
      },
      'traffic-generator': {
        role: 'traffic-generator',
        name: `dpdk-traffic-gen-${suffix}`,
        configMapName: `dpdk-traffic-gen-config-${suffix}`,
        image: parameters.trafficGenContainerDiskImage,
        targetNode: parameters.targetNodes?.['traffic-generator'],
        ...planPorts(0x50),
      },
    },
  }
}

/** MAC addresses with fixed first and last octets, and random ones between them that a guest's two ports share. */
function planPorts(firstOctet: number): { east: PortPlan; west: PortPlan } {
  const middle = randomBytes(4)
  const mac = (last: number) =>
    [firstOctet, ...middle, last].map((octet) => octet.toString(16).padStart(2, '0')).join(':')
  return {
    east: { name: 'nic-east', pciAddress: PCI_ADDRESSES.east, mac: mac(1) },
    west: { name: 'nic-west', pciAddress: PCI_ADDRESSES.west, mac: mac(2) },
  }
}

/** Five characters as in Kubernetes' generated names: no vowels, nothing easily misread. */
function randomSuffix(): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  return Array.from({ length: 5 }, () => alphabet.charAt(randomInt(alphabet.length))).join('')
}
