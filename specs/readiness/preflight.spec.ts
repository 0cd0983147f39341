import { expect } from 'chai'
import {
  claimed,
  configured,
  criterion,
  describePermission,
  notJudged,
  preconditions,
  reach,
} from '../../support/checkup/index.ts'

describe('preconditions', () => {
  before('look at what can be known before anything is created', reach(preconditions))

  criterion(
    'precondition.configmap',
    'its ConfigMap is there and not in use',
    claimed,
    ({ environment }, witness) => {
      witness('ConfigMap', `${environment.namespace}/${environment.configMap}`)
    },
  )

  criterion('precondition.parameters', 'its parameters are valid', configured, ({ parameters }, witness) => {
    for (const [name, value] of Object.entries(parameters.asUsed)) witness(name, value)
  })

  criterion(
    'precondition.permissions',
    'it may do all that it has to',
    preconditions,
    ({ missingPermissions }) => {
      if (!('found' in missingPermissions)) notJudged(Object.values(missingPermissions).join())
      const missing = missingPermissions.found.map(describePermission)
      if (missing.length > 0) {
        throw new Error(
          `the account may not ${missing.join(', ')}; the README's Permissions section has the roles`,
        )
      }
    },
  )

  criterion('precondition.kubevirt', "KubeVirt's API is served", preconditions, ({ kubeVirt }, witness) => {
    if ('notReadable' in kubeVirt) notJudged(kubeVirt.notReadable)
    expect(kubeVirt, 'the API group kubevirt.io/v1 does not exist: is KubeVirt installed?').to.have.property(
      'found',
    )
    const served = 'found' in kubeVirt ? kubeVirt.found : []
    witness('kubevirt.io/v1 serves', served.join(', '))
    expect(served, 'kubevirt.io/v1 serves no virtualmachineinstances').to.include('virtualmachineinstances')
  })

  criterion(
    'precondition.network',
    'its NetworkAttachmentDefinition exists',
    preconditions,
    ({ nad }, witness) => {
      if ('notReadable' in nad) notJudged(nad.notReadable)
      witness('NetworkAttachmentDefinition', 'found' in nad ? nad.found.metadata.name : 'missing')
      const resource =
        'found' in nad ? nad.found.metadata.annotations?.['k8s.v1.cni.cncf.io/resourceName'] : undefined
      witness('resource of its VFs', resource ?? 'none named')
      expect('missing' in nad ? nad.missing : '', 'missing' in nad ? nad.missing : '').to.equal('')
    },
  )
})
