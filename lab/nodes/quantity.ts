/** Kubernetes quantities as the lab counts with them. */
import { parseQuantity } from '../../support/common/quantity.ts'

/** As `parseQuantity`, for quantities that were validated before; none counts as 0. */
export function quantityOf(quantity: string | number | undefined): number {
  return quantity === undefined ? 0 : (parseQuantity(quantity) ?? 0)
}

export const MI = 2 ** 20
