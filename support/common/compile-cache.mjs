/** Where compiled code is kept between runs. Plain JavaScript: loaded before the loader of TypeScript. */
import { fileURLToPath } from 'node:url'

/** The folder of the compiled code. */
export const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url))
