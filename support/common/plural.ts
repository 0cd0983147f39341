/** `1 packet`, `2 packets`; `plural(1, 'packet was', 'packets were')`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
