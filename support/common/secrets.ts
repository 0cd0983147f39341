/** Removes a run's secrets (the guests' password, tokens) from everything that is written. */

const REDACTED = '[redacted]'
/** A crypt(3) hash, e.g. of a password in cloud-init's user data. It is secret because it allows guessing offline. */
const PASSWORD_HASH = /\$(?:1|2[abxy]?|5|6|7|y|gy)\$[./A-Za-z0-9$=,]{20,}/g
/** Parts of secrets from this length on are removed as well: a message may have been cut inside a secret. */
const LONG = 16
/** The shortest part of a long secret that is removed. */
const PART = 12
/** Length of the n-grams by which parts are found. */
const GRAM = 6
/** An encoded form shorter than this would match by chance. */
const MIN_ENCODED = 10

export class Secrets {
  readonly #forms = new Set<string>()
  /** The positions of each n-gram in long forms. */
  readonly #grams = new Map<string, { readonly form: string; readonly at: number }[]>()

  /** Registers a secret. One of fewer than four characters would blank half a report, so it is refused. */
  add(secret: string): void {
    if (secret.length < 4) throw new TypeError('too short to be a secret')
    for (const form of [secret, ...encoded(secret)]) {
      if (this.#forms.has(form)) continue
      this.#forms.add(form)
      if (form.length >= LONG) this.#addGrams(form)
    }
  }

  /** The text without secrets, their base64 and URL encodings, and parts of long secrets. */
  redact(text: string): string {
    let redacted = text.replace(PASSWORD_HASH, REDACTED)
    for (const form of this.#forms) redacted = redacted.replaceAll(form, REDACTED)
    return this.#grams.size === 0 ? redacted : this.#withoutParts(redacted)
  }

  #addGrams(form: string): void {
    for (let at = 0; at + GRAM <= form.length; at += 1) {
      const gram = form.slice(at, at + GRAM)
      const places = this.#grams.get(gram) ?? []
      // An n-gram that occurs often in a form proves little; other n-grams find that form.
      if (places.length < 8) places.push({ form, at })
      this.#grams.set(gram, places)
    }
  }

  /** Any part of `PART` characters contains a whole n-gram at a multiple of its length, so only those are looked up. */
  #withoutParts(text: string): string {
    const kept: string[] = []
    let from = 0
    for (let at = 0; at + GRAM <= text.length; at += GRAM) {
      if (at < from) continue
      const part = this.#partAround(text, at, from)
      if (part === undefined) continue
      kept.push(text.slice(from, part.start), REDACTED)
      from = part.end
    }
    return kept.length === 0 ? text : [...kept, text.slice(from)].join('')
  }

  #partAround(text: string, at: number, from: number): { start: number; end: number } | undefined {
    let longest: { start: number; end: number } | undefined
    for (const { form, at: place } of this.#grams.get(text.slice(at, at + GRAM)) ?? []) {
      let before = 0
      while (at - before > from && before < place && text[at - before - 1] === form[place - before - 1])
        before += 1
      let after = GRAM
      while (place + after < form.length && text[at + after] === form[place + after]) after += 1
      const part = { start: at - before, end: at + after }
      const length = part.end - part.start
      if (length >= PART && length > (longest === undefined ? 0 : longest.end - longest.start)) longest = part
    }
    return longest
  }
}

/** The forms of a secret in encoded text: in a URL, and at any offset inside of base64. */
function encoded(secret: string): string[] {
  const forms = [encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]
  const bytes = Buffer.from(secret)
  for (const offset of [0, 1, 2]) {
    const encodedBytes = Buffer.concat([Buffer.alloc(offset), bytes])
    const first = Math.ceil((offset * 8) / 6)
    // Unless the secret ends at a boundary, the last character also encodes bits of what follows.
    const last = Math.floor((encodedBytes.length * 8) / 6)
    for (const encoding of ['base64', 'base64url'] as const) {
      const core = encodedBytes.toString(encoding).slice(first, last)
      if (core.length >= MIN_ENCODED) forms.push(core)
    }
  }
  return forms.filter((form) => form !== secret)
}

/** The secrets of this process. Code that creates or reads a secret registers it here first. */
export const secrets = new Secrets()
