import { expect } from 'chai'
import type { Readable } from '../cluster/inventory.ts'
import { SILENT } from '../report/silent-progress.ts'
import { apiHostOf, recordIdentity } from './cluster-identity.ts'
import { Journal } from './journal.ts'

const certificate = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
const notReadable = { notReadable: 'no permission to read it' }

/** The facts that a run records of a cluster with these answers. */
async function noted(
  uid: () => Promise<Readable<string>>,
  certificates: () => Promise<Readable<string>>,
): Promise<object> {
  const journal = new Journal(SILENT)
  const inventory = { clusterUid: uid, rootCertificates: certificates }
  await recordIdentity(journal, inventory, 'ns', { signal: new AbortController().signal, timeout: 1000 })
  return journal.toReport().cluster
}
const found = (text: string) => () => Promise.resolve({ found: text })
const hidden = () => Promise.resolve(notReadable)

describe('what tells a cluster from others', () => {
  const none = { namespace: '', configMap: '' }

  it('is noted as far as it may be read', async () => {
    expect(await noted(hidden, hidden)).to.deep.equal(none)
    expect(await noted(found('u-1'), hidden)).to.deep.equal({ ...none, uid: 'u-1' })
    const failing = () => Promise.reject(new Error('no answer'))
    expect(await noted(failing, failing)).to.deep.equal(none)
  })

  it('are its certificate authorities, in whatever order they stand', async () => {
    const [one, two] = [certificate('AAA'), certificate('BBB')]
    const digest = async (text: string) => Object.entries(await noted(hidden, found(text)))
    expect(await digest(one + two)).to.deep.equal(await digest(two + one))
    expect(await digest(one)).not.to.deep.equal(await digest(two))
    expect(await noted(hidden, found(one)))
      .to.have.property('rootCaDigest')
      .that.matches(/^sha256:[0-9a-f]{64}$/)
  })

  it('is its address, with the port that it has without one', () => {
    expect(apiHostOf('https://api.prod-1.example:6443')).to.equal('api.prod-1.example:6443')
    expect(apiHostOf('https://api.prod-1.example/k8s/clusters/c-1')).to.equal('api.prod-1.example:443')
    expect(apiHostOf('https://[fd00::1]:6443')).to.equal('[fd00::1]:6443')
    expect(apiHostOf('')).to.equal(undefined)
  })
})
