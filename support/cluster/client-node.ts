/**
 * What is used of client-node: credentials, requests and watches. Its index would also load its typed API, which is not
 * used: about 800 modules, 0.25 s of CPU time and 50 MB for each process. Its `config.js` imports the index of the typed
 * API as well, for the two names in `client-node-configuration.ts`: while it is loaded, a hook gives it these.
 */
import { registerHooks } from 'node:module'

const REPLACEMENT = new URL(
  `client-node-configuration${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
).href

const hooks = registerHooks({
  resolve: (specifier, context, next) =>
    specifier === './gen/index.js' && context.parentURL?.endsWith('/@kubernetes/client-node/dist/config.js')
      ? next(REPLACEMENT, context)
      : next(specifier, context),
})
const config = await import('@kubernetes/client-node/dist/config.js')
hooks.deregister()

export const KubeConfig = config.KubeConfig
export type KubeConfig = InstanceType<typeof KubeConfig>

export type { Cluster, User } from '@kubernetes/client-node/dist/config_types.js'
export {
  HttpMethod,
  IsomorphicFetchHttpLibrary,
  RequestContext,
} from '@kubernetes/client-node/dist/gen/http/http.js'
export { Watch } from '@kubernetes/client-node/dist/watch.js'
