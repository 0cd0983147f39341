/** Simulates the program that reads pktgen's time stamps in the generator's guest (read-pktgen-latency). */
import type { PortCounters } from './port.ts'
import { latePackets } from './latency-model.ts'
import type { Nic } from './nic.ts'
import { done, failure, type Outcome, printed } from './outcome.ts'
import type { GuestCommand } from './shell.ts'
import type { GuestSystem } from './system.ts'

interface Reading {
  readonly every: number
  readonly devices: number
  readonly interfaces: readonly { readonly nic: Nic; readonly before: PortCounters }[]
}

const READER = /\/read-pktgen-latency$/

/** `python3 …/read-pktgen-latency start|stop …`; of other programs only the version. */
export function python(system: GuestSystem): GuestCommand {
  let reading: Reading | undefined
  return async ([script = '', verb = '', every = '', ports = '', ...names]) => {
    if (!READER.test(script)) return printed('Python 3.11.2\n')
    if (!(await system.files.exists(script)))
      return failure(`python3: can't open file '${script}': [Errno 2] No such file or directory\n`, 2)
    if (verb === 'start') {
      reading = {
        every: Number(every),
        devices: ports.split(',').length,
        interfaces: names.flatMap((name) => {
          const nic = system.nics.find(({ interfaceName }) => interfaceName === name)
          return nic === undefined ? [] : [{ nic, before: nic.hardware.port.read() }]
        }),
      }
      return done
    }
    if (reading === undefined) return failure('no reader runs\n')
    const ended = reading
    reading = undefined
    return outcomeOf(system, ended)
  }
}

function outcomeOf({ nics, pktgen, machine }: GuestSystem, { every, devices, interfaces }: Reading): Outcome {
  const { reordered = 0, duplicated = 0 } = machine.links.latency ?? {}
  const lines = interfaces.flatMap(({ nic, before }) => {
    const other = nics.find((each) => each !== nic && each.driver === nic.driver)
    const senders = pktgen.senders(other?.interfaceName ?? '')
    const sent = senders.reduce((sum, { flow }) => sum + flow.read(), 0)
    const rate = senders.reduce((sum, { packetsPerSecond }) => sum + packetsPerSecond, 0)
    const came = Math.min(sent, nic.hardware.port.read().rxPackets - before.rxPackets)
    const read = Math.floor(came / every)
    const name = nic.interfaceName
    return [
      `${name} received ${read} dropped 0 duplicated ${Math.floor(read * duplicated)} reordered ${Math.floor(read * reordered)}`,
      ...latePackets(read, rate, machine.links).map(({ microseconds, packets }) => {
        const width = 10 ** Math.max(0, String(microseconds).length - 2)
        const edge = Math.floor(microseconds / width) * width
        return `${name} range ${edge} ${edge + width - 1} ${packets}`
      }),
      ...(every === 1 && devices === 1 ? runs(sent, came).map((run) => `${name} got ${run}`) : []),
    ]
  })
  return printed(lines.map((line) => `${line}\n`).join(''))
}

/** The numbers of the packets that came, where the others were lost evenly: `1 57`. */
function runs(sent: number, came: number): string[] {
  const lost = sent - came
  const found: string[] = []
  let first = 1
  for (let number = 1; number <= sent; number += 1) {
    if (Math.floor((number * lost) / sent) === Math.floor(((number - 1) * lost) / sent)) continue
    if (number > first) found.push(`${first} ${number - 1}`)
    first = number + 1
  }
  return first > sent ? found : [...found, `${first} ${sent}`]
}
