/** Suggestions for misspelt words: "did you mean …?". */

/** The number of letters that may differ; longer words may differ in more. */
const MOST_TYPOS = 2
const LETTERS_PER_TYPO = 4
/** A shorter word is part of many others by chance. */
const LEAST_PART = 10

/**
 * The most similar of the known words: different in case, in separators, or by a typo or two; otherwise the one of which
 * it is the greatest part, or that is the greatest part of it. Undefined if none is similar.
 */
export function mostSimilar(word: string, known: readonly string[]): string | undefined {
  return byTypos(word, known) ?? byParts(word, known)
}

function byParts(word: string, known: readonly string[]): string | undefined {
  const plain = lettersOf(word)
  const more = (one: string) => Math.abs(lettersOf(one).length - plain.length)
  const [closest] = known
    .filter((one) => {
      const [short = '', long = ''] = [plain, lettersOf(one)].sort((a, b) => a.length - b.length)
      return short.length >= LEAST_PART && long.includes(short)
    })
    .sort((one, other) => more(one) - more(other))
  return closest
}

function byTypos(word: string, known: readonly string[]): string | undefined {
  const plain = lettersOf(word)
  const most = Math.min(MOST_TYPOS, Math.floor(plain.length / LETTERS_PER_TYPO))
  let best: { readonly one: string; readonly typos: number } | undefined
  for (const one of known) {
    const typos = typosBetween(plain, lettersOf(one), most)
    if (typos <= most && (best === undefined || typos < best.typos)) best = { one, typos }
  }
  return best?.one
}

function lettersOf(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Levenshtein distance, counted up to `most`. */
function typosBetween(one: string, other: string, most: number): number {
  if (Math.abs(one.length - other.length) > most) return most + 1
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1]
    for (const [at, counterpart] of Array.from(other).entries()) {
      const [left = 0, above = 0, before = 0] = [next[at], row[at + 1], row[at]]
      next.push(Math.min(left + 1, above + 1, before + (letter === counterpart ? 0 : 1)))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
