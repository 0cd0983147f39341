/** Keeps a run's secrets (the guests' password, tokens) out of everything that is written down. */

const REDACTED = '[redacted]'
/** A crypt(3) hash, e.g. of a password in cloud-init's user data: it can be tried at leisure. */
const PASSWORD_HASH = /\$(?:1|2[abxy]?|5|6|7|y|gy)\$[./A-Za-z0-9$=,]{20,}/g
/** Secrets from this length on are found in parts as well: a message may have been cut in their middle. */
const LONG = 16
/** A part of a long secret that is at least so long tells too much. */
const PART = 12
/** Characters of one look for parts. */
const GRAM = 6
/** An encoded form shorter than this would be found by chance. */
const MIN_ENCODED = 10

export class Secrets {
  readonly #forms = new Set<string>()
  /** The places in long forms at which so many characters stand. */
  readonly #grams = new Map<string, { readonly form: string; readonly at: number }[]>()

  /** Remembers a secret. One of under four characters would blank half a report, so it is refused. */
  add(secret: string): void {
    if (secret.length < 4) throw new TypeError('too short to be a secret')
    for (const form of [secret, ...encoded(secret)]) {
      if (this.#forms.has(form)) continue
      this.#forms.add(form)
      if (form.length >= LONG) this.#addGrams(form)
    }
  }

  /** The text without secrets, without what they are in base64 or an address, and without parts of long ones. */
  redact(text: string): string {
    let redacted = text.replace(PASSWORD_HASH, REDACTED)
    for (const form of this.#forms) redacted = redacted.replaceAll(form, REDACTED)
    return this.#grams.size === 0 ? redacted : this.#withoutParts(redacted)
  }

  #addGrams(form: string): void {
    for (let at = 0; at + GRAM <= form.length; at += 1) {
      const gram = form.slice(at, at + GRAM)
      const places = this.#grams.get(gram) ?? []
      // What a form is full of proves little, and is found by its other places.
      if (places.length < 8) places.push({ form, at })
      this.#grams.set(gram, places)
    }
  }

  /** Any part of `PART` characters holds a whole gram at a multiple of its length, so only those are looked up. */
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

/** How a secret may stand in what others encoded: in an address, and somewhere inside of base64. */
function encoded(secret: string): string[] {
  const forms = [encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]
  const bytes = Buffer.from(secret)
  for (const offset of [0, 1, 2]) {
    const encodedBytes = Buffer.concat([Buffer.alloc(offset), bytes])
    const first = Math.ceil((offset * 8) / 6)
    // The last character holds bits of what follows, where the secret does not end at a boundary.
    const last = Math.floor((encodedBytes.length * 8) / 6)
    for (const encoding of ['base64', 'base64url'] as const) {
      const core = encodedBytes.toString(encoding).slice(first, last)
      if (core.length >= MIN_ENCODED) forms.push(core)
    }
  }
  return forms.filter((form) => form !== secret)
}

/** What must not appear in any line or file of this process; whoever makes or reads a secret adds it here first. */
export const secrets = new Secrets()
