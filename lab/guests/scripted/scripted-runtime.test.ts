import { expect } from 'chai'
import { encrypt } from 'unixcrypt'
import type { GuestRuntime, GuestSpec, RunningGuest } from '../guest-runtime.ts'
import { Screen } from './screen.fixture.ts'
import { createScriptedRuntime, SCRIPTED_DISKS, type ScriptedRuntimeOptions } from './scripted-runtime.ts'

const PASSWORD = 'a password of this run'

function spec(id: string): GuestSpec {
  const userData = {
    bootcmd: [
      'mkdir -p /mnt/app-config',
      `mount -o ro "$(lsblk --nodeps --noheadings --paths --output NAME,SERIAL | awk '$2 == "DEADBEEF" { print $1 }')" /mnt/app-config`,
      'sh /mnt/app-config/boot.sh',
    ],
    chpasswd: { expire: false, list: [`root:${encrypt(PASSWORD)}`] },
  }
  return {
    id,
    bootDisk: SCRIPTED_DISKS.vmUnderTest,
    cpu: { sockets: 1, cores: 4, threads: 2 },
    memoryMiB: 4096,
    nics: [
      { name: 'nic-east', mac: '60:00:00:00:00:01', pciAddress: '0000:06:00.0', wire: 'ns/net/nic-east' },
      { name: 'nic-west', mac: '60:00:00:00:00:02', pciAddress: '0000:07:00.0', wire: 'ns/net/nic-west' },
    ],
    dataDisks: [
      {
        name: 'cloud-init',
        label: 'cidata',
        files: { 'user-data': `#cloud-config\n${JSON.stringify(userData)}`, 'meta-data': '{}' },
      },
      { name: 'config', serial: 'DEADBEEF', files: { 'boot.sh': 'set -eu\necho done >/run/boot-script\n' } },
    ],
  }
}

describe('scripted runtime', function () {
  let runtime: GuestRuntime | undefined

  async function boot(
    options: ScriptedRuntimeOptions = {},
    changes: Partial<GuestSpec> = {},
  ): Promise<{ guest: RunningGuest; screen: Screen }> {
    runtime = createScriptedRuntime({ bootTime: 10, ...options })
    const guest = await runtime.start({ ...spec('guest'), ...changes }, new AbortController().signal)
    return { guest, screen: new Screen(guest) }
  }

  afterEach(async () => {
    await runtime?.[Symbol.asyncDispose]()
  })

  it('says that it is simulated', async () => {
    await boot({ profile: 'centos' })
    expect(runtime?.description).to.include('simulated')
  })

  it("takes cloud-init's password and no other, and runs its boot commands", async () => {
    const { screen } = await boot()
    await screen.until('checkup-guest login: ')
    await screen.type('root', 'Password: ')
    await screen.type('redhat', 'Login incorrect')
    await screen.until('login: ')
    await screen.logIn(PASSWORD)
    expect(await screen.run('cat /run/boot-script')).to.equal('done\r\n[0]')
  })

  it('counts CPUs of sockets that could be plugged in among the possible ones, and has none of them', async () => {
    const { screen } = await boot({}, { cpu: { sockets: 1, cores: 6, threads: 2, maxSockets: 4 } })
    await screen.until('login: ')
    await screen.logIn(PASSWORD)
    const read = 'cd /sys/devices/system/cpu && cat online present possible'
    expect(await screen.run(read)).to.equal('0-11\r\n0-11\r\n0-47\r\n[0]')
  })

  it('has an agent once it has booted, and none while it reboots', async () => {
    const { guest, screen } = await boot()
    const changes: boolean[] = []
    guest.onAgentChange((connected) => changes.push(connected))
    await screen.until('login: ')
    const os = await guest.agent?.exec('/bin/cat', ['/etc/os-release'], 1000)
    expect(os?.output).to.include('ID="debian"')
    await screen.logIn(PASSWORD)
    const before = await screen.run('cat /proc/sys/kernel/random/boot_id')
    await guest.softReboot()
    await screen.until('reboot: Restarting system')
    await screen.until('login: ')
    await screen.logIn(PASSWORD)
    expect(await screen.run('cat /proc/sys/kernel/random/boot_id')).to.not.equal(before)
    expect(changes).to.deep.equal([false, true, false, true])
  })

  it('keeps what is on its disk over a reboot, and nothing of tmpfs or of a mount', async () => {
    const { guest, screen } = await boot()
    await screen.until('login: ')
    await screen.logIn(PASSWORD)
    const paths = '/var/marker /root/bin/script /run/marker /mnt/app-config/boot.sh /tmp/link'
    await screen.run(
      'echo one >/var/marker; mkdir -m 700 /root/bin; touch /run/marker; ln -s /var/marker /tmp/link',
    )
    await screen.run("printf '#!/bin/sh\\necho ran\\n' >/root/bin/script; chmod 755 /root/bin/script")
    await screen.run('echo changed >/etc/hostname; umask')
    await guest.softReboot()
    await screen.until('Restarting system')
    await screen.until('login: ')
    await screen.logIn(PASSWORD)
    expect(await screen.run('cat /var/marker /tmp/link /etc/hostname; /root/bin/script')).to.equal(
      'one\r\none\r\nchanged\r\nran\r\n[0]',
    )
    expect(await screen.run(`ls ${paths} 2>/dev/null`)).to.not.include('/run/marker')
  })

  it('isolates CPUs from the next boot on', async () => {
    const { screen } = await boot()
    await screen.until('login: ')
    await screen.logIn(PASSWORD)
    expect(await screen.run('isolate-cpus 2-7; cat /sys/devices/system/cpu/isolated')).to.match(
      /\r\n\r\n\[0\]$/,
    )
    await screen.type('systemctl --no-block reboot', 'Restarting system')
    await screen.until('login: ')
    await screen.logIn(PASSWORD)
    expect(await screen.run('cat /sys/devices/system/cpu/isolated')).to.equal('2-7\r\n[0]')
  })

  it('gives a NIC to another driver, and takes its interface away', async () => {
    const { screen } = await boot()
    await screen.until('login: ')
    await screen.logIn(PASSWORD)
    const driver = 'basename "$(readlink /sys/bus/pci/devices/0000:06:00.0/driver)"'
    expect(await screen.run(`${driver}; ls /sys/class/net`)).to.equal('vmxnet3\r\nenp6s0\r\nenp7s0\r\n[0]')
    await screen.run('modprobe vfio-pci; driverctl --nosave set-override 0000:06:00.0 vfio-pci')
    expect(await screen.run(`${driver}; ls /sys/class/net`)).to.equal('vfio-pci\r\nenp7s0\r\n[0]')
  })

  it('keeps variables and functions from line to line, and the exit code', async () => {
    const { screen } = await boot()
    await screen.until('login: ')
    await screen.logIn(PASSWORD)
    await screen.run('a=1; f() { echo "f $1 $a"; return 3; }')
    expect(await screen.run('f x')).to.equal('f x 1\r\n[3]')
  })

  it('gives the line back after Ctrl-C', async () => {
    const { guest, screen } = await boot()
    await screen.until('login: ')
    await screen.logIn(PASSWORD)
    await screen.type('echo "begin$((40 + 2))"; sleep 60', 'begin42\r\n')
    guest.console.input.write('\x03')
    await screen.until(':~# ')
    expect(await screen.run('echo there')).to.equal('there\r\n[0]')
  })

  it('powers off, and ends with the runtime', async () => {
    const { guest, screen } = await boot()
    await screen.until('login: ')
    await guest.powerDown?.()
    expect(await guest.exited).to.deep.equal({ how: 'shutdown' })
    const other = await runtime?.start(spec('other'), new AbortController().signal)
    await runtime?.[Symbol.asyncDispose]()
    expect(await other?.exited).to.deep.equal({ how: 'stopped' })
  })

  it('boots a hundred guests at once', async () => {
    const hundred = createScriptedRuntime({ bootTime: 10 })
    runtime = hundred
    const { signal } = new AbortController()
    const boots = [...Array(100).keys()].map(async (index) => {
      const screen = new Screen(await hundred.start(spec(`guest-${index}`), signal))
      await screen.until('login: ')
      return index
    })
    expect(await Promise.all(boots)).to.have.length(100)
  })
})
