/** Where the suite says what it does. Secrets are cut out before a line is written, wherever it goes. */

export interface Logger {
  /** Worth reading in every run. */
  info(line: string): void
  /** Shown with `spec.param.verbose: "true"` only. */
  debug(line: string): void
  warn(line: string): void
}

export const silentLogger: Logger = { info: () => undefined, debug: () => undefined, warn: () => undefined }
