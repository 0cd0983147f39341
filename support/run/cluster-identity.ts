/** Facts that identify a cluster, so that reports of different clusters are not compared. */
import type { KubeConfig } from '../cluster/client-node.ts'
import { digestOf } from '../common/canonical-json.ts'
import type { Report } from '../model/report.ts'
import type { Inventory, Readable } from '../cluster/inventory.ts'
import type { Limits } from '../common/wait.ts'
import type { Journal } from './journal.ts'

/** Records the readable facts. Never throws: a report may lack them. */
export async function recordIdentity(
  journal: Journal,
  inventory: Pick<Inventory, 'clusterUid' | 'rootCertificates'>,
  namespace: string,
  limits: Limits,
): Promise<void> {
  const [uid, certificates] = await Promise.all([
    known(inventory.clusterUid(limits)),
    known(inventory.rootCertificates(namespace, limits)),
  ])
  journal.cluster({
    ...(uid === undefined ? {} : { uid }),
    ...(certificates === undefined ? {} : { rootCaDigest: certificatesDigest(certificates) }),
  })
}

async function known(reading: Promise<Readable<string>>): Promise<string | undefined> {
  try {
    const read = await reading
    return 'found' in read ? read.found : undefined
  } catch {
    return undefined
  }
}

/** Independent of the order of the certificates. */
function certificatesDigest(certificates: string): string {
  const each = certificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [
    certificates,
  ]
  const contents = each.map((certificate) => certificate.replace(/\s+/g, '')).toSorted()
  return digestOf(contents.join('\n'))
}

/** The name that client-node gives to the cluster of a pod's service account. It identifies no cluster. */
const IN_CLUSTER = 'inCluster'

/** Under which name and address the cluster is known here. */
export function identityOf(kubeConfig: Pick<KubeConfig, 'getCurrentCluster'>): Partial<Report['cluster']> {
  const { name, server } = kubeConfig.getCurrentCluster() ?? {}
  const apiHost = apiHostOf(server)
  return {
    ...(name === undefined || name === '' || name === IN_CLUSTER ? {} : { name }),
    ...(apiHost === undefined ? {} : { apiHost }),
  }
}

/** `host:port` of a server's URL; undefined if it is invalid. */
export function apiHostOf(server: string | undefined): string | undefined {
  if (server === undefined || !URL.canParse(server)) return undefined
  const { hostname, port, protocol } = new URL(server)
  return `${hostname}:${port === '' ? (protocol === 'http:' ? '80' : '443') : port}`
}
