/**
 * A lab node for one pod: two real guests on one wire. In the first, the tap application of fixtures/rootless runs
 * as an unprivileged process with what a pod of its manifest has: uid, gid, groups, capabilities, no-new-privs,
 * memlock, CPUs, VF, vhost-net, hugepages, tap. The second guest is its gateway.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GuestAgent, GuestRuntime, GuestSpec, RunningGuest } from '../../lab/runtime/guest-runtime.ts'
import type { GuestImages } from '../../lab/runtime/images.ts'
import { type Kubectl, KubectlError } from '../kubectl.ts'
import { FIXTURES } from '../names.ts'
import { defaultParameters } from '../parameters.ts'

const SCRIPTS = ['entrypoint.sh', 'privileges.sh', 'lcores.sh', 'commands.txt']
const SERIAL = 'testpmd-scripts'
const LOG = '/run/pod.log'
const COMMAND_MS = 60_000
const { TAP_MAC, TAP_ADDRESS, TAP_GATEWAY } = defaultParameters()

const AS_POD = [
  ...['setpriv', '--reuid=1001', '--regid=2001', '--groups=2001,2002', '--no-new-privs'],
  ...['--inh-caps=-all,+ipc_lock,+sys_resource', '--bounding-set=-all,+ipc_lock,+sys_resource'],
]

/** What the node, its device plugin and its CNI plugins do before the pod's container starts. */
const PREPARE_NODE = `
set -e
modprobe -a vfio-pci tun vhost_net
driverctl set-override 0000:06:00.0 vfio-pci
sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv4.ping_group_range='0 2147483647'
ip tuntap add dev dp0 mode tap multi_queue user 1001 group 2001 vnet_hdr
ip link set dp0 address ${TAP_MAC}
ip addr add ${TAP_ADDRESS} dev dp0
ip link set dp0 up
umount /dev/hugepages 2>/dev/null || true
umount /mnt/huge 2>/dev/null || true
mkdir -p /mnt/huge /testpmd /run/testpmd /mnt/scripts
mount -t hugetlbfs -o pagesize=1G,uid=1001,gid=2001,mode=770 none /mnt/huge
chgrp 2001 /dev/vhost-net /dev/vfio/[0-9]*
chmod 660 /dev/vhost-net /dev/vfio/[0-9]*
chown 1001:2001 /run/testpmd
mount -o ro /dev/$(lsblk --nodeps -no name,serial | grep ${SERIAL} | cut -f1 -d' ') /mnt/scripts
cp /mnt/scripts/* /testpmd/
# As in the pods' image: what asks for more than the bounding set has can not be run.
setcap -r /usr/bin/ping 2>/dev/null || true
`

export interface GuestPod {
  /** `logs` and `exec` of the one pod. */
  readonly kubectl: Kubectl
  /** Starts it with these environment variables; resolves when testpmd forwards. */
  start(env: Readonly<Record<string, string>>): Promise<string>
  /** Ends it as kubelet does, and forgets whom the tap has met. */
  stop(): Promise<void>
}

export async function bootGuestPod(
  runtime: GuestRuntime,
  images: GuestImages,
  signal: AbortSignal,
): Promise<GuestPod> {
  const [node, gateway] = await Promise.all([
    runtime.start(specOf('node', images.vmUnderTest, TAP_MAC), signal),
    runtime.start(specOf('gateway', images.trafficGen, '52:54:00:00:02:06'), signal),
  ])
  const [onNode, onGateway] = await Promise.all([shellOf(node), shellOf(gateway)])
  await Promise.all([
    until(async () => (await onNode('nproc')) === '8'),
    onGateway(`ip link set enp6s0 up && ip addr add ${TAP_GATEWAY}/25 dev enp6s0`),
  ])
  await onNode(PREPARE_NODE)
  const log = () => onNode(`cat ${LOG}`)
  return {
    kubectl: async (words) => {
      if (words[0] === 'logs') return log()
      const command = words.slice(words.indexOf('--') + 1)
      const agent = node.agent
      if (words[0] !== 'exec' || agent === undefined) throw new Error(`not for a guest: ${words.join(' ')}`)
      const [program = '', ...rest] = [...AS_POD, ...command]
      const { exitCode, output } = await agent.exec(`/usr/bin/${program}`, rest, COMMAND_MS)
      if (exitCode === 0) return output
      throw new KubectlError(words.slice(0, 2).join(' '), exitCode, output, '')
    },
    async start(env) {
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
      const command = [
        ...['taskset', '-c', '2-5', 'prlimit', '--memlock=unlimited:unlimited', ...AS_POD],
        ...['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'PCI_DEVICE_VARIABLE=PCIDEVICE_OPENSHIFT_IO'],
        ...[
          'PCIDEVICE_OPENSHIFT_IO_VFIO_PCI_0=0000:06:00.0',
          ...variables,
          'sh',
          '/testpmd/entrypoint.sh',
          'tap',
        ],
      ]
      await onNode('rm -f /run/testpmd/forwarding')
      await onNode(`setsid ${command.join(' ')} >${LOG} 2>&1 </dev/null & echo $! >/run/pod.pid`)
      await until(async () => {
        const ended = (await onNode('kill -0 $(cat /run/pod.pid) 2>/dev/null || echo ended')) !== ''
        if (ended) throw new Error(`the pod ended: ${await log()}`)
        return (await onNode('test -s /run/testpmd/forwarding && echo yes || true')) === 'yes'
      })
      return log()
    },
    async stop() {
      await onNode('kill -TERM $(cat /run/pod.pid)')
      await until(async () => (await onNode('kill -0 $(cat /run/pod.pid) 2>/dev/null || echo ended')) !== '')
      await onNode('ip neigh flush dev dp0')
    },
  }
}

function specOf(id: string, bootDisk: string, mac: string): GuestSpec {
  const files = SCRIPTS.map((name) => [
    name,
    readFileSync(new URL(`testpmd/base/scripts/${name}`, FIXTURES), 'utf8'),
  ])
  return {
    id,
    bootDisk,
    cpu: { sockets: 1, cores: 4, threads: 2 },
    memoryMiB: 4096,
    nics: [
      { name: 'vf', mac, pciAddress: '0000:06:00.0', wire: 'rootless/vf' },
      // The images look for two.
      { name: 'other', mac: mac.replace(/.$/, 'f'), pciAddress: '0000:07:00.0', wire: 'rootless/other' },
    ],
    dataDisks: [
      { name: 'scripts', serial: SERIAL, files: Object.fromEntries(files) as Record<string, string> },
    ],
  }
}

/** Runs a line as root in a guest and returns what it printed; an exit code other than 0 is an error. */
async function shellOf(guest: RunningGuest): Promise<(line: string) => Promise<string>> {
  let agent: GuestAgent | undefined
  await until(() => {
    agent = guest.agent
    return Promise.resolve(agent !== undefined)
  })
  return async (line) => {
    if (guest.agent === undefined) throw new Error('the guest agent went away')
    const { exitCode, output } = await guest.agent.exec('/bin/sh', ['-c', line], COMMAND_MS)
    if (exitCode !== 0) throw new Error(`${line}: exit code ${exitCode}: ${output}`)
    return output.trim()
  }
}

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await sleep(500)
}
