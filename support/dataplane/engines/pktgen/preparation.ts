/** Prepares a guest for pktgen: its interfaces are up, and the kernel's module has threads on CPUs that may send. */
import { describeError, isSuiteError, SuiteError } from '../../../common/errors.ts'
import { quote } from '../../../common/shell-quote.ts'
import { type Limits, shareTimeout } from '../../../common/wait.ts'
import type { Shell } from '../../../guest/console/shell.ts'
import { type Frames, mtuOf, USUAL_MTU } from '../../../model/frame.ts'
import type { PerPort } from '../../../model/ports.ts'
import { consoleLines } from '../../guest-output.ts'
import { bringUp, findInterfaces } from './interfaces.ts'
import { PKTGEN } from './threads.ts'

export interface Preparation {
  /** PCI addresses of the generator's ports. */
  readonly pciAddresses: PerPort<string>
  /** CPUs that may send, best first: isolated ones. */
  readonly cpus: readonly number[]
  readonly frames: Frames
}

export interface Prepared {
  readonly interfaces: PerPort<string>
  /** The CPUs that have a pktgen thread. */
  readonly cpus: readonly number[]
  /** TX queues of the interfaces. */
  readonly queues: PerPort<number>
}

/** @throws SuiteError `no-interface`, `engine-not-available` */
export async function prepareGuest(
  shell: Shell,
  { pciAddresses, cpus, frames }: Preparation,
  limits: Limits,
): Promise<Prepared> {
  const rest = shareTimeout(limits)
  const interfaces = await findInterfaces(shell, pciAddresses, rest())
  const needed = mtuOf(frames)
  await bringUp(shell, interfaces, rest(), needed > USUAL_MTU ? needed : undefined)
  const threads = await loadModule(shell, rest())
  const usable = cpus.filter((cpu) => threads.includes(cpu))
  if (usable.length === 0) {
    throw new SuiteError(
      'engine-not-available',
      `kernel pktgen has threads for CPU ${threads.join(', ')} of the ${shell.guest}, for none of ${cpus.join(', ')}`,
    )
  }
  return { interfaces, cpus: usable, queues: await queuesOf(shell, interfaces, rest()) }
}

async function queuesOf(
  shell: Shell,
  { east, west }: PerPort<string>,
  limits: Limits,
): Promise<PerPort<number>> {
  const folder = (name: string) => `/sys/class/net/${name}/queues`
  const listed = consoleLines(
    await shell.check(`ls -1d ${quote(folder(east))}/tx-* ${quote(folder(west))}/tx-*`, limits),
  )
  const count = (name: string) =>
    Math.max(1, listed.filter((line) => line.startsWith(`${folder(name)}/tx-`)).length)
  return { east: count(east), west: count(west) }
}

/** @returns the CPUs that have a thread */
async function loadModule(shell: Shell, limits: Limits): Promise<number[]> {
  try {
    const files = consoleLines(await shell.check(`modprobe pktgen && ls -1 ${PKTGEN}`, limits))
    return files.flatMap((file) => /^kpktgend_(\d{1,5})$/.exec(file)?.slice(1).map(Number) ?? [])
  } catch (error) {
    if (!isSuiteError(error, 'command-failed')) throw error
    throw new SuiteError(
      'engine-not-available',
      `the kernel of the ${shell.guest} has no pktgen module: ${describeError(error)}`,
      { cause: error },
    )
  }
}
