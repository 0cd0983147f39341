/** The kubeconfig by which kubectl and @kubernetes/client-node reach the lab. */
import { stringify } from 'yaml'

export interface KubeconfigFacts {
  readonly url: string
  readonly user: string
  readonly token: string
  readonly namespace: string
  /** PEM, where the server speaks TLS. */
  readonly certificate?: string
}

/** Without TLS, kubectl sends no token; client-node 2 sends one and takes an http server only with `insecure-skip-tls-verify`. */
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
