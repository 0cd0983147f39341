/**
 * Loaded before anything else, so that the suite starts fast and stays small. Plain JavaScript: what makes JavaScript
 * of TypeScript takes 50 ms to load, and where every file is kept compiled, it is not needed at all.
 */
import { loadLeanClient } from '../cluster/lean-client.mjs'
import { makeProcessLean } from '../common/lean-process.mjs'

makeProcessLean()
await loadLeanClient()
