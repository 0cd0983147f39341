/** A share as percent, the same in every report and message. */

/** Significant digits: a loss of one packet in a million is not shown as 0. */
const DIGITS = 3
/** Without an exponent, however small the number is. */
const FORMAT = new Intl.NumberFormat('en-US', { maximumSignificantDigits: DIGITS })

/**
 * `0.1 %`, `12.3 %`, `0.00001 %`: three significant digits, and more close to 100. Only 0 is `0 %`, and only 1 is
 * `100 %`: 0.9999999 is `99.99999 %`.
 * @param share 0 … 1; a larger one is shown in the same way
 */
export function percentText(share: number): string {
  const percent = share * 100
  const missing = 100 - percent
  const isAlmostAll = missing > 0 && Number(percent.toPrecision(DIGITS)) === 100
  // As many decimals as are needed to distinguish it from 100.
  const shown = isAlmostAll
    ? Number(percent.toFixed(-Math.floor(Math.log10(missing))))
    : FORMAT.format(percent)
  return `${shown} %`
}
