/** Malicious or broken output of guests and clusters, for property tests. */
import fc from 'fast-check'

/** Cases of each property. */
export const CASES = { numRuns: 10_000 }

/** Texts that some parser, file format or terminal acts on. */
const PIECES = [
  '\x1b[31m',
  '\x1b]0;title\x07',
  '\x1b]8;;http://evil/\x1b\\',
  '\x1b[2J\x1b[H',
  '\x1bP',
  '\x9b31m',
  '\x00',
  '\x07',
  '\x08',
  '\r',
  '\n',
  '\r\n',
  '\u2028',
  '\ufeff',
  '\ufffe',
  '\ud800',
  '\udfff',
  '<script>alert(1)</script>',
  '</failure><failure message="',
  ']]>',
  '<!--',
  '&amp;',
  '&#0;',
  '"\'`',
  '${x}',
  '{{',
  '__proto__',
  'constructor',
  '9007199254740993',
  '-1',
  '1e400',
  'NaN',
  '0x10',
  '18446744073709551616',
  '99999999999999999999999',
  '1.5',
  'login: ',
  'Password: ',
  'testpmd> ',
  'trex>',
  '# ',
  '[   12.345678] ',
  '---\n- !!js/function x',
  ': ',
  '|',
  '--',
  ',',
  '0-8191,',
] as const

/** A short text of these, of arbitrary characters, and of bytes that are not UTF-8. */
export const hostileText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
      { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
      {
        weight: 1,
        arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString()),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom(...PIECES), fc.nat(40))
          .map(([piece, times]) => piece.repeat(times)),
      },
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(''))

/** A valid text with pieces removed, doubled or overwritten. */
export function mutilated(texts: readonly [string, ...string[]]): fc.Arbitrary<string> {
  const cut = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(60), hostileText)
  return fc.tuple(fc.constantFrom(...texts), fc.array(cut, { maxLength: 4 })).map(([text, cuts]) =>
    cuts.reduce((left, [where, length, put]) => {
      const start = Math.floor(where * left.length)
      return left.slice(0, start) + put + left.slice(start + length)
    }, text),
  )
}

/** A server's JSON answer, with parts replaced by anything. */
export function hostileObject(expected: object): fc.Arbitrary<unknown> {
  const paths = pathsOf(expected)
  const value = fc.oneof(hostileText, fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined))
  const changes = fc.array(fc.tuple(fc.constantFrom(...paths), value), { maxLength: 4 })
  return changes.map((all) => {
    const changed: unknown = structuredClone(expected)
    for (const [path, put] of all) replace(changed, path, put)
    return changed
  })
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [
    [key],
    ...pathsOf(inner).map((path) => [key, ...path]),
  ])
}

function replace(value: unknown, path: readonly string[], put: unknown): void {
  const [key, ...rest] = path
  if (key === undefined || typeof value !== 'object' || value === null) return
  const record = value as Record<string, unknown>
  if (rest.length === 0) record[key] = put
  else replace(record[key], rest, put)
}
