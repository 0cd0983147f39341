/** Kubernetes quantities: `4Gi`, `500m`, `2`, `1e3`. */

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** The number a quantity stands for (bytes, cores, pieces), or undefined where it is none. */
export function parseQuantity(quantity: string | number): number | undefined {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))([eE][+-]?\d+)?([a-zA-Z]*)$/.exec(String(quantity))
  const scale = SUFFIXES[match?.[3] ?? '']
  if (match === null || scale === undefined) return undefined
  return Number(`${match[1] ?? ''}${match[2] ?? ''}`) * scale
}

/** As `parseQuantity`, for quantities that were validated before; none counts as 0. */
export function quantityOf(quantity: string | number | undefined): number {
  return quantity === undefined ? 0 : (parseQuantity(quantity) ?? 0)
}

export const MI = 2 ** 20
