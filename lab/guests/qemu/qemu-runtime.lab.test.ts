/** The runtime with real guests. Takes minutes if they are emulated. */
import { expect } from 'chai'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { GuestExit, GuestRuntime, GuestSpec, RunningGuest } from '../guest-runtime.ts'
import { ensureGuestImages, type GuestImages } from '../images.ts'
import { createQemuRuntime } from './qemu-runtime.ts'

const { signal } = new AbortController()
/** Milliseconds. Only something that hangs takes so long. Less than mocha's limit, so that the error names the wait. */
const PATIENCE = 900_000
const PASSWORD = 'a-random-one'

describe('guests in QEMU', () => {
  let images: GuestImages
  let runtime: GuestRuntime
  let vm: RunningGuest, generator: RunningGuest
  let vmConsole: Terminal, generatorConsole: Terminal
  const agentOfVm: boolean[] = []

  function specOf(id: string, bootDisk: string, macs: string, instance = id): GuestSpec {
    const userData = {
      bootcmd: ['echo booted >>/root/bootcmd'],
      chpasswd: { expire: false, users: [{ name: 'root', password: PASSWORD, type: 'text' }] },
      // User data is optional: the generator has no runcmd.
      ...(id === 'vm' ? { runcmd: [['sh', '-c', 'echo once >>/root/runcmd']] } : {}),
    }
    return {
      id,
      bootDisk,
      cpu: { sockets: 1, cores: 4, threads: 2 },
      memoryMiB: 4096,
      nics: [
        { name: 'nic-east', mac: `${macs}:01`, pciAddress: '0000:06:00.0', wire: 'test/nic-east' },
        { name: 'nic-west', mac: `${macs}:02`, pciAddress: '0000:07:00.0', wire: 'test/nic-west' },
      ],
      dataDisks: [
        {
          name: 'seed',
          label: 'cidata',
          files: {
            'meta-data': JSON.stringify({ 'instance-id': instance }),
            'user-data': `#cloud-config\n${JSON.stringify(userData)}`,
          },
        },
        { name: 'config', serial: 'DEADBEEF', files: { 'a-file_with.a-long-Name.sh': 'echo hello' } },
      ],
    }
  }

  before('two guests boot at the same moment', async () => {
    images = await ensureGuestImages({ variant: 'minimal', log: () => undefined, signal })
    runtime = await createQemuRuntime({
      kernel: images.kernel,
      nic: (spec) => (spec.id === 'generator' ? 'virtio' : 'vmxnet3'),
      // As with many nodes; npm-start.lab.test.ts sends through wires.
      switched: true,
      signal,
    })
    ;[vm, generator] = await Promise.all([
      runtime.start(specOf('vm', images.vmUnderTest, '60:00:00:00:00'), signal),
      runtime.start(specOf('generator', images.trafficGen, '50:00:00:00:00'), signal),
    ])
    vm.onAgentChange((connected) => agentOfVm.push(connected))
    vmConsole = new Terminal(vm)
    generatorConsole = new Terminal(generator)
    await Promise.all([vmConsole.logIn(), generatorConsole.logIn()])
  })
  after(async () => {
    await runtime[Symbol.asyncDispose]()
  })

  it('have their cards at the addresses they were given', async () => {
    const macs =
      'cat /sys/bus/pci/devices/0000:0[67]:00.0/net/*/address || cat /sys/bus/pci/devices/0000:0[67]:00.0/virtio*/net/*/address'
    expect(await vmConsole.run(macs)).to.equal('60:00:00:00:00:01\n60:00:00:00:00:02')
    expect(await generatorConsole.run(`{ ${macs}; } 2>/dev/null`)).to.equal(
      '50:00:00:00:00:01\n50:00:00:00:00:02',
    )
    expect(await vmConsole.run('cat /sys/bus/pci/devices/0000:06:00.0/vendor')).to.equal('0x15ad')
    expect(await generatorConsole.run('cat /sys/bus/pci/devices/0000:06:00.0/vendor')).to.equal('0x1af4')
  })

  it('find their disks by label and serial number, and ran their user data', async () => {
    const disk = `/dev/$(lsblk --nodeps -no name,serial | grep DEADBEEF | cut -f1 -d' ')`
    expect(await vmConsole.run(`mount -o ro ${disk} /mnt/app-config && ls /mnt/app-config`)).to.equal(
      'a-file_with.a-long-Name.sh',
    )
    expect(await vmConsole.run('cat /root/bootcmd')).to.equal('booted')
    expect(await vmConsole.run('nproc; cat /etc/checkup-role')).to.equal('8\nvm-under-test')
    for (const console of [vmConsole, generatorConsole])
      expect(await console.run('systemctl list-units --failed --plain --no-legend')).to.equal('')
  })

  it('have the Python that reads the time stamps of packets', async () => {
    const imports = 'import array, os, select, signal, socket, struct, sys, time'
    expect(await generatorConsole.run(`python3 -c '${imports}'; echo $?`)).to.equal('0')
  })

  it('have an agent that runs programs', async () => {
    const agent = await until('an agent', () => vm.agent)
    expect(await agent.info()).to.have.property('version')
    expect((await agent.interfaces()).map(({ mac }) => mac)).to.include('60:00:00:00:00:02')
    expect(await agent.exec('/bin/sh', ['-c', 'echo out; exit 3'], PATIENCE)).to.deep.equal({
      exitCode: 3,
      output: 'out\n',
    })
  })

  it('tell what their CPUs got of this machine', async function () {
    const before = await vm.cpuTime?.()
    // A kernel need not report it.
    if (before === undefined) this.skip()
    await vm.agent?.exec('/bin/true', [], 60_000)
    const after = await vm.cpuTime?.()
    expect(after?.ran).to.be.above(before.ran)
    expect(after?.waited).to.be.at.least(before.waited)
    // The guest's CPUs are only some of QEMU's threads.
    expect((await vm.hostTime?.())?.ran).to.be.above(after?.ran ?? Infinity)
  })

  it('are joined by their networks', async () => {
    await generatorConsole.run('ip link set enp6s0 up; ip addr add 192.0.2.2/24 dev enp6s0')
    await vmConsole.run('ip link set enp6s0 up; ip addr add 192.0.2.1/24 dev enp6s0')
    expect(await vmConsole.run('ping -q -c 20 -i 0.1 -w 20 192.0.2.2')).to.include('0% packet loss')
  })

  it('isolate CPUs by a soft reboot through the agent, and by the power button', async () => {
    expect(await vmConsole.run('cat /sys/devices/system/cpu/isolated')).to.equal('')
    expect(await vmConsole.run('isolate-cpus 2-7')).to.include('from the next boot on: 2-7')
    expect(await generatorConsole.run('isolate-cpus 2-9; echo $?')).to.match(/no CPU 8-9[^]*2$/)
    await generatorConsole.run('isolate-cpus 4-7 && systemctl stop qemu-guest-agent')
    await until('the agent to be gone', () => generator.agent === undefined || undefined)
    const bootIds = await Promise.all([vmConsole, generatorConsole].map((console) => console.run(BOOT_ID)))
    await Promise.all([vm.softReboot(), generator.softReboot()])
    await Promise.all([vmConsole.logIn(), generatorConsole.logIn()])

    expect(await vmConsole.run(BOOT_ID)).not.to.equal(bootIds[0])
    expect(await generatorConsole.run(BOOT_ID)).not.to.equal(bootIds[1])
    expect(await vmConsole.run('cat /sys/devices/system/cpu/isolated')).to.equal('2-7')
    expect(await generatorConsole.run('cat /sys/devices/system/cpu/isolated')).to.equal('4-7')
    // The kernel boots on two CPUs, but all are online before the login prompt appears.
    for (const console of [vmConsole, generatorConsole])
      expect(await console.run('cat /sys/devices/system/cpu/online')).to.equal('0-7')
    // As with cloud-init, bootcmd runs at every boot, runcmd only at the first.
    expect(await vmConsole.run('cat /root/bootcmd /root/runcmd')).to.equal('booted\nbooted\nonce')
    await until('the agent to be back', () => vm.agent)
    expect(agentOfVm).to.deep.equal([false, true, false, true])
  })

  it('say that they switched themselves off', async () => {
    generatorConsole.type('poweroff\r')
    expect(await generator.exited).to.deep.equal({ how: 'shutdown' })
  })

  it('leave no process, socket or file when the runtime goes', async () => {
    const left = await leftovers()
    expect(left.processes).to.have.length(1)
    await runtime[Symbol.asyncDispose]()
    expect(await vm.exited).to.deep.equal({ how: 'stopped' })
    expect(await leftovers()).to.deep.equal({
      processes: [],
      folders: left.folders.filter((it) => !it.owned),
    })
  })
})

describe('the QEMU runtime', () => {
  const spec = { id: 'g', cpu: { sockets: 1, cores: 1, threads: 1 }, memoryMiB: 256, nics: [], dataDisks: [] }

  it('says why a guest could not be started, and leaves nothing of it', async () => {
    const images = await ensureGuestImages({ variant: 'minimal', log: () => undefined, signal })
    await using runtime = await createQemuRuntime({ kernel: images.kernel, signal })
    const noDisk = await runtime
      .start({ ...spec, bootDisk: '/no/such.qcow2' }, signal)
      .catch((error: unknown) => error)
    expect(noDisk).to.have.property('message').that.includes('/no/such.qcow2')
    const nics = [{ name: 'n', mac: 'no mac', pciAddress: '0000:06:00.0', wire: 'w' }]
    const noMac = await runtime
      .start({ ...spec, bootDisk: images.vmUnderTest, nics }, signal)
      .catch((error: unknown) => error)
    expect(noMac).to.have.property('code', 'guest-start')
    expect(noMac).to.have.property('message').that.includes('no mac')
    expect((await leftovers()).processes).to.deep.equal([])
    // The failed start has freed the name.
    const guest = await runtime.start({ ...spec, bootDisk: images.vmUnderTest }, signal)
    await guest[Symbol.asyncDispose]()
  })

  it('has its guests die with it, however it dies', async () => {
    const script = `
      import { createQemuRuntime } from '${new URL('qemu-runtime.ts', import.meta.url).href}'
      import { ensureGuestImages } from '${new URL('../images.ts', import.meta.url).href}'
      const { signal } = new AbortController()
      const images = await ensureGuestImages({ variant: 'minimal', log: () => undefined, signal })
      const runtime = await createQemuRuntime({ kernel: images.kernel, signal })
      await runtime.start({ ...${JSON.stringify(spec)}, bootDisk: images.vmUnderTest }, signal)
      console.log('started')`
    const lab = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(lab.stdout, 'data')
    const [qemu] = await children(lab.pid)
    if (qemu === undefined) throw new Error('no QEMU was started')
    lab.kill('SIGKILL')
    await once(lab, 'exit')
    await until('QEMU to be gone', async () => ((await isRunning(qemu)) ? undefined : true))

    // Creating the next runtime removes the files of the killed one.
    const images = await ensureGuestImages({ variant: 'minimal', log: () => undefined, signal })
    const next = await createQemuRuntime({ kernel: images.kernel, signal })
    const owners = (await leftovers()).folders.map(({ pid }) => pid)
    await next[Symbol.asyncDispose]()
    expect(owners).not.to.include(lab.pid)
  })
})

const BOOT_ID = 'cat /proc/sys/kernel/random/boot_id'

/** Plays a user at a guest's console. */
class Terminal {
  readonly #guest: RunningGuest
  #heard = ''
  #end: GuestExit | undefined

  constructor(guest: RunningGuest) {
    this.#guest = guest
    void guest.exited.then((end) => (this.#end = end))
    guest.console.output.on('data', (chunk: Buffer) => {
      this.#heard += chunk.toString('latin1')
    })
  }

  type(text: string): void {
    this.#guest.console.input.write(text)
  }

  async logIn(): Promise<void> {
    await this.#hear(/login: $/)
    this.type('root\r')
    await this.#hear(/Password: $/)
    this.type(`${PASSWORD}\r`)
    await this.#hear(/# $/)
    // From here on the console shows only the output of commands.
    await this.run('stty -echo cols 500; dmesg -n 1')
  }

  async run(command: string): Promise<string> {
    this.type(`${command}; echo "--""end--"\r`)
    const heard = await this.#hear(/--end--\r?\n[^]*# $/)
    return heard
      .replaceAll('\r', '')
      .replace(/\n?--end--\n[^]*$/, '')
      .trim()
  }

  async #hear(pattern: RegExp): Promise<string> {
    const heard = await until(
      `${String(pattern)} on the console`,
      () => {
        if (pattern.test(this.#heard)) return this.#heard
        if (this.#end !== undefined) throw new Error(`the guest is gone: ${JSON.stringify(this.#end)}`)
        return undefined
      },
      () => this.#heard.slice(-500),
    )
    this.#heard = ''
    return heard
  }
}

async function until<T>(
  claim: string,
  look: () => Promise<T | undefined> | T | undefined,
  lastSeen = () => '',
): Promise<T> {
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    const seen = await look()
    if (seen !== undefined) return seen
    await sleep(50)
  }
  throw new Error(`waited for ${claim}: ${lastSeen()}`)
}

async function children(pid: number | undefined): Promise<number[]> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(pid), 'qemu']).catch(() => ({
    stdout: '',
  }))
  return stdout.split('\n').filter(Boolean).map(Number)
}

/** A zombie (state Z), which has ended but was not reaped, does not count as running. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')
  return !/\) [ZX]/.test(stat)
}

/** This process's QEMUs, and the workspaces of all processes with their owners. */
async function leftovers() {
  const processes: number[] = []
  for (const pid of await children(process.pid)) if (await isRunning(pid)) processes.push(pid)
  const folders: { name: string; pid: number; owned: boolean }[] = []
  for (const name of (await readdir(tmpdir())).filter((name) => name.startsWith('dpdk-lab-'))) {
    const owner = await readFile(`${tmpdir()}/${name}/owner.json`, 'utf8').catch(() => '{"pid":0}')
    const { pid } = JSON.parse(owner) as { pid: number }
    folders.push({ name, pid, owned: pid === process.pid })
  }
  return { processes, folders }
}
