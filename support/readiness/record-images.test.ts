import { expect } from 'chai'
import type { Readable } from '../cluster/inventory.ts'
import type { Pod } from '../cluster/schemas/pod.ts'
import { ApiError } from '../cluster/api-error.ts'
import { SILENT } from '../report/silent-progress.ts'
import { Run } from '../run/run.ts'
import { recordOwnImage } from './record-images.ts'

const OWN = { name: 'dpdk-checkup-x', uid: 'uid-1' }
const IMAGE = `registry.example/dpdk/kubevirt-dpdk-checkup@sha256:${'a'.repeat(64)}`
const PROXY = { name: 'a-proxy', imageID: `registry.example/proxy@sha256:${'b'.repeat(64)}` }

function podOf(uid: string, ...containerStatuses: { name: string; imageID: string }[]): Readable<Pod> {
  return { found: { metadata: { name: OWN.name, uid }, status: { containerStatuses } } }
}

async function imageOf(read: Readable<Pod> | Error, { hasPod = true } = {}): Promise<string | undefined> {
  const run = new Run(SILENT)
  const podNamed = () => (read instanceof Error ? Promise.reject(read) : Promise.resolve(read))
  await recordOwnImage(run, { podNamed }, 'ns', hasPod ? OWN : undefined)
  run.end()
  return run.journal.toReport().suite.image
}

describe("the suite's own image", () => {
  it('is told with its digest, as the status of its pod has it', async () => {
    for (const imageID of [IMAGE, `docker-pullable://${IMAGE}`])
      expect(await imageOf(podOf(OWN.uid, { name: 'any', imageID }))).to.equal(IMAGE)
  })

  it('is that of its own container, where others are beside it', async () => {
    const own = { name: 'dpdk-checkup', imageID: IMAGE }
    expect(await imageOf(podOf(OWN.uid, PROXY, own))).to.equal(IMAGE)
  })

  it('stays unknown without a pod, without the right to list pods, and without a digest', async () => {
    const own = podOf(OWN.uid, { name: 'dpdk-checkup', imageID: IMAGE })
    expect(await imageOf(own, { hasPod: false })).to.equal(undefined)
    expect(await imageOf({ notReadable: 'no permission to read pod ns/x' })).to.equal(undefined)
    expect(await imageOf({ missing: 'pod ns/x does not exist' })).to.equal(undefined)
    expect(await imageOf(new ApiError('reading pod ns/x', 500, ''))).to.equal(undefined)
    expect(await imageOf(podOf('of another pod', PROXY))).to.equal(undefined)
    for (const imageID of ['', `sha256:${'a'.repeat(64)}`])
      expect(await imageOf(podOf(OWN.uid, { name: 'dpdk-checkup', imageID })), imageID).to.equal(undefined)
  })
})
