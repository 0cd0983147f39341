import { expect } from 'chai'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FIXTURES } from './names.ts'

const script = (name: string) => fileURLToPath(new URL(`testpmd/base/scripts/${name}`, FIXTURES))
const real = spawnSync('sh', ['-c', 'command -v dpdk-testpmd'], { encoding: 'utf8' }).stdout.trim()
if (real === '')
  console.log('dpdk-testpmd is not installed: the entry point is tested with a stand-in for it')

/** Two null ports instead of VFs, and no hugepages. */
const REAL = `#!/bin/bash
args=(); port=0
for word; do case $word in
-a) ;;
0000:*) args+=("--vdev=net_null$port"); port=$((port + 1)) ;;
--legacy-mem) args+=(--no-huge -m 256 --no-pci) ;;
*) args+=("$word") ;;
esac; done
exec ${real} "\${args[@]}"
`
/** Prints testpmd's messages at its start, and echoes its input. */
const STAND_IN = `#!/bin/bash
trap 'echo "Signal 15 received, preparing to exit..."; exit 0' TERM
case " $* $STAND_IN " in
*CRASH*) echo 'EAL: Error - exiting with code: 1'; echo '  Cause: No probed ethernet devices'; exit 1 ;;
esac
echo "EAL: $*"
echo 'Port 0: 20:04:0F:F1:88:01'
echo '  mac packet forwarding packets/burst=32'
while :; do
  if read -r -t 0.2 line; then echo "testpmd> $line"; fi
  [ "$line" != quit ] || exit 0
done
`

const REAL_STRACE = spawnSync('sh', ['-c', 'command -v strace'], { encoding: 'utf8' }).stdout.trim()
if (REAL_STRACE === '')
  console.log('strace is not installed: the entry point is tested with a stand-in for it')

/** A program with strace's options: `-D -f -tt -s 1024 -o |COMMAND PROGRAM …`. */
const STRACE_STAND_IN = `#!/bin/bash
shift 5
[ "$1" = -o ] || exit 64
exec 9> >(sh -c "\${2#|}")
shift 2
echo "execve(\"$1\")" >&9
# As -D has it, the program takes this process; its end is what is left to note.
( while kill -0 $$ 2>/dev/null; do sleep 0.1; done; echo '+++ exited +++' >&9 ) &
exec "$@" 9>&-
`

describe('lcores.sh', () => {
  let topology: string
  before(async () => {
    topology = await mkdtemp(join(tmpdir(), 'rootless-topology-'))
    // 64 CPUs, the siblings 32 apart.
    for (let cpu = 0; cpu < 64; cpu += 1) {
      await mkdir(join(topology, `cpu${cpu}`, 'topology'), { recursive: true })
      const file = join(topology, `cpu${cpu}`, 'topology', 'thread_siblings_list')
      await writeFile(file, `${cpu % 32},${(cpu % 32) + 32}\n`)
    }
  })
  after(() => rm(topology, { recursive: true }))

  const lcores = (cpus: string) =>
    spawnSync('sh', [script('lcores.sh'), cpus, topology], { encoding: 'utf8' })

  for (const [cpus, map] of [
    // Example of the README: the command line has core 2 alone, and siblings of the other cores are next to each other.
    ['2-5,34-37', '0@2,1@3,2@35,3@4,4@36,5@5,6@37'],
    ['2-5', '0@2,1@3,2@4,3@5'],
    ['7,39', '0@7,1@39'],
    ['1,9', '0@1,1@9'],
    ['60-63,28', '0@28,1@61,2@62,3@63'],
  ] as const) {
    it(`makes ${map} of ${cpus}`, () => {
      expect(lcores(cpus).stdout).to.equal(`${map}\n`)
    })
  }

  it('says what is missing where there is one CPU', () => {
    const { status, stderr } = lcores('4')
    expect([status, stderr]).to.deep.equal([
      1,
      'lcores: testpmd needs two CPUs, one for its command line and one that forwards; there is only 4\n',
    ])
  })

  for (const nonsense of ['', '2-', 'a', '1;id', '1,,2', '-3']) {
    it(`refuses ${JSON.stringify(nonsense)}`, () => {
      expect(lcores(nonsense).status).to.equal(1)
    })
  }
})

for (const kind of real === '' ? ['a stand-in'] : ['a stand-in', 'the real dpdk-testpmd']) {
  describe(`entrypoint.sh with ${kind}`, () => {
    let folder: string
    let pods: ChildProcess[]
    beforeEach(async () => {
      pods = []
      folder = await mkdtemp(join(tmpdir(), 'rootless-entrypoint-'))
      const programs = {
        'dpdk-testpmd': kind === 'a stand-in' ? STAND_IN : REAL,
        'strace-stand-in': STRACE_STAND_IN,
      }
      for (const [name, text] of Object.entries(programs)) {
        await writeFile(join(folder, name), text)
        await chmod(join(folder, name), 0o755)
      }
    })
    afterEach(async () => {
      for (const pod of pods) {
        if (pod.exitCode === null && pod.signalCode === null) {
          pod.kill('SIGTERM')
          await once(pod, 'exit')
        }
      }
      await rm(folder, { recursive: true })
    })

    const CPUS = execFileSync('sed', ['-n', 's/^Cpus_allowed_list:\t//p', '/proc/self/status'], {
      encoding: 'utf8',
    })

    /** Runs the entry point, as a container does, in a process that ends with it. */
    function run(application: string, env: Record<string, string> = {}) {
      // One pipe for both streams, which keeps the order of the shell's errors and its output.
      const merged = ['-c', 'exec sh "$@" 2>&1', 'sh']
      const pod = spawn('sh', [...merged, script('entrypoint.sh'), application], {
        env: {
          PATH: `${folder}:${process.env['PATH'] ?? ''}`,
          RUN_DIR: join(folder, 'run'),
          TERMINATION_LOG: join(folder, 'termination'),
          PCI_DEVICE_VARIABLE: 'PCIDEVICE_OPENSHIFT_IO',
          PCIDEVICE_OPENSHIFT_IO_VFIO_PCI_0: '0000:07:00.0,0000:06:00.0',
          PCIDEVICE_OPENSHIFT_IO_VFIO_PCI_0_INFO: '{"0000:07:00.0":{"generic":{"deviceID":"0000:07:00.0"}}}',
          PCIDEVICE_OTHER_COM_NIC: '0000:01:00.0',
          STATISTICS_INTERVAL: '0.3',
          TESTPMD_MBUFS: '4096',
          EAST_PEER_MAC: '20:04:0f:f1:88:21',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      pods.push(pod)
      let log = ''
      const waiting: { pattern: RegExp; resolve: () => void }[] = []
      const take = (chunk: Buffer) => {
        log += chunk.toString()
        for (const { pattern, resolve } of waiting) if (pattern.test(log)) resolve()
      }
      pod.stdout.on('data', take)
      const ended = once(pod, 'close').then(([code]) => code as number | null)
      const said = (pattern: RegExp) =>
        Promise.race([
          new Promise<void>((resolve) => {
            waiting.push({ pattern, resolve })
            if (pattern.test(log)) resolve()
          }),
          ended.then(() => {
            throw new Error(`it ended without ${String(pattern)}: ${log}`)
          }),
        ])
      return {
        pod,
        ended,
        said,
        log: () => log,
        termination: () => readFile(join(folder, 'termination'), 'utf8'),
      }
    }

    it('says who it is, forwards, and prints a block of statistics between two comments', async function () {
      if (!CPUS.includes(',') && !CPUS.includes('-')) this.skip()
      const { pod, said, ended, log } = run('portforwarder')
      await said(/# statistics at \d{4}-[^]*show port stats all[^]*show fwd stats all[^]*# end of statistics/)
      expect(log()).to.match(/Information about current user and privilege status:[^]*\nUid:\t\d+/)
      expect(log()).to.match(/\nAccess to .*\/mnt\/huge: (absent|usable|denied)\n/)
      expect(log()).to.include('PCI devices: 0000:06:00.0 0000:07:00.0 \n')
      expect(log()).to.match(
        /Run: dpdk-testpmd --lcores 0@\d+,1@\d+\S* -n 4 -a 0000:06:00.0 -a 0000:07:00.0 /,
      )
      expect(await readFile(join(folder, 'run', 'forwarding'), 'utf8')).to.match(/packet forwarding/)
      await appendFile(join(folder, 'run', 'commands'), 'show port info 0\n')
      await said(/testpmd> show port info 0/)
      pod.kill('SIGTERM')
      expect(await ended).to.equal(0)
      expect(log()).to.match(/dpdk-testpmd was asked to end \(exit status \d+\)\n$/)
    })

    it('ends with testpmd, whatever ended it', async () => {
      const { said, ended, log } = run('portforwarder')
      await said(/packet forwarding packets\/burst/)
      const [pid] =
        /\d+/.exec(
          execFileSync('pgrep', ['-f', '-P', String(pods[0]?.pid), 'dpdk-testpmd'], { encoding: 'utf8' }),
        ) ?? []
      process.kill(Number(pid), 'SIGKILL')
      expect(await ended).to.equal(137)
      expect(log()).to.match(/dpdk-testpmd ended by itself with exit status 137; its last words are above\n$/)
    })

    it("ends with testpmd's own words where it does not start", async () => {
      const { ended, log } = run(
        'portforwarder',
        kind === 'a stand-in' ? { EAST_PEER_MAC: 'CRASH' } : { PINNED_LCORES: '4000,4001' },
      )
      expect(await ended).to.equal(1)
      expect(log()).to.match(/EAL: (Error|lcore|invalid|.*lcore)[^]*ended by itself with exit status 1/i)
    })

    it('traces its system calls where it is asked to, and ends as it does without', async () => {
      const traced = {
        TESTPMD_STRACE: 'true',
        TESTPMD_LOG_LEVEL: 'pmd.*:debug',
        STRACE: REAL_STRACE || 'strace-stand-in',
      }
      const { pod, said, ended, log } = run('portforwarder', traced)
      await said(/packet forwarding packets\/burst/)
      expect(log()).to.match(/\nRun: dpdk-testpmd [^\n]* --log-level=pmd\.\*:debug -- -i /)
      pod.kill('SIGTERM')
      expect(await ended).to.equal(0)
      expect(log()).to.match(/dpdk-testpmd was asked to end \(exit status \d+\)\n$/)
      const calls = await readFile(join(folder, 'run', 'strace.txt'), 'utf8')
      expect(calls).to.match(/execve\(.*dpdk-testpmd/)
      // The end of the trace must not be cut off: after a crash it shows the cause.
      expect(calls).to.match(/\+\+\+ .* \+\+\+\n$/)
      const again = run('portforwarder', traced)
      await again.said(/packet forwarding packets\/burst/)
      expect(await readFile(join(folder, 'run', 'strace.previous.txt'), 'utf8')).to.equal(calls)
    })

    for (const [what, application, env, sentence] of [
      [
        'no VF',
        'portforwarder',
        { PCIDEVICE_OPENSHIFT_IO_VFIO_PCI_0: '' },
        '2 VF(s) wanted, but the variables PCIDEVICE_OPENSHIFT_IO… name 0',
      ],
      ['a VF too many', 'tap', {}, '1 VF(s) wanted, but the variables PCIDEVICE_OPENSHIFT_IO… name 2'],
      ['an unknown application', 'router', {}, "the application is portforwarder or tap, not 'router'"],
      [
        'one CPU',
        'portforwarder',
        { PINNED_LCORES: '3' },
        'lcores: testpmd needs two CPUs, one for its command line and one that forwards; there is only 3',
      ],
      [
        'no RUN_DIR',
        'portforwarder',
        { RUN_DIR: '/proc/none' },
        '/proc/none cannot be written to: is the emptyDir missing, or the fsGroup?',
      ],
      [
        'an image without strace',
        'portforwarder',
        { TESTPMD_STRACE: 'true', STRACE: 'no-strace-here' },
        'there is no strace in this image, which TESTPMD_STRACE=true needs',
      ],
    ] as const) {
      it(`ends with a sentence for ${what}, which is its termination message too`, async () => {
        const { ended, log, termination } = run(application, env)
        expect(await ended).to.equal(1)
        expect(log()).to.match(new RegExp(`testpmd-${application}: [^\n]*\n$`))
        expect(log()).to.include(sentence)
        expect(await termination()).to.equal(`${sentence}\n`)
      })
    }

    if (kind === 'a stand-in') {
      describe('as the tap', () => {
        let env: Record<string, string>
        beforeEach(async () => {
          env = {
            PCIDEVICE_OPENSHIFT_IO_VFIO_PCI_0: '0000:06:00.0',
            VHOST_NET: join(folder, 'vhost-net'),
            NET_CLASS: join(folder, 'net'),
          }
          await mkdir(join(folder, 'net', 'dp0'), { recursive: true })
          await writeFile(join(folder, 'net', 'dp0', 'address'), '20:04:0f:f1:88:01\n')
          await writeFile(join(folder, 'vhost-net'), '')
        })

        it('connects the VF with the tap by as many queues as testpmd polls', async () => {
          const { said } = run('tap', env)
          const vdev = `virtio_user0,path=${folder}/vhost-net,queues=1,queue_size=1024,iface=dp0,mac=20:04:0f:f1:88:01`
          await said(
            new RegExp(`Run: dpdk-testpmd [^\n]* --legacy-mem --vdev=${vdev} -- -i [^\n]*--rxq=1 --txq=1 `),
          )
        })

        it('takes the queues and the MAC address it is given', async () => {
          const { said } = run('tap', { ...env, TAP_QUEUES: '2', MAC_DPDK_OVERRIDE: '20:04:0f:f1:88:02' })
          await said(/queues=2,queue_size=1024,iface=dp0,mac=20:04:0f:f1:88:02 -- -i [^\n]*--rxq=1 --txq=1/)
        })

        it("ends with testpmd's words as its last ones where that finds no port", async () => {
          const { ended, log, termination } = run('tap', { ...env, STAND_IN: 'CRASH' })
          expect(await ended).to.equal(1)
          expect(log()).to.match(
            /Cause: No probed ethernet devices\ntestpmd-tap: testpmd found no port at 0000:06:00.0; it says why above\n$/,
          )
          // Without a message, Kubernetes takes it from the log.
          await termination().then(
            (message) => expect.fail(message),
            (error: unknown) => expect(error).to.have.property('code', 'ENOENT'),
          )
        })

        it('ends where VF and tap differ in their MAC address', async () => {
          await writeFile(join(folder, 'net', 'dp0', 'address'), '20:04:0f:f1:88:09\n')
          const { ended, termination } = run('tap', env)
          expect(await ended).to.equal(1)
          expect(await termination()).to.equal(
            'Mac addresses of PCI device 0000:06:00.0 (20:04:0f:f1:88:01) and of tap interface dp0 (20:04:0f:f1:88:09) do not match\n',
          )
        })

        it('ends where the policy gives no vhost-net', async () => {
          const { ended, termination } = run('tap', { ...env, VHOST_NET: join(folder, 'none') })
          expect(await ended).to.equal(1)
          expect(await termination()).to.match(
            /none is absent: the SriovNetworkNodePolicy needs needVhostNet: true/,
          )
        })

        it('says so where vhost-net is there and cannot be opened', async () => {
          // Nobody can open a socket by its path, not even root.
          const socket = createServer().listen(join(folder, 'socket'))
          await once(socket, 'listening')
          const { ended, log, termination } = run('tap', { ...env, VHOST_NET: join(folder, 'socket') })
          expect(await ended).to.equal(1)
          socket.close()
          expect(log()).to.match(/\nAccess to \S+\/socket: denied\n/)
          expect(await termination()).to.match(/socket cannot be opened by uid \d+: is the SELinux boolean/)
        })

        it('ends where the tap is not attached', async () => {
          const { ended, termination } = run('tap', { ...env, TAP_INTERFACE: 'dp7' })
          expect(await ended).to.equal(1)
          expect(await termination()).to.equal("there is no interface dp7: was the tap's network attached?\n")
        })
      })
    }
  })
}
