/** The kubeconfig by which kubectl and @kubernetes/client-node reach the lab. */
import { stringify } from 'yaml'

export interface KubeconfigFacts {
  readonly url: string
  readonly user: string
  readonly token: string
  readonly namespace: string
}

/** client-node 2 takes an http server only with `insecure-skip-tls-verify`. */
export function kubeconfigText({ url, user, token, namespace }: KubeconfigFacts): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user, namespace } }],
    'current-context': 'lab',
  })
}
