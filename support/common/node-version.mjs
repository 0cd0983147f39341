/**
 * The version of Node.js that the suite needs, and the place where npm installed it. Plain JavaScript without
 * dependencies, because the machine's own Node.js loads it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const { engines, dependencies } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
)
const requireFromHere = createRequire(import.meta.url)

/** The major version in `24.21.0`, `^24.21.0` or `>=20`. */
const majorOf = (version) => Number(/\d+/.exec(version)?.[0])

/** The oldest major version that can start `npm install` and the commands of package.json. */
export const NODE_TO_START = majorOf(engines.node)
/** The major version that runs the suite: that of the npm package `node`. */
export const NODE_TO_RUN = majorOf(dependencies.node)

export const isOldNode = (needed, version = process.versions.node) => majorOf(version) < needed

/**
 * The installed npm package `node`.
 * @returns {{ folder?: string, program?: string }} without a program if its install script did not run, and without a
 * folder if the package is not installed
 */
export function npmNode() {
  try {
    const folder = dirname(requireFromHere.resolve('node/package.json'))
    const program = join(folder, 'bin/node')
    return existsSync(program) ? { folder, program } : { folder }
  } catch {
    return {}
  }
}

/** A sentence for users of a Node.js that is too old: the required version, and how to get it. */
export function oldNodeSentence({ folder, program } = npmNode(), version = process.versions.node) {
  const needed = `Node.js ${NODE_TO_RUN} or newer is needed, and this is Node.js ${version}`
  if (program !== undefined) return `${needed}: run it with ${program}, as npx and npm run do by themselves.`
  const remedy = folder === undefined ? 'npm ci' : 'npm rebuild node --ignore-scripts=false'
  return `${needed}: install it, or let npm fetch it for this folder with "${remedy}".`
}
