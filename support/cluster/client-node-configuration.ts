/** The two names that client-node's `config.js` needs of its typed API; see `client-node.ts`. */
export { createConfiguration } from '@kubernetes/client-node/dist/gen/configuration.js'
export { ServerConfiguration } from '@kubernetes/client-node/dist/gen/servers.js'
