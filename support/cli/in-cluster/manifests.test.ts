import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse, parseAllDocuments } from 'yaml'
import { DEFAULT_CONFIG_MAP, DEFAULT_JOB } from '../job-names.ts'
import { mirrorCommand, pulledImages } from './images.ts'
import { checkupManifests, yamlOf } from './manifests.ts'

const fixture = (name: string) =>
  readFileSync(new URL(`../../../fixtures/manifests/${name}.yaml`, import.meta.url), 'utf8')

describe('the manifests of a checkup', () => {
  it('are those of fixtures/manifests where nothing is filled in', () => {
    const data = (parse(fixture('configmap')) as { data: Record<string, string> }).data
    const { rbac, configMap, job } = checkupManifests({ data })
    expect(rbac).to.deep.equal(parseAllDocuments(fixture('permissions')).map((one) => one.toJS() as unknown))
    expect(configMap).to.deep.equal(parse(fixture('configmap')))
    expect(job).to.deep.equal(parse(fixture('job')))
    expect(configMap.metadata.name).to.equal(DEFAULT_CONFIG_MAP)
    expect(job.metadata.name).to.equal(DEFAULT_JOB)
  })

  it('have what was asked for', () => {
    const all = checkupManifests({
      namespace: 'ns',
      data: { 'spec.timeout': '10m' },
      image: 'r.example/x:1',
      pullSecret: 'secret',
      suffix: '-abc',
    })
    const documents = parseAllDocuments(yamlOf([...all.rbac, all.configMap, all.job])).map(
      (one) => one.toJS() as { kind: string; metadata: { namespace: string }; subjects?: unknown },
    )
    expect(new Set(documents.map(({ metadata }) => metadata.namespace))).to.deep.equal(new Set(['ns']))
    const subject = { kind: 'ServiceAccount', name: 'dpdk-checkup-sa', namespace: 'ns' }
    for (const { subjects } of documents.filter(({ kind }) => kind === 'RoleBinding'))
      expect(subjects).to.deep.equal([subject])
    const labels = {
      'kiagnose/checkup-type': 'kubevirt-dpdk',
      'app.kubernetes.io/name': 'kubevirt-dpdk-checkup',
    }
    expect(documents.at(-2)).to.deep.include({
      metadata: { name: 'dpdk-checkup-config-abc', namespace: 'ns', labels },
      data: { 'spec.timeout': '10m' },
    })
    const job = documents.at(-1) as unknown as {
      metadata: object
      spec: {
        template: {
          spec: {
            imagePullSecrets: object[]
            containers: { image: string; env: { name: string; value: string }[] }[]
          }
        }
      }
    }
    const { imagePullSecrets, containers } = job.spec.template.spec
    expect(job.metadata).to.deep.equal({ name: 'dpdk-checkup-abc', namespace: 'ns', labels })
    expect(imagePullSecrets).to.deep.equal([{ name: 'secret' }])
    expect(containers[0]?.image).to.equal('r.example/x:1')
    expect(containers[0]?.env.find(({ name }) => name === 'CONFIGMAP_NAME')?.value).to.equal(
      'dpdk-checkup-config-abc',
    )
  })
})

describe('the images of a checkup', () => {
  it('are the suite and both container disks, with digests where they are known', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const pulled = pulledImages(`r.example/p/suite@${digest}`, {
      'spec.param.vmUnderTestContainerDiskImage': 'r.example/vm:2',
    })
    expect(pulled.map(({ reference, digest: known }) => [reference, known])).to.deep.equal([
      [`r.example/p/suite@${digest}`, digest],
      ['r.example/vm:2', undefined],
      ['quay.io/kiagnose/kubevirt-dpdk-checkup-traffic-gen:main', undefined],
    ])
    expect(pulled.map((one) => mirrorCommand(one, 'internal.example/dpdk/'))).to.deep.equal([
      `skopeo copy --all docker://r.example/p/suite@${digest} docker://internal.example/dpdk/suite`,
      'skopeo copy --all docker://r.example/vm:2 docker://internal.example/dpdk/vm:2',
      'skopeo copy --all docker://quay.io/kiagnose/kubevirt-dpdk-checkup-traffic-gen:main docker://internal.example/dpdk/kubevirt-dpdk-checkup-traffic-gen:main',
    ])
  })
})
