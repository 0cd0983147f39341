/** Kubernetes quantities: `4Gi`, `500m`, `2`, `1e3`; apimachinery's `resource.Quantity`. */

const SUFFIXES: ReadonlyMap<string, number> = new Map([
  ['n', 1e-9],
  ['u', 1e-6],
  ['m', 1e-3],
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['P', 1e15],
  ['E', 1e18],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
  ['Pi', 2 ** 50],
  ['Ei', 2 ** 60],
])

/** The quantity as a number (bytes, cores, pieces); undefined if the text is not a quantity. */
export function parseQuantity(quantity: string | number): number | undefined {
  const [, number, suffix] =
    /^([+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,3}(?![\d.]))?)([a-zA-Z]{0,2})$/.exec(
      String(quantity),
    ) ?? []
  const scale = SUFFIXES.get(suffix ?? '')
  if (number === undefined || scale === undefined) return undefined
  // A quantity has an exponent or a suffix, not both.
  if (suffix !== '' && /[eE]/.test(number)) return undefined
  return Number(number) * scale
}
