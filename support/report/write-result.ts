/** The result of writing reports: the written files, and a sentence for each that could not be written. */
export interface WriteResult {
  readonly files: readonly string[]
  readonly problems: readonly string[]
}
