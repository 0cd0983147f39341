/** The suite's log. Secrets are removed before a line is written. */

export interface Logger {
  /** Shown in every run. */
  info(line: string): void
  /** Shown with `spec.param.verbose: "true"` only. */
  debug(line: string): void
  warn(line: string): void
}

export const silentLogger: Logger = { info: () => undefined, debug: () => undefined, warn: () => undefined }
