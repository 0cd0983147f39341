/** Converts sets of CPUs from and to the two formats of Linux. */

/** `2-4,7` → `[2, 3, 4, 7]`; undefined if the text is not a list. */
export function readCpuList(text: string): number[] | undefined {
  const list = text.trim()
  if (list === '') return []
  const cpus = new Set<number>()
  for (const part of list.split(',')) {
    const [, first, last] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part) ?? []
    if (first === undefined) return undefined
    for (let cpu = Number(first); cpu <= Number(last ?? first); cpu++) cpus.add(cpu)
  }
  return [...cpus].sort((a, b) => a - b)
}

export function cpuList(cpus: readonly number[]): string {
  const ranges: [first: number, last: number][] = []
  for (const cpu of cpus) {
    const range = ranges.at(-1)
    if (range?.[1] === cpu - 1) range[1] = cpu
    else ranges.push([cpu, cpu])
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',')
}

/** Eight hexadecimal digits per 32 CPUs, highest CPUs first. */
export function cpuMask(cpus: readonly number[]): string {
  const bits = cpus.reduce((mask, cpu) => mask | (1n << BigInt(cpu)), 0n)
  const digits = bits.toString(16)
  const padded = digits.padStart(Math.ceil(digits.length / 8) * 8, '0')
  return (padded.match(/.{8}/g) ?? []).join(',')
}
