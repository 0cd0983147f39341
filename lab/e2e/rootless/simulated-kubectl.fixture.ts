/**
 * A kubectl for tests, run as a program. It renders, applies, reads and deletes through the real kubectl, and answers
 * `logs` and `exec` for simulated pods. These behave as their applied manifests specify (queues, MAC addresses, mode,
 * privileges), in line with measurements on real pods: packets that the kernel puts into a queue that testpmd does
 * not poll are lost, and mode rxonly forwards nothing.
 *
 * WORLD names a folder for the pods' state, REAL_KUBECTL the real program.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { WORLD = '', REAL_KUBECTL = 'kubectl' } = process.env
const args = process.argv.slice(2)

interface Port {
  rx: number
  tx: number
}
type State = Record<string, { readonly env: Record<string, string>; readonly ports: [Port, Port] }>

const stateFile = join(WORLD, 'state.json')
const stateBefore = existsSync(stateFile) ? readFileSync(stateFile, 'utf8') : '{}'
const state = JSON.parse(stateBefore) as State
/** `<Deployment>-<hash of the pod template>-<suffix of the pod>` */
const POD = /^(testpmd-(?:tap|portforwarder|source))-[a-z0-9]+-[a-z0-9]{5}$/
const podName = args.find((word) => POD.test(word)) ?? ''
const [, application = ''] = POD.exec(podName) ?? []

if (args[0] === 'logs') {
  process.stdout.write(logOf(podName))
} else if (args[0] === 'exec') {
  process.exitCode = execute(args.slice(args.indexOf('--') + 1))
} else {
  const { status } = spawnSync(REAL_KUBECTL, args, { stdio: 'inherit' })
  process.exitCode = status ?? 1
}
keepState()

/** The suite runs several kubectl at once, so none may see half a file, or write back what it did not change. */
function keepState(): void {
  const stateAfter = JSON.stringify(state)
  if (stateAfter === stateBefore) return
  const written = `${stateFile}.${process.pid}`
  writeFileSync(written, stateAfter)
  renameSync(written, stateFile)
}

function logFile(pod: string): string {
  return join(WORLD, `${pod}.log`)
}

function logOf(pod: string): string {
  if (!existsSync(logFile(pod))) start(pod)
  return readFileSync(logFile(pod), 'utf8')
}

interface PodSpec {
  securityContext: { runAsUser: number; runAsGroup: number; fsGroup: number }
  containers: [
    {
      env: { name: string; value?: string }[]
      securityContext: { privileged?: boolean; capabilities?: { add: string[] } }
    },
  ]
}

function start(pod: string): void {
  const { stdout } = spawnSync(REAL_KUBECTL, [
    'get',
    'deployment',
    application,
    '-n',
    'dpdktest',
    '-o',
    'json',
  ])
  const { spec } = JSON.parse(stdout.toString()) as {
    spec: { template: { metadata: { annotations: Record<string, string> }; spec: PodSpec } }
  }
  const { template } = spec
  const env = Object.fromEntries(template.spec.containers[0].env.map(({ name, value = '' }) => [name, value]))
  const [first, second] = JSON.parse(
    template.metadata.annotations['k8s.v1.cni.cncf.io/networks'] ?? '[]',
  ) as {
    mac: string
  }[]
  const isTap = application === 'testpmd-tap'
  const macs = [first?.mac ?? '', (isTap ? env['MAC_DPDK_OVERRIDE'] : '') || (second?.mac ?? '')] as const
  state[pod] = {
    env,
    ports: [
      { rx: 0, tx: 0 },
      { rx: 0, tx: 0 },
    ],
  }
  const mode = isTap ? 'io' : (env['FORWARD_MODE'] ?? '')
  const vdev = `path=/dev/vhost-net,queues=${env['TAP_QUEUES'] ?? ''},queue_size=1024,iface=dp0,mac=${macs[1]}`
  const text = [
    ...privileges(template.spec),
    'Pinned lcores will be: 0@2,1@3,2@35',
    'EAL: Detected CPU lcores: 64',
    "EAL: Selected IOVA mode 'VA'",
    'EAL: VFIO support initialized',
    ...portInfo(0, macs[0], env['TESTPMD_QUEUES'] ?? '', ''),
    ...portInfo(1, macs[1], env['TESTPMD_QUEUES'] ?? '', isTap ? vdev : ''),
    `${mode} packet forwarding - ports=2 - cores=1 - streams=2 - NUMA support enabled, MP allocation mode: native`,
    'Logical Core 1 (socket 0) forwards packets on 2 streams:',
    `  ${mode} packet forwarding packets/burst=32`,
  ]
  writeFileSync(logFile(pod), `${text.join('\n')}\n`)
}

function privileges({ securityContext, containers: [container] }: PodSpec): string[] {
  const rule = '='.repeat(52)
  const { runAsUser, runAsGroup, fsGroup } = securityContext
  const { privileged = false, capabilities } = container.securityContext
  const bit: Record<string, bigint> = { IPC_LOCK: 1n << 14n, SYS_RESOURCE: 1n << 24n }
  const bits = privileged
    ? (1n << 41n) - 1n
    : (capabilities?.add ?? []).reduce((sum, name) => sum | (bit[name] ?? 0n), 0n)
  const hex = (value: bigint) => value.toString(16).padStart(16, '0')
  const held = runAsUser === 0 ? bits : 0n
  return [
    rule,
    'Information about current user and privilege status:',
    rule,
    `uid=${runAsUser} gid=${runAsGroup} groups=${runAsGroup},${fsGroup}`,
    `CapInh:\t${hex(bits)}`,
    `CapPrm:\t${hex(held)}`,
    `CapEff:\t${hex(held)}`,
    `CapBnd:\t${hex(bits)}`,
    `CapAmb:\t${hex(0n)}`,
    `NoNewPrivs:\t${privileged ? 0 : 1}`,
    'Cpus_allowed_list:\t2-5,34-37',
    'Max locked memory         unlimited            unlimited            bytes     ',
    'Access to /dev/vhost-net: usable',
    'Access to /dev/vfio/12: usable',
    'Access to /mnt/huge: usable',
    rule,
  ]
}

function portInfo(port: number, mac: string, queues: string, devargs: string): string[] {
  return [
    '',
    `********************* Infos for port ${port}  *********************`,
    `MAC address: ${mac.toUpperCase()}`,
    `Device name: ${devargs === '' ? `0000:19:01.${port}` : 'virtio_user0'}`,
    `Driver name: ${devargs === '' ? 'net_bnxt' : 'net_virtio_user'}`,
    `Devargs: ${devargs}`,
    'Link status: up',
    'Link speed: 25 Gbps',
    `Current number of RX queues: ${queues}`,
    `Current number of TX queues: ${queues}`,
  ]
}

function execute(command: readonly string[]): number {
  logOf(podName)
  const [program = ''] = command
  if (program === 'sh') {
    for (const line of command.slice(4)) print(line)
    return 0
  }
  const { env } = state[podName] ?? { env: {} }
  if (program === 'ping') return ping(Number(command[2]), command.at(-1) ?? '', env)
  if (program === 'ip' && command[1] === 'addr') {
    console.log(
      '3: dp0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP\n    inet 192.168.18.110/25 brd',
    )
    return 0
  }
  console.log('192.168.18.1 lladdr 52:54:00:00:02:06 REACHABLE')
  return 0
}

/** Handles a line of testpmd's standard input. */
function print(line: string): void {
  const say = (text: string) => {
    appendFileSync(logFile(podName), `${text}\n`)
  }
  say(`testpmd> ${line}`)
  const pod = state[podName]
  if (line === 'show port stats all')
    pod?.ports.forEach((port, index) => {
      say(statistics(index, port))
    })
  if (line === 'start tx_first 1' && pod !== undefined) burst(pod.ports)
}

/** Sends 32 packets from each port of the source through the port-forwarder's two ports and back. */
function burst(source: [Port, Port]): void {
  const [, forwarder] = Object.entries(state).find(([name]) => name.startsWith('testpmd-portforwarder')) ?? []
  const forwards = forwarder?.env['FORWARD_MODE'] !== 'rxonly'
  for (const [port, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    source[port].tx += 32
    if (forwarder === undefined) continue
    forwarder.ports[port].rx += 32
    if (!forwards) continue
    forwarder.ports[other].tx += 32
    source[other].rx += 32
  }
}

/** Assumes that the kernel hashes the flow of these pings into the tap's last queue. */
function ping(count: number, address: string, env: Record<string, string>): number {
  const isPolled = Number(env['TAP_QUEUES']) <= Number(env['TESTPMD_QUEUES'])
  const [vf, tap] = state[podName]?.ports ?? []
  const received = isPolled ? count : 0
  for (const port of [vf, tap]) {
    if (port === undefined) continue
    port.rx += received + 1
    port.tx += received + 1
  }
  const loss = isPolled ? 0 : 100
  console.log(`PING ${address} (${address}) 56(84) bytes of data.\n\n--- ${address} ping statistics ---`)
  console.log(`${count} packets transmitted, ${received} received, ${loss}% packet loss, time 20010ms`)
  if (isPolled) console.log('rtt min/avg/max/mdev = 0.258/0.379/0.501/0.121 ms')
  return isPolled ? 0 : 1
}

function statistics(port: number, { rx, tx }: Port): string {
  return [
    '',
    `  ######################## NIC statistics for port ${port}  ########################`,
    `  RX-packets: ${String(rx).padEnd(10)} RX-missed: 0          RX-bytes:  ${rx * 60}`,
    '  RX-errors: 0',
    '  RX-nombuf:  0         ',
    `  TX-packets: ${String(tx).padEnd(10)} TX-errors: 0          TX-bytes:  ${tx * 60}`,
    '  ############################################################################',
  ].join('\n')
}
