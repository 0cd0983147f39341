/**
 * Finds out whether this machine's KVM can run a guest. That /dev/kvm exists does not prove it: it can hang (software
 * KVM in nested machines). So a kernel is booted until it panics because it has no root file system.
 */
import { access, constants, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { release } from 'node:os'
import { dirname, join } from 'node:path'
import type { Logger } from '../../../support/common/logger.ts'
import { cacheFolder } from '../cache-folder.ts'
import { ManagedProcess } from './child-process.ts'
import { type Accelerator, machineArguments } from './command-line.ts'

/** Milliseconds. With a working KVM, the kernel panics within 2 s. */
const PROBE_TIMEOUT = 6000

export interface AcceleratorOptions {
  readonly kernel: string
  readonly log: Logger
  readonly signal: AbortSignal
  /** The file that stores the result. Default: in the user's cache. */
  readonly memory?: string
  readonly device?: string
  readonly probe?: (kernel: string, signal: AbortSignal) => Promise<boolean>
}

/** KVM if it works, otherwise TCG. The stored result is valid until the machine reboots or QEMU changes. */
export async function chooseAccelerator(options: AcceleratorOptions): Promise<Accelerator> {
  const { kernel, log, signal, device = '/dev/kvm', probe = probeKvm } = options
  const memory = options.memory ?? join(cacheFolder(), 'kvm-probe.json')
  const accessible = await access(device, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  if (!accessible) return 'tcg'
  const key = await machineKey()
  const remembered = await readFile(memory, 'utf8').then(parseMemory, () => undefined)
  if (remembered?.key === key) return remembered.works ? 'kvm' : 'tcg'
  log.info(`trying ${device}`)
  const works = await probe(kernel, signal)
  signal.throwIfAborted()
  log.info(works ? `${device} works` : `${device} is there but does not run a guest: guests are emulated`)
  await mkdir(dirname(memory), { recursive: true })
  await writeFile(`${memory}.${process.pid}`, JSON.stringify({ key, works }))
  await rename(`${memory}.${process.pid}`, memory)
  return works ? 'kvm' : 'tcg'
}

/** The stored result; undefined if the file is not valid. */
export function parseMemory(text: string): { readonly key: string; readonly works: boolean } | undefined {
  try {
    const { key, works } = JSON.parse(text) as { key?: unknown; works?: unknown }
    return typeof key === 'string' && typeof works === 'boolean' ? { key, works } : undefined
  } catch {
    return undefined
  }
}

/** Identifies this boot of this machine and this version of QEMU. */
async function machineKey(): Promise<string> {
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  let version = ''
  const qemu = new ManagedProcess('qemu-system-x86_64', ['--version'], (text) => (version += text))
  await qemu.exited
  return [release(), bootId.trim(), version.split('\n')[0]].join(' / ')
}

/** Boots a kernel that reboots on its panic: with -no-reboot, QEMU then ends with exit code 0. */
async function probeKvm(kernel: string, signal: AbortSignal): Promise<boolean> {
  const qemu = new ManagedProcess('qemu-system-x86_64', [
    ...machineArguments('kvm'),
    '-smp',
    '2',
    '-m',
    '512M',
    '-no-reboot',
    '-kernel',
    kernel,
    '-append',
    'panic=-1 quiet',
  ])
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT)])
  // A hanging KVM can keep its process inside the kernel, where it ignores everything but SIGKILL.
  const giveUp = () => void qemu.stop(0)
  limit.addEventListener('abort', giveUp, { once: true })
  if (limit.aborted) giveUp()
  const { code } = await qemu.exited
  limit.removeEventListener('abort', giveUp)
  return code === 0
}
