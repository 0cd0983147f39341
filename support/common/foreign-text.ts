/**
 * Foreign text: output of kernels, kubelets, the scheduler, the API server, KubeVirt, DPDK. Code may search it, with
 * the functions of this file. Sentences of the suite itself are for people, and no code searches them: code uses error
 * codes and facts, so that rewording a sentence cannot break a cause.
 */
import { z } from 'zod'

const schema = z.string().brand<'text of others'>()
export type ForeignText = z.infer<typeof schema>

/** Marks a text as foreign. Called only where the text enters the suite. */
export function foreign(text: string): ForeignText {
  return schema.parse(text)
}

/** Whether the pattern matches. */
export function says(text: ForeignText, pattern: RegExp): boolean {
  return text.search(pattern) !== -1
}

/** The first group of a match, or the whole match if the pattern has no groups. */
export function partOf(text: ForeignText, pattern: RegExp): ForeignText | undefined {
  const [whole, first] = text.match(pattern) ?? []
  const part = first ?? whole
  return part === undefined ? undefined : foreign(part)
}

/** Like `partOf` for every match, in order. @param pattern with flag g */
export function partsOf(text: ForeignText, pattern: RegExp): readonly ForeignText[] {
  return [...text.matchAll(pattern)].map(([whole, first]) => foreign(first ?? whole))
}

/** Joins the texts that are not empty. */
export function joined(texts: readonly ForeignText[], separator: string): ForeignText {
  return foreign(texts.filter((text) => text !== '').join(separator))
}
