/** Creates missing objects and applies changes to existing ones. Records a creation before it is requested. */
import { rootlessTimeouts } from '../model/timeouts.ts'
import { describeRef, type FoundObject, isAnother, type ObjectRef } from '../cluster/objects.ts'
import { ApiError, isApiError } from '../cluster/api-error.ts'
import { interruption, type Limits } from '../common/wait.ts'
import { type Tree } from './names.ts'
import { creatorOf, MANAGER, settleFields, signed } from './ownership.ts'
import type { Surveyed, Surveyor } from './survey.ts'

/** An object that a run has asked the API server to create. */
export interface Asked {
  readonly ref: ObjectRef
  readonly tree: Tree
  /** Whether the API server has answered; until then, the object may appear at any time. */
  isAnswered: boolean
}

export interface ObjectApplier extends Surveyor {
  /** The note on everything that it creates. */
  readonly run: string
  /** Objects requested so far. */
  readonly asked: Asked[]
  readonly print: (line: string) => void
}

/** Attempts, because others may create or delete an object meanwhile. */
const ATTEMPTS = 3

/**
 * Creates or applies the objects one by one, in the order of the tree.
 * @throws ApiError; TimeoutError; InterruptedError between two objects
 */
export async function applyObjects(
  applier: ObjectApplier,
  surveyed: readonly Surveyed[],
  limits: Limits,
): Promise<void> {
  for (const one of surveyed) {
    if (limits.signal.aborted) throw interruption(limits.signal, `applying ${describeRef(one.ref)}`)
    await answered(limits.signal, (own) => applyOne(applier, one, own))
  }
}

/**
 * A creation is not aborted with the run: the object might appear after the removal has looked for it. So the suite
 * waits some time for the answer.
 */
async function answered<T>(signal: AbortSignal, work: (limits: Limits) => Promise<T>): Promise<T> {
  const own = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const hurry = () => {
    timer = setTimeout(() => {
      own.abort(signal.reason)
    }, rootlessTimeouts.requestWhenInterrupted)
  }
  signal.addEventListener('abort', hurry, { once: true })
  try {
    return await work({ signal: own.signal, timeout: rootlessTimeouts.request })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', hurry)
  }
}

async function applyOne(applier: ObjectApplier, one: Surveyed, limits: Limits): Promise<void> {
  const { ref } = one
  let { found } = one
  for (let attempt = 1; ; attempt += 1) {
    try {
      if (found === undefined) await create(applier, one, limits)
      else await apply(applier, one, found, limits)
      return
    } catch (error) {
      // The object was created or deleted after the survey.
      const isNews = (isApiError(error, 409) && error.reason === 'AlreadyExists') || isAnother(error)
      if (!isNews || attempt === ATTEMPTS) throw error
      found = await applier.objects.get(ref, limits)
    }
  }
}

async function create(
  applier: ObjectApplier,
  { ref, tree, manifest }: Surveyed,
  limits: Limits,
): Promise<void> {
  const { objects, run, asked, print } = applier
  const note: Asked = { ref, tree, isAnswered: false }
  asked.push(note)
  try {
    const created = await objects.create(ref, signed(ref, manifest, { run, tree }), MANAGER, limits)
    note.isAnswered = true
    print(`${describeRef(ref)} created`)
    await settleFields(objects, ref, created, limits)
  } catch (error) {
    // A refusal is an answer. If the answer was lost, the object may exist, with the note.
    if (error instanceof ApiError) note.isAnswered = true
    throw error
  }
}

async function apply(
  { objects, run, force, print }: ObjectApplier,
  { ref, manifest }: Surveyed,
  found: FoundObject,
  limits: Limits,
): Promise<void> {
  const creator = creatorOf(ref, found.metadata)
  // A killed run may not have done this.
  const before = creator === undefined ? found : await settleFields(objects, ref, found, limits)
  const options = { manager: MANAGER, force: force.isGiven }
  const applied = await objects.apply(ref, before.metadata.uid, manifest, options, limits)
  const isSame = applied.metadata.resourceVersion === before.metadata.resourceVersion
  const whose =
    creator === undefined ? ' was there before,' : creator.run === run ? '' : ' was deployed before,'
  print(`${describeRef(ref)}${whose} ${isSame ? 'unchanged' : 'changed'}`)
}
