import { ESLint } from 'eslint'
import { expect } from 'chai'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The lines that the repository's `no-restricted-syntax` rules refuse if they are in that file. */
async function refused(file: string, lines: readonly string[]): Promise<string[]> {
  const eslint = new ESLint({ cwd: ROOT, ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-syntax' })
  const [result] = await eslint.lintText(lines.join(';\n'), { filePath: `${ROOT}${file}` })
  return (result?.messages ?? []).map(({ line, ruleId, message }) =>
    ruleId === 'no-restricted-syntax' ? (lines[line - 1] ?? '') : message,
  )
}

describe('the rules of ESLint', () => {
  it('let no cause search text that is not typed as the text of others', async () => {
    const bad = [
      "import { foreign, says } from '../../common/foreign-text.ts'",
      '/is gone/.test(sentence)',
      '/is gone/.exec(words)',
      'words.match(/is gone/)',
      "words.startsWith('VMI')",
      "where.includes('Agent')",
      'first.sentence === words',
    ]
    const good = ['says(words, /is gone/)', 'ids.includes(id)', "reason === 'Started'", 'ids.filter(isOne)']
    expect(await refused('support/diagnosis/causes/vmi.ts', [...bad, ...good])).to.deep.equal(bad)
  })

  it('let no diagnosis read the sentence of an error', async () => {
    const bad = [
      '/is gone/.test(error.message)',
      'PATTERN.exec(failure.sentence)',
      'error.message.split(x)',
      "failure.sentence.includes('gone')",
      "error.message === 'gone'",
    ]
    const good = ['/x/.test(line)', 'evidence(error.message)', "error.code === 'vmi-deleted'"]
    expect(await refused('support/diagnosis/collect.ts', [...bad, ...good])).to.deep.equal(bad)
  })

  it('let no literal be spread to keep a line whole, nor a test have a time of its own', async () => {
    const bad = ['a = { ...{ b, c } }', 'a = [...[b, c]]', 'a = { ...({ b } as const) }', 'this.timeout(1)']
    const good = ['a = { ...b }', 'a = [...(b ? [] : [c])]']
    expect(await refused('support/diagnosis/catalogue.test.ts', [...bad, ...good])).to.deep.equal(bad)
  })
})
