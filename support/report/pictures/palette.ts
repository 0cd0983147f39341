/**
 * The colours of pictures and the summary page, named by their meaning. Pictures use CSS variables (`var(--ink)`), so
 * that they follow the page's light and dark mode.
 */

export interface Palette {
  readonly paper: string
  readonly raised: string
  readonly ink: string
  readonly muted: string
  readonly line: string
  readonly passed: string
  readonly failed: string
  readonly inconclusive: string
  readonly error: string
  readonly sent: string
  readonly returned: string
  /** Text on a `failed` background. */
  readonly 'on-failed': string
}

export const LIGHT: Palette = {
  paper: '#ffffff',
  raised: '#f5f6f7',
  ink: '#17191c',
  muted: '#565d66',
  line: '#d4d8dd',
  passed: '#14693d',
  failed: '#b0231b',
  inconclusive: '#7d5200',
  error: '#7a3a8c',
  sent: '#3c444d',
  returned: '#2f6fb5',
  'on-failed': '#ffffff',
}

export const DARK: Palette = {
  paper: '#14171a',
  raised: '#1d2125',
  ink: '#e8eaed',
  muted: '#a2a9b2',
  line: '#3a4047',
  passed: '#6fcf97',
  failed: '#ff8a80',
  inconclusive: '#f0bc5e',
  error: '#d5a6e6',
  sent: '#c3c9d0',
  returned: '#74aef0',
  'on-failed': '#22090a',
}

/** CSS declarations of all colours, for a rule of a style sheet. */
export function declarations(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, color]) => `--${name}: ${String(color)};`)
    .join(' ')
}

/** A standalone picture: variables are replaced by colours, because no style sheet defines them. */
export function painted(svg: string, palette: Palette): string {
  return svg.replace(
    /var\(--([a-z-]+)\)/g,
    (whole, name: string) => (palette as unknown as Partial<Record<string, string>>)[name] ?? whole,
  )
}
