/** Isolated CPUs of a guest, on which only the data plane runs: reads and configures them. */
import { SuiteError } from '../../common/errors.ts'
import { commandLine } from '../../common/shell-quote.ts'
import type { Limits } from '../../common/wait.ts'
import { missingCpus, parseCpuList, parseCpuMask, writeCpuList } from '../../model/cpu-list.ts'
import { reboot } from '../console/reboot.ts'
import type { GuestShell, Shell } from '../console/shell.ts'
import { quoteTail } from '../../common/sentence.ts'

export interface CpuFacts {
  readonly online: readonly number[]
  /** `/sys/devices/system/cpu/isolated`: the CPUs that `isolcpus=` took from the scheduler. */
  readonly isolcpus: readonly number[]
  /**
   * The CPUs that tuned's `cpu-partitioning` keeps free. It does not set `isolcpus=`: it starts the kernel with
   * `tuned.non_isolcpus=<mask>`, and sets the affinity of systemd, and so of all services, to the other CPUs (tuned,
   * profiles/cpu-partitioning/tuned.conf). Only CPUs that neither the mask nor this affinity contains.
   */
  readonly partitioned: readonly number[]
  /** Isolated in either way. */
  readonly isolated: readonly number[]
  /** `/proc/cmdline` */
  readonly kernelArguments: string
}

export type IsolationMethod = 'tuned cpu-partitioning' | 'isolate-cpus'

export interface IsolationFacts extends CpuFacts {
  readonly wanted: readonly number[]
  /** Wanted, and not isolated. */
  readonly missing: readonly number[]
  readonly rebooted: boolean
  /** Why the reboot was requested in the guest. */
  readonly rebootNote?: string
  /** How it was applied; undefined if there was nothing to do. */
  readonly method?: IsolationMethod
  /** Why it failed: the guest's output. */
  readonly problem?: string
}

export interface IsolationOptions {
  readonly signal: AbortSignal
  /** Requests a reboot through the API. */
  readonly softReboot: (limits: Limits) => Promise<void>
  /** In milliseconds. */
  readonly timeouts: {
    readonly command: number
    /** Applying it: tuned rewrites the boot loader's configuration. */
    readonly apply: number
    /** From the reboot request to a root shell. */
    readonly reboot: number
  }
}

const READ_FACTS = [
  'cat /sys/devices/system/cpu/online',
  'cat /sys/devices/system/cpu/isolated',
  "sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/1/status",
  'cat /proc/cmdline',
] as const

/** COMMAND_LINE_SIZE is at most 4096 on any architecture. */
const LONGEST_COMMAND_LINE = 4096

/** Separates the files in the output: some of them may be empty or missing. */
const SEPARATOR = '--'

export async function readCpuFacts(shell: Shell, limits: Limits): Promise<CpuFacts> {
  const output = await shell.check(READ_FACTS.join(`; echo ${SEPARATOR}; `), limits)
  const parts = output.split(new RegExp(`^${SEPARATOR}$`, 'm')).map((part) => part.trim())
  const [online = '', isolated = '', affinity = '', commandLine = ''] = parts
  const kernelArguments = commandLine.slice(0, LONGEST_COMMAND_LINE)
  const isolcpus = parseCpuList(isolated)
  const partitioned = partitionedCpus(kernelArguments, parseCpuList(affinity), parseCpuList(online))
  return {
    online: parseCpuList(online),
    isolcpus,
    partitioned,
    isolated: [...new Set([...isolcpus, ...partitioned])].sort((a, b) => a - b),
    kernelArguments,
  }
}

function partitionedCpus(
  kernelArguments: string,
  affinityOfInit: readonly number[],
  online: readonly number[],
): number[] {
  const mask = /(?:^|\s)tuned\.non_isolcpus=([\da-f,]+)/i.exec(kernelArguments)?.[1]
  // Init always has an affinity: without an answer it is unknown.
  if (mask === undefined || affinityOfInit.length === 0) return []
  const others = new Set([...parseCpuMask(mask), ...affinityOfInit])
  return online.filter((cpu) => !others.has(cpu))
}

/**
 * Isolates CPUs, unless they are isolated already: configures the guest and reboots it once. CPUs that are still not
 * isolated then are a fact, not an error.
 * @throws SuiteError `no-isolation-method` if the guest has no tool for it; errors of the shell.
 */
export async function ensureIsolated(
  shell: GuestShell,
  wanted: readonly number[],
  options: IsolationOptions,
): Promise<IsolationFacts> {
  const { signal, softReboot, timeouts } = options
  const command: Limits = { signal, timeout: timeouts.command }
  const before = await readCpuFacts(shell, command)
  const unchanged = { ...before, wanted, missing: missingCpus(wanted, before.isolated), rebooted: false }
  if (unchanged.missing.length === 0) return unchanged
  const offline = wanted.filter((cpu) => !before.online.includes(cpu))
  if (offline.length > 0) {
    return { ...unchanged, problem: `CPUs ${writeCpuList(offline)} are not online in the ${shell.guest}` }
  }
  const method = await findMethod(shell, command)
  const list = writeCpuList(wanted)
  const applied = await shell.run(APPLY[method](list), { signal, timeout: timeouts.apply })
  if (applied.exitCode !== 0) {
    const text = quoteTail(applied.output, 500)
    return { ...unchanged, method, problem: `${method} ended with exit code ${applied.exitCode}: ${text}` }
  }
  const because = await reboot(shell, { signal, timeout: timeouts.reboot, softReboot })
  const after = await readCpuFacts(shell, command)
  const still = missingCpus(wanted, after.isolated)
  const text = quoteTail(applied.output, 300)
  const problem = `CPUs ${writeCpuList(still)} are not isolated after ${method} and a reboot; its output: ${text}`
  return {
    ...after,
    wanted,
    missing: still,
    rebooted: true,
    method,
    ...(because === undefined ? {} : { rebootNote: because }),
    ...(still.length === 0 ? {} : { problem }),
  }
}

const APPLY: Readonly<Record<IsolationMethod, (list: string) => string>> = {
  'tuned cpu-partitioning': (list) =>
    `${commandLine('printf', 'isolated_cores=%s\\n', list)} >/etc/tuned/cpu-partitioning-variables.conf && ` +
    'tuned-adm profile cpu-partitioning',
  'isolate-cpus': (list) => commandLine('isolate-cpus', list),
}

async function findMethod(shell: Shell, limits: Limits): Promise<IsolationMethod> {
  const hasTuned = 'command -v tuned-adm >/dev/null && tuned-adm list 2>/dev/null | grep -q cpu-partitioning'
  const hasOwn = 'command -v isolate-cpus >/dev/null'
  const { output } = await shell.run(
    `if ${hasTuned}; then echo tuned; elif ${hasOwn}; then echo own; fi`,
    limits,
  )
  if (output.trim() === 'tuned') return 'tuned cpu-partitioning'
  if (output.trim() === 'own') return 'isolate-cpus'
  const message =
    `the ${shell.guest} has no tool to isolate CPUs: ` +
    'neither tuned with its profile cpu-partitioning nor a command isolate-cpus'
  throw new SuiteError('no-isolation-method', message, { facts: { guest: shell.guest } })
}
