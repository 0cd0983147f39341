/** A plan and recorded answers for tests of testpmd's session and of its start. */
import { expect } from 'chai'
import { answersTo, readTranscript } from '../testing/transcript.ts'
import type { TestpmdPlan } from './command.ts'

export const PLAN: TestpmdPlan = {
  lcores: '0@2-3,1@4,2@5,3@6,4@7',
  ports: ['0000:06:00.0', '0000:07:00.0'],
  queues: 4,
  forwardingCores: 4,
  hugepageDir: '/mnt/huge',
  socketMemoryMiB: 1024,
  peers: ['52:54:00:00:02:06', '52:54:00:00:02:07'],
}

export const LOSSLESS = readTranscript('testpmd/mac-forward-vmxnet3-4q.lossless.serial')

export const answers = (typed: string) => answersTo(LOSSLESS, 'testpmd> ', typed)
export const only = (typed: string) => answers(typed)[0] ?? ''

/** The error of a promise that must reject. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('was not rejected'),
    (error: unknown) => error,
  )
}
