/** The commands of a scripted guest that concern its kernel, its devices and its services. */
import { commandLine } from '../../../support/common/shell-quote.ts'
import { cpuList, readCpuList } from './cpu-set.ts'
import { python } from './latency-reader.ts'
import { lsblk } from './lsblk.ts'
import { modprobe } from './modprobe.ts'
import { done, failure, type Outcome, printed } from './outcome.ts'
import type { GuestCommand, GuestCommands } from './shell.ts'
import type { GuestSystem } from './system.ts'
import { runTestpmd } from './testpmd.ts'
import { runTrexConsole } from './trex/trex-console.ts'

export function guestCommands(system: GuestSystem): GuestCommands {
  const { profile, faults } = system.machine
  const isolation = profile.isolation === 'tuned' ? tuned(system) : { 'isolate-cpus': isolateCpus(system) }
  const testpmd: GuestCommand = (args, { signal }) => runTestpmd(system, args, signal)
  return {
    ...consoleCommands(system),
    ...facts(system),
    ...disks(system),
    chcon: (args) => chcon(system, args),
    ...network(system),
    ...services(system),
    ...(faults.noPython === true ? {} : { python3: python(system) }),
    ...(faults.noIsolationMethod === true ? {} : isolation),
    modprobe: (args) => modprobe(system, args),
    driverctl: (args) => driverctl(system, args),
    ...(faults.testpmd === 'is not installed' ? {} : { 'dpdk-testpmd': testpmd }),
    'trex-console': (args, { signal, stdin }) => runTrexConsole(system, args, stdin, signal),
    journalctl: (args) => printed(system.trex.journal(args)),
    sleep: (args, { original }) => (system.tracefs.isTracing ? done : original(args)),
    grep,
  }
}

const nothing: GuestCommand = () => done
const SERIAL_LINE = '/dev/ttyS0'

function consoleCommands(system: GuestSystem): GuestCommands {
  return {
    dmesg: (args) => {
      const level = /^\d$/.exec(args[args.indexOf('-n') + 1] ?? '')
      if (args.includes('-n') && level !== null) system.consoleLogLevel = Number(level[0])
      return done
    },
    stty: (args) => {
      const { terminal } = system.machine
      const { settings } = terminal
      const sane = { echo: true, processed: true, canonical: true, signals: true }
      for (const [index, argument] of args.entries()) {
        if (argument === 'cols' || argument === 'columns') terminal.columns = Number(args[index + 1])
        else if (argument === 'sane') Object.assign(settings, sane)
        else if (/^-?echo$/.test(argument)) settings.echo = !argument.startsWith('-')
        else if (/^-?opost$/.test(argument)) settings.processed = !argument.startsWith('-')
      }
      return done
    },
    mesg: nothing,
    tty: () => printed(`${SERIAL_LINE}\n`),
    kill: nothing,
    sync: nothing,
  }
}

function facts({ machine, cpus }: GuestSystem): GuestCommands {
  const { kernel, hostname } = machine.profile
  const [release, version] = kernel
  const names: Readonly<Record<string, string>> = {
    s: 'Linux',
    n: hostname,
    r: release,
    v: version,
    m: 'x86_64',
    o: 'GNU/Linux',
  }
  return {
    id: (args) => printed(args.includes('-u') ? '0\n' : 'uid=0(root) gid=0(root) groups=0(root)\n'),
    uname: (args) => {
      const letters = args.includes('-a') ? 'snrvmo' : args.join('').replaceAll('-', '') || 's'
      return printed(
        `${letters
          .split('')
          .map((letter) => names[letter] ?? '')
          .join(' ')}\n`,
      )
    },
    getconf: (args) => printed(args.includes('_NPROCESSORS_ONLN') ? `${cpus.length}\n` : 'undefined\n'),
    nproc: () => printed(`${cpus.length}\n`),
    lscpu: () =>
      printed(
        `Architecture:                       x86_64\nCPU(s):                             ${cpus.length}\n` +
          `Model name:                         Simulated processor\nThread(s) per core:                 ${machine.spec.cpu.threads}\n`,
      ),
  }
}

function disks(system: GuestSystem): GuestCommands {
  const { files, mounts } = system
  const mount: GuestCommand = (args) => {
    const targetAt = args.length - 1
    const [source = '', target = ''] = args.slice(-2)
    const type = args[args.indexOf('-t') + 1]
    if (args.includes('-t') && type === 'hugetlbfs') {
      mounts.push({ source, target, type, options: 'rw,relatime' })
      return done
    }
    const found = system.dataDisks.find(({ device }) => device === source)
    if (targetAt < 1 || found === undefined)
      return failure(`mount: ${target}: special device ${source} does not exist.\n`, 32)
    for (const [name, content] of Object.entries(found.disk.files)) files.add(`${target}/${name}`, content)
    mounts.push({ source, target, type: 'iso9660', options: 'ro,relatime' })
    return done
  }
  return {
    lsblk: (args) => lsblk(system, args),
    mountpoint: (args) => {
      const path = args.at(-1)
      return mounts.some(({ target }) => target === path) ? done : { ...done, exitCode: 32 }
    },
    mount,
    install: async (args) => {
      const [source = '', target = ''] = args.slice(-2)
      files.add(target, await files.readFile(source))
      return done
    },
  }
}

/** Like coreutils' chcon: the file must exist and have a label, which requires SELinux. */
async function chcon({ files, machine }: GuestSystem, args: readonly string[]): Promise<Outcome> {
  const valued = ['-t', '-u', '-r', '-l']
  const paths = args.filter(
    (argument, index) => !argument.startsWith('-') && !valued.includes(args[index - 1] ?? ''),
  )
  for (const path of paths) {
    if (!(await files.exists(path)))
      return failure(`chcon: cannot access '${path}': No such file or directory\n`)
    if (!machine.profile.seLinux)
      return failure(`chcon: can't apply partial context to unlabeled file '${path}'\n`)
  }
  return paths.length === 0 ? failure('chcon: missing operand\n') : done
}

function network(system: GuestSystem): GuestCommands {
  const ip: GuestCommand = (args) => {
    const name = args[args.indexOf('dev') + 1]
    const nic = system.nics.find(
      ({ interfaceName, driver }) =>
        interfaceName === name && driver === system.machine.profile.nic.kernelDriver,
    )
    if (nic === undefined) return failure(`Cannot find device "${name ?? ''}"\n`)
    if (args[0] === 'link' && args.includes('up')) nic.isUp = true
    if (args[0] === 'link' && args.includes('down')) nic.isUp = false
    return done
  }
  return { ip, ...(system.machine.profile.name === 'centos' ? { nmcli: nothing } : {}) }
}

function services(system: GuestSystem): GuestCommands {
  const power =
    (request: 'reboot' | 'power off'): GuestCommand =>
    () => {
      system.requestPower(request)
      return done
    }
  const reboot = power('reboot')
  const powerOff = power('power off')
  const systemctl: GuestCommand = async (args, call) => {
    const [verb = '', ...others] = args.filter((argument) => !argument.startsWith('-'))
    // An option may be followed by its value, so look for the unit's suffix first.
    const unit = others.find((argument) => argument.endsWith('.service')) ?? others[0] ?? ''
    if (verb === 'reboot') return reboot(args, call)
    if (verb === 'poweroff') return powerOff(args, call)
    const unitName = unit.replace(/\.service$/, '')
    const answer = unitName === 'trex' ? await system.trex.systemctl(verb, args) : undefined
    if (answer !== undefined) return answer
    if (verb === 'is-active')
      return { stdout: args.includes('-q') ? '' : 'inactive\n', stderr: '', exitCode: 3 }
    if (verb === 'daemon-reload') return done
    return failure(`Failed to ${verb} ${unitName}.service: Unit ${unitName}.service not found.\n`, 5)
  }
  return { systemctl, reboot, poweroff: powerOff }
}

function tuned(system: GuestSystem): GuestCommands {
  const { machine, files, cpus } = system
  const settings = '/etc/tuned/cpu-partitioning-variables.conf'
  return {
    'tuned-adm': async ([verb = '', profile = '']) => {
      if (verb === 'list')
        return printed(
          'Available profiles:\n- balanced\n- cpu-partitioning\nCurrent active profile: virtual-guest\n',
        )
      if (verb !== 'profile') return printed('Current active profile: virtual-guest\n')
      if (profile !== 'cpu-partitioning') return failure(`Requested profile '${profile}' doesn't exist.\n`)
      const wanted = /^isolated_cores=(.*)$/m.exec(await files.readFile(settings))?.[1] ?? ''
      const isolated = readCpuList(wanted)
      if (isolated === undefined) return failure(`Invalid isolated_cores: ${wanted}\n`)
      if (machine.faults.isolationIgnored !== true)
        machine.disk.isolated = isolated.filter((cpu) => cpus.includes(cpu))
      return done
    },
  }
}

function isolateCpus({ machine, cpus, isolated: now }: GuestSystem): GuestCommand {
  return ([list = '']) => {
    const wanted = readCpuList(list)
    const unknown = wanted?.filter((cpu) => !cpus.includes(cpu)) ?? []
    if (wanted === undefined || wanted.length === 0 || unknown.length > 0)
      return failure(`isolate-cpus: '${list}' is not a list of CPUs\n`, 2)
    if (machine.faults.isolationIgnored !== true) machine.disk.isolated = wanted
    const before = cpuList(now) || 'none'
    return printed(
      `CPUs isolated from the next boot on: ${cpuList(wanted)} (now: ${before}; boot loader changed)\n`,
    )
  }
}

async function driverctl(system: GuestSystem, args: readonly string[]): Promise<Outcome> {
  const [verb = '', address = '', driver = ''] = args.filter((argument) => !argument.startsWith('-'))
  const nic = system.nics.find(({ hardware }) => hardware.nic.pciAddress === address)
  if (verb === 'list-overrides')
    return printed(
      system.nics.map((each) => `${each.hardware.nic.pciAddress} ${each.driver ?? ''}\n`).join(''),
    )
  if (verb !== 'set-override' || nic === undefined) return failure(`driverctl: no such device ${address}\n`)
  // driverctl first loads the driver, with the options in /etc/modprobe.d.
  await modprobe(system, [driver])
  const refused = await nic.bind(driver)
  return refused === undefined ? done : failure(`driverctl: ${refused}\n`)
}

/** Adds two options of GNU grep that the interpreter's lacks: -H names even a single file, -s hides errors. */
const grep: GuestCommand = async (args, { original }) => {
  const letters = args.flatMap((argument) =>
    /^-[A-Za-z]+$/.test(argument) ? argument.slice(1).split('') : [],
  )
  const options = [...new Set(letters)].filter((letter) => letter !== 'H' && letter !== 's')
  const others = args.filter((argument) => !/^-[A-Za-z]+$/.test(argument))
  const named = letters.includes('H') ? [...others, '/dev/null'] : others
  const outcome = await original([...(options.length === 0 ? [] : [`-${options.join('')}`]), ...named])
  return letters.includes('s') ? { ...outcome, stderr: '' } : outcome
}

/** A program with arguments as a command line for the guest's shell, which finds commands only by name. */
export function asCommandLine(path: string, args: readonly string[]): string {
  return commandLine(path.replace(/^(?:\/usr)?\/s?bin\//, ''), ...args)
}
