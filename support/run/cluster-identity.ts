/** By what reports of one cluster are told from those of another. */
import { createHash } from 'node:crypto'
import type { Inventory, Readable } from '../cluster/inventory.ts'
import type { Limits } from '../common/wait.ts'
import type { Journal } from './journal.ts'

/** Notes what of it may be read. Never throws: a report without it is a report all the same. */
export async function noteIdentity(
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
    ...(certificates === undefined ? {} : { rootCaDigest: digestOf(certificates) }),
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

/** Whatever the order in which the certificates stand. */
function digestOf(certificates: string): string {
  const each = certificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [
    certificates,
  ]
  const contents = each.map((certificate) => certificate.replace(/\s+/g, '')).toSorted()
  return `sha256:${createHash('sha256').update(contents.join('\n')).digest('hex')}`
}

/** `host:port` of a server's address; undefined where it is none. */
export function apiHostOf(server: string | undefined): string | undefined {
  if (server === undefined || !URL.canParse(server)) return undefined
  const { hostname, port, protocol } = new URL(server)
  return `${hostname}:${port === '' ? (protocol === 'http:' ? '80' : '443') : port}`
}
