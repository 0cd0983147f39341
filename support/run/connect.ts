/** Connects to the cluster that the environment names. */
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
  /** The pod that the token in use is bound to; known once a request was sent with it. */
  readonly boundPod: () => BoundPod | undefined
}

/** Registers its tokens and passwords as secrets as soon as they are known. @throws InvalidInputError */
export function connectCluster(env: NodeJS.ProcessEnv): Cluster {
  let bound: BoundPod | undefined
  const onSecret = (secret: string) => {
    if (secret.length >= 4) secrets.add(secret)
    bound = boundPod(secret) ?? bound
  }
  return clusterOf(new ApiClient(loadCredentials(env, { onSecret })), () => bound)
}

/** Like `connectCluster`, with an existing client. Without `boundPod` the token's pod is unknown. */
export function clusterOf(client: ApiClient, boundPod: Cluster['boundPod'] = () => undefined): Cluster {
  return {
    client,
    configMaps: new ConfigMaps(client),
    vmis: new Vmis(client),
    inventory: new Inventory(client),
    boundPod,
  }
}
