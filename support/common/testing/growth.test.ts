import { expect } from 'chai'
import { growsLinearly } from './growth.ts'

/** Reads so many characters. */
function read(text: string): number {
  let sum = 0
  for (let at = 0; at < text.length; at += 1) sum += text.charCodeAt(at)
  return sum
}

describe('how work grows', () => {
  it('is linear where each part is looked at once', () => {
    expect(growsLinearly((size) => read('x'.repeat(size)), 2 ** 22)).to.equal(true)
  })

  it('is not where the whole is looked at for each part', () => {
    const quadratic = (size: number) => {
      const text = 'x'.repeat(size)
      for (let part = 0; part < size / 8; part += 1) read(text)
    }
    expect(growsLinearly(quadratic, 2 ** 14)).to.equal(false)
  })
})
