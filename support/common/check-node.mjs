/**
 * Loaded before the first file that an old Node.js cannot read, by mocha's configurations and by `node --import`: ends
 * the process with one sentence and exit code 2.
 */
import { isOldNode, NODE_TO_RUN, oldNodeSentence } from './node-version.mjs'

if (isOldNode(NODE_TO_RUN)) {
  console.error(oldNodeSentence())
  process.exit(2)
}
