/** Suggestions for misspelt words: "did you mean …?". */

/** The number of letters that may differ; longer words may differ in more. */
const MOST_TYPOS = 2
const LETTERS_PER_TYPO = 4

/**
 * The most similar of the known words: different in case, in separators, or by a typo or two. Undefined if none is
 * similar.
 */
export function mostSimilar(word: string, known: readonly string[]): string | undefined {
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
