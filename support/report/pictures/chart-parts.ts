/** Common code of all pictures drawn by echarts. */

/** `10k`, `2.5M`. */
export function compact(count: number): string {
  const [divisor, unit] =
    count >= 1e9 ? [1e9, 'G'] : count >= 1e6 ? [1e6, 'M'] : count >= 1e3 ? [1e3, 'k'] : [1, '']
  return `${Number((count / divisor).toPrecision(3))}${unit}`
}

/** Removes mouse styles, and makes ids independent of how many pictures were drawn before. */
export function settled(svg: string, prefix: string): string {
  return svg
    .replace(/<style[^]*?<\/style>/g, '')
    .replace(/ class="[^"]*"/g, '')
    .replace(/ pointer-events="[^"]*"/g, '')
    .replace(/zr\d+-/g, `${prefix}-`)
    .replace(/\n+/g, '\n')
}
