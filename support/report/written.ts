/** What became of reports that were to be written: files that are there, and a sentence for each that is not. */
export interface Written {
  readonly files: readonly string[]
  readonly problems: readonly string[]
}
