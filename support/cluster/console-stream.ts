/** A guest's serial console as a byte stream. */

export interface ConsoleStream {
  /**
   * Output in the chunks in which it arrives (UTF-8 characters and escape sequences may be split). One listener; output
   * from before it was set is delivered first.
   */
  onOutput(listener: (bytes: Uint8Array) => void): void
  write(bytes: Uint8Array | string): void
  /** Settles when the console is closed: with undefined after `close()`, otherwise with the reason why it was lost. */
  readonly closed: Promise<Error | undefined>
  close(): void
}
