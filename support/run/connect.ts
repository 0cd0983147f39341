/** A cluster to work on, from what the environment says. */
import { ApiClient } from '../cluster/api-client.ts'
import { boundPod, type BoundPod } from '../cluster/bound-pod.ts'
import { ConfigMaps } from '../cluster/config-map.ts'
import { loadCredentials } from '../cluster/credentials.ts'
import { Inventory } from '../cluster/inventory.ts'
import { Vmis } from '../cluster/vmi.ts'
import { secrets } from '../common/secrets.ts'

export interface Cluster {
  readonly client: ApiClient
  readonly configMaps: ConfigMaps
  readonly vmis: Vmis
  readonly inventory: Inventory
  /** The pod that the token in use belongs to, as soon as a request was sent with it. */
  readonly boundPod: () => BoundPod | undefined
}

/** Its tokens and passwords are secrets from where they are known on. @throws InvalidInputError */
export function connectCluster(env: NodeJS.ProcessEnv): Cluster {
  let bound: BoundPod | undefined
  const onSecret = (secret: string) => {
    if (secret.length >= 4) secrets.add(secret)
    bound = boundPod(secret) ?? bound
  }
  return clusterOf(new ApiClient(loadCredentials(env, { onSecret })), () => bound)
}

/** The same, by a client that is there. Without `boundPod` no pod is known to be the token's. */
export function clusterOf(client: ApiClient, boundPod: Cluster['boundPod'] = () => undefined): Cluster {
  return {
    client,
    configMaps: new ConfigMaps(client),
    vmis: new Vmis(client),
    inventory: new Inventory(client),
    boundPod,
  }
}

/** The namespace that was asked for, else the environment's, else the kubeconfig's; undefined without any. */
export function namespaceFor(
  { client }: Cluster,
  asked: string | undefined,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const { kubeConfig } = client
  const ofContext = kubeConfig.getContextObject(kubeConfig.getCurrentContext())?.namespace
  return [asked, env['CONFIGMAP_NAMESPACE'], ofContext].find((name) => name !== undefined && name !== '')
}
