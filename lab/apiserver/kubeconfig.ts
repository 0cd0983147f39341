/** The kubeconfig of the lab for kubectl and @kubernetes/client-node. */
import { stringify } from 'yaml'

export interface KubeconfigFacts {
  readonly url: string
  readonly user: string
  readonly token: string
  readonly namespace: string
  /** PEM; undefined without TLS. */
  readonly certificate?: string
}

/** client-node 2 accepts an http server only with `insecure-skip-tls-verify`. kubectl sends a token only over TLS. */
export function kubeconfigText({ url, user, token, namespace, certificate }: KubeconfigFacts): string {
  const trust =
    certificate === undefined
      ? { 'insecure-skip-tls-verify': true }
      : { 'certificate-authority-data': Buffer.from(certificate).toString('base64') }
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server: url, ...trust } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user, namespace } }],
    'current-context': 'lab',
  })
}
