/**
 * Text that others wrote: kernels, kubelets, the scheduler, the API server, KubeVirt, DPDK. Code may search it for what
 * it says, by the functions of this file. What the suite itself writes is for people: code goes by the codes and the
 * facts of its errors, so that a sentence can be mended without a cause being lost.
 */
import { z } from 'zod'

const schema = z.string().brand<'text of others'>()
export type ForeignText = z.infer<typeof schema>

/** Said where such text comes in, of that text alone. */
export function foreign(text: string): ForeignText {
  return schema.parse(text)
}

/** Whether it says so. */
export function says(text: ForeignText, pattern: RegExp): boolean {
  return text.search(pattern) !== -1
}

/** The first group of a pattern that it matches, or the whole match of a pattern without groups. */
export function partOf(text: ForeignText, pattern: RegExp): ForeignText | undefined {
  const [whole, first] = text.match(pattern) ?? []
  const part = first ?? whole
  return part === undefined ? undefined : foreign(part)
}

/** The same of every match, in their order. @param pattern a global one */
export function partsOf(text: ForeignText, pattern: RegExp): readonly ForeignText[] {
  return [...text.matchAll(pattern)].map(([whole, first]) => foreign(first ?? whole))
}

/** Those of them that say something, in one. */
export function joined(texts: readonly ForeignText[], separator: string): ForeignText {
  return foreign(texts.filter((text) => text !== '').join(separator))
}
