/**
 * Ends by `process.exit` while V8's threads still have code to compile, and none of their allocations is granted
 * without a garbage collection: at an unlucky moment, as a loaded machine brings it about. Needs `--expose-gc`.
 */
const FUNCTIONS = 40
const STATEMENTS = 200
/** Megabytes outside of V8's heap, which count as its garbage. */
const OUTSIDE = 400

const statement = (number) => `s += (a * ${number} % 7) | 0; s ^= { v: s + ${number} }.v;`
const body = (first) => Array.from({ length: STATEMENTS }, (_, index) => statement(first + index)).join('')
const functions = Array.from(
  { length: FUNCTIONS },
  (_, first) => new Function('a', `let s = 0; for (let i = 0; i < a; i++) { ${body(first)} } return s`),
)
const callAll = (times) => {
  for (let count = 0; count < times; count += 1) for (const each of functions) each(1)
}

// Maglev compiles a function after 400 calls.
callAll(350)
globalThis.gc()
callAll(60)
const outside = []
for (let taken = 0; taken < OUTSIDE; taken += 50) outside.push(new Uint8Array(50 * 2 ** 20))
process.exit(outside.length > 0 ? 0 : 1)
