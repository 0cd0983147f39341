/** Simulates util-linux' lsblk, for the columns that the suite requests. */
import { failure, type Outcome, printed } from './outcome.ts'
import type { GuestSystem } from './system.ts'

interface BlockDevice {
  /** Without `/dev/`. */
  readonly name: string
  readonly type: 'disk' | 'part'
  readonly serial: string
}

const FLAGS: Readonly<Record<string, string>> = { d: 'nodeps', n: 'noheadings', p: 'paths', o: 'output' }
const DEFAULT_COLUMNS = ['name', 'type', 'mountpoint']

export function lsblk(system: GuestSystem, args: readonly string[]): Outcome {
  const asked = readOptions(args)
  if ('refusal' in asked) return failure(asked.refusal)
  const { flags, columns } = asked
  const cells: Readonly<Record<string, (device: BlockDevice) => string>> = {
    name: ({ name, type }) => (type === 'part' ? '└─' : '') + (flags.has('paths') ? devicePath(name) : name),
    type: ({ type }) => type,
    serial: ({ serial }) => serial,
    mountpoint: ({ name }) => system.mounts.find(({ source }) => source === devicePath(name))?.target ?? '',
  }
  const unknown = columns.find((column) => cells[column] === undefined)
  if (unknown !== undefined) return failure(`lsblk: unknown column: ${unknown}\n`)
  const devices = blockDevices(system).filter(({ type }) => type === 'disk' || !flags.has('nodeps'))
  const rows = devices.map((device) => columns.map((column) => cells[column]?.(device) ?? ''))
  const headings = flags.has('noheadings') ? [] : [columns.map((column) => column.toUpperCase())]
  return printed(table([...headings, ...rows]))
}

/** Short options can be combined; only the last one can have a value. */
function readOptions(
  args: readonly string[],
):
  | { readonly flags: ReadonlySet<string>; readonly columns: readonly string[] }
  | { readonly refusal: string } {
  const flags = new Set<string>()
  let columns: readonly string[] = DEFAULT_COLUMNS
  const rest = [...args]
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [, long, longValue] = /^--([a-z]+)(?:=(.*))?$/.exec(argument) ?? []
    const short = /^-[a-z]+$/i.test(argument) ? argument.slice(1).split('') : []
    const names = long === undefined ? short.map((letter) => FLAGS[letter] ?? `-${letter}`) : [long]
    for (const name of names) {
      if (!Object.values(FLAGS).includes(name))
        return {
          refusal: `lsblk: unrecognized option '${argument}'\nTry 'lsblk --help' for more information.\n`,
        }
      flags.add(name)
    }
    if (names.includes('output')) columns = (longValue ?? rest.shift() ?? '').toLowerCase().split(',')
  }
  return { flags, columns }
}

function blockDevices(system: GuestSystem): BlockDevice[] {
  return [
    { name: 'vda', type: 'disk', serial: '' },
    { name: 'vda1', type: 'part', serial: '' },
    ...system.dataDisks.map(({ device, disk }): BlockDevice => ({
      name: device.replace('/dev/', ''),
      type: 'disk',
      serial: disk.serial ?? '',
    })),
  ]
}

function devicePath(name: string): string {
  return `/dev/${name}`
}

/** Pads each column to its widest cell, except the last one. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => (row[index] ?? '').length)))
  return rows
    .map((row) =>
      row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join(' '),
    )
    .map((line) => `${line}\n`)
    .join('')
}
