/** Kubernetes quantities as numbers. */
import { parseQuantity } from '../../support/common/quantity.ts'

/** Like `parseQuantity`, for validated quantities; undefined is 0. */
export function quantityOf(quantity: string | number | undefined): number {
  return quantity === undefined ? 0 : (parseQuantity(quantity) ?? 0)
}

export const MI = 2 ** 20
