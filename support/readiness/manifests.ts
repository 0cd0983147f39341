/** The Kubernetes objects of a planned testbed. */
import { APP_LABELS, RUN_LABEL, type TestbedPlan, type VmiPlan } from '../model/testbed.ts'
import { HOSTNAME_LABEL, targetTerms } from '../model/target-node.ts'
import { PORT_NAMES } from '../model/ports.ts'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { V1VirtualMachineInstance } from '@kubevirt-ui-ext/kubevirt-api/kubevirt'
import { encrypt } from 'unixcrypt'
import type { NewConfigMap } from '../cluster/config-map.ts'
import type { GuestFile } from '../dataplane/engines/engine.ts'

const BOOT_SCRIPT = readFileSync(new URL('../../fixtures/guest/boot.sh', import.meta.url), 'utf8')

/** Serial number by which a guest finds the ConfigMap's disk. */
const CONFIG_DISK_SERIAL = 'DEADBEEF'
const CONFIG_MOUNT = '/mnt/app-config'

/** Tell CRI-O to turn off interrupts, load balancing and CFS quota on the pod's CPUs. */
const REALTIME_ANNOTATIONS = {
  'cpu-load-balancing.crio.io': 'disable',
  'cpu-quota.crio.io': 'disable',
  'irq-load-balancing.crio.io': 'disable',
}

/** The ConfigMap that becomes a disk of the guest: the boot script and the files that it installs. */
export function configMapManifest(
  testbed: TestbedPlan,
  vmi: VmiPlan,
  files: readonly GuestFile[] = [],
): NewConfigMap {
  const install = files.map((file) => `${file.name} ${file.mode} ${file.target}\n`).join('')
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: vmi.configMapName, ...ownership(testbed) },
    data: {
      'boot.sh': BOOT_SCRIPT,
      ...(install === '' ? {} : { install }),
      ...Object.fromEntries(files.map((file) => [file.name, file.content])),
    },
  }
}

/**
 * The VMI as kiagnose's checkup created it, which KubeVirt accepts since v1.0; comments give the reason for each
 * difference.
 */
export function vmiManifest(
  testbed: TestbedPlan,
  vmi: VmiPlan,
): V1VirtualMachineInstance & { metadata: { name: string } } {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: {
      name: vmi.name,
      ...ownership(testbed),
      annotations: { ...REALTIME_ANNOTATIONS, ...testbed.annotations },
      labels: {
        ...APP_LABELS,
        'app.kubernetes.io/component': vmi.role,
        ...testbed.vmiLabels,
        ...testbed.labels,
      },
    },
    spec: {
      ...scheduling(testbed),
      terminationGracePeriodSeconds: 0,
      affinity: affinity(testbed, vmi),
      domain: {
        cpu: {
          ...testbed.cpus.topology,
          // By default KubeVirt reserves four times as many sockets, and the guest would count CPUs that never exist.
          maxSockets: testbed.cpus.topology.sockets,
          dedicatedCpuPlacement: true,
          isolateEmulatorThread: true,
        },
        memory: { guest: `${testbed.memoryGi}Gi`, hugepages: { pageSize: testbed.hugepageSize.name } },
        resources: {},
        devices: {
          // A run's console output would fill the launcher pod's log with megabytes.
          logSerialConsole: false,
          networkInterfaceMultiqueue: true,
          rng: {},
          disks: [
            { name: 'boot', disk: { bus: 'virtio' } },
            { name: 'cloud-init', disk: { bus: 'virtio' } },
            { name: 'config', serial: CONFIG_DISK_SERIAL, disk: { bus: 'virtio' } },
          ],
          interfaces: [vmi.east, vmi.west].map((port) => ({
            name: port.name,
            sriov: {},
            model: 'virtio',
            macAddress: port.mac,
            pciAddress: port.pciAddress,
          })),
        },
      },
      networks: PORT_NAMES.map((port) => ({
        name: vmi[port].name,
        multus: { networkName: testbed.nads[port] },
      })),
      // The agent's ping starts no program in the guest, so no SELinux policy can block it.
      readinessProbe: {
        guestAgentPing: {},
        initialDelaySeconds: 5,
        periodSeconds: 5,
        timeoutSeconds: 5,
        failureThreshold: 60,
      },
      volumes: [
        { name: 'boot', containerDisk: { image: vmi.image, imagePullPolicy: 'Always' } },
        { name: 'cloud-init', cloudInitNoCloud: { userData: userData(testbed) } },
        { name: 'config', configMap: { name: vmi.configMapName } },
      ],
    },
  }
}

function ownership(testbed: TestbedPlan): {
  labels: Record<string, string>
  annotations: Record<string, string>
  ownerReferences?: object[] & never[]
} {
  const owners = testbed.ownerReferences as object[] & never[]
  return {
    labels: { ...APP_LABELS, ...testbed.labels },
    annotations: { ...testbed.annotations },
    ...(owners.length === 0 ? {} : { ownerReferences: owners }),
  }
}

/** Empty without these parameters: the VMI is then the same as kiagnose's. */
function scheduling({ scheduling: { tolerations, nodeSelector, priorityClassName } }: TestbedPlan) {
  return {
    ...(tolerations.length === 0 ? {} : { tolerations: tolerations.map((one) => ({ ...one })) }),
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector: { ...nodeSelector } }),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
  }
}

/** On the requested nodes; otherwise preferably on two different ones. */
function affinity(testbed: TestbedPlan, vmi: VmiPlan): object {
  if (vmi.targetNode !== undefined) {
    return {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: targetTerms(vmi.targetNode) },
      },
    }
  }
  const sameRun = { key: RUN_LABEL, operator: 'In', values: [testbed.labels[RUN_LABEL] ?? ''] }
  return {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 1,
          podAffinityTerm: {
            labelSelector: { matchExpressions: [sameRun] },
            topologyKey: HOSTNAME_LABEL,
          },
        },
      ],
    },
  }
}

/**
 * cloud-config as JSON, which is also YAML. It contains only the password's hash: permission to read the VMI does not
 * suffice to log in. Every cloud-init understands `chpasswd.list`; its successor `users` needs 22.2.
 */
function userData(testbed: TestbedPlan): string {
  const findConfigDisk = `lsblk --nodeps --noheadings --paths --output NAME,SERIAL | awk '$2 == "${CONFIG_DISK_SERIAL}" { print $1 }'`
  const config = {
    bootcmd: [
      `mkdir -p ${CONFIG_MOUNT}`,
      `mountpoint -q ${CONFIG_MOUNT} || mount -o ro "$(${findConfigDisk})" ${CONFIG_MOUNT}`,
      `sh ${CONFIG_MOUNT}/boot.sh`,
    ],
    chpasswd: { expire: false, list: [`root:${passwordHash(testbed)}`] },
  }
  return `#cloud-config\n${JSON.stringify(config, null, 1)}\n`
}

const hashes = new WeakMap<TestbedPlan, string>()

/**
 * Both guests have the same password, so it is hashed once. It is random and lasts for one run: the fewest rounds that
 * crypt allows protect it as well as more, and leave the guests' login as quick as it can be.
 */
function passwordHash(testbed: TestbedPlan): string {
  const salt = randomBytes(8).toString('hex')
  const hash = hashes.get(testbed) ?? encrypt(testbed.password, `$6$rounds=1000$${salt}`)
  hashes.set(testbed, hash)
  return hash
}
