/** Keeps a run's secrets (the guests' password, tokens) out of everything that is written down. */

export class Secrets {
  readonly #values = new Set<string>()

  /** Remembers a secret. One of under four characters would blank half a report, so it is refused. */
  add(secret: string): void {
    if (secret.length < 4) throw new TypeError('too short to be a secret')
    this.#values.add(secret)
  }

  redact(text: string): string {
    let redacted = text
    for (const secret of this.#values) redacted = redacted.replaceAll(secret, '[redacted]')
    return redacted
  }
}
