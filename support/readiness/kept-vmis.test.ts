import { RUN_LABEL, type TestbedPlan } from '../model/testbed.ts'
import { expect } from 'chai'
import { ApiError } from '../cluster/api-error.ts'
import type { Vmi, Vmis } from '../cluster/vmi.ts'
import { describeKept } from './kept-vmis.ts'

const TESTBED = {
  namespace: 'ns',
  labels: { [RUN_LABEL]: 'run-1' },
  ownerReferences: [],
  vmis: {
    'vm-under-test': { role: 'vm-under-test', name: 'vmi-under-test-x' },
    'traffic-generator': { role: 'traffic-generator', name: 'dpdk-traffic-gen-x' },
  },
} as unknown as TestbedPlan

/** The sentences if reading the two VMIs gives these answers, in this order. */
async function said(...answers: readonly ('there' | number)[]): Promise<string> {
  const left = [...answers]
  const get = (): Promise<Vmi> => {
    const answer = left.shift()
    if (typeof answer !== 'number') return Promise.resolve({ metadata: { name: 'x' } })
    return Promise.reject(new ApiError('reading it', answer, 'no'))
  }
  const limits = { signal: new AbortController().signal, timeout: 100 }
  return (await describeKept({ vmis: { get } as unknown as Vmis }, TESTBED, limits)).join('\n')
}

describe('what is said of VMIs that were kept', () => {
  it('names those that are there, and how to remove them', async () => {
    const both = await said('there', 'there')
    expect(both).to.include('virtctl console -n ns vmi-under-test-x')
    expect(both).to.include('virtctl console -n ns dpdk-traffic-gen-x')
    expect(both).to.include('npx dpdk-checkup clean --namespace ns --run run-1')
  })

  it('does not send anybody to one that is gone, and forgets none that could not be asked for', async () => {
    const one = await said(404, 500)
    expect(one).to.include('dpdk-traffic-gen-x').and.not.include('vmi-under-test-x')
  })

  it('is nothing where none is left', async () => {
    expect(await said(404, 404)).to.equal('')
  })
})
