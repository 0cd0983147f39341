import { expect } from 'chai'
import { prose } from './prose.ts'

/** Without the tags of plain text. */
const shown = (sentence: string) =>
  prose(sentence).markup.replace(/<span class="text">([^]*?)<\/span>/g, '$1')

describe('a sentence with code', () => {
  it('shows a command in the middle within the sentence', () => {
    expect(shown('compare it in `kubectl describe node`, and check `irqbalance` (`ps -e`).')).to.equal(
      'compare it in <code class="command">kubectl describe node</code>, and check <code>irqbalance</code> ' +
        '(<code class="command">ps -e</code>).',
    )
  })

  it('shows a command at its end on a line of its own', () => {
    expect(shown('read its log: `kubectl logs <pod>`')).to.equal(
      'read its log: <code class="command line">kubectl logs &lt;pod&gt;</code>',
    )
    expect(shown('check `a b` and `irqbalance`')).to.equal(
      'check <code class="command">a b</code> and <code>irqbalance</code>',
    )
  })

  it('is shown as it is where a backtick has no other', () => {
    expect(shown('a ` b')).to.equal('a ` b')
  })
})
