import { expect } from 'chai'
import { parseBody } from './body.ts'

describe('the body of a request', () => {
  for (const body of ['a: [1', 'a: b: c', '\t- x', 'a: *nowhere', 'a: "x', '{a: 1}}'])
    it(`is refused with 400 where it is no YAML: ${JSON.stringify(body)}`, () => {
      expect(() => parseBody(body, 'application/yaml'))
        .to.throw(/^error converting YAML to JSON: yaml: /)
        .with.property('code', 400)
    })

  it('is read as YAML where it is', () => {
    expect(parseBody('a: [1, 2]', 'application/yaml; charset=utf-8')).to.deep.equal({ a: [1, 2] })
  })
})
