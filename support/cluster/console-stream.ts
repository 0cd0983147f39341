/** A guest's serial console as bytes, wherever they come from. */

export interface ConsoleStream {
  /**
   * Output as it comes, in the pieces it came in (UTF-8 characters and escape sequences may be cut).
   * One listener; what came before it was set is delivered to it first.
   */
  onOutput(listener: (bytes: Uint8Array) => void): void
  write(bytes: Uint8Array | string): void
  /** Settles when the console is gone: with undefined after `close()`, else with the reason it was lost. */
  readonly closed: Promise<Error | undefined>
  close(): void
}
