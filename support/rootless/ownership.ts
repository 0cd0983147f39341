/**
 * Records who created an object, in the object itself, by the request that creates it. An apply never carries this
 * note, so existing objects never become ours, and any later process can recognize ours.
 */
import type { FoundMetadata, FoundObject, Manifest, ObjectRef, Objects } from '../cluster/objects.ts'
import { describeRef } from '../cluster/objects.ts'
import { isApiError } from '../cluster/api-error.ts'
import type { Limits } from '../common/wait.ts'
import type { Tree } from './names.ts'

/** Field manager of all applies. */
export const MANAGER = 'rootless-dpdk'

/** Which run created it: a deploy command or a suite. */
const RUN_LABEL = 'kubevirt-dpdk-checkup/created-by-run'
/** The tree it was created for. */
export const TREE_LABEL = 'kubevirt-dpdk-checkup/created-for'
/** The created object: a copy under another name, or of another kind, is not ours although it has the labels. */
const OBJECT_ANNOTATION = 'kubevirt-dpdk-checkup/created-as'

export interface Creator {
  readonly run: string
  readonly tree: string
}

/** The manifest of an object to create, with the note of its creator. */
export function signed(
  ref: ObjectRef,
  manifest: Manifest,
  { run, tree }: { run: string; tree: Tree },
): Manifest {
  const { metadata } = manifest
  return {
    ...manifest,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [RUN_LABEL]: run, [TREE_LABEL]: tree },
      annotations: { ...metadata.annotations, [OBJECT_ANNOTATION]: titleOf(ref) },
    },
  }
}

/** The run that created it; undefined if none of ours did. */
export function creatorOf(ref: ObjectRef, { labels, annotations }: FoundMetadata): Creator | undefined {
  const run = labels?.[RUN_LABEL]
  const tree = labels?.[TREE_LABEL]
  if (run === undefined || tree === undefined) return undefined
  return annotations?.[OBJECT_ANNOTATION] === titleOf(ref) ? { run, tree } : undefined
}

function titleOf(ref: ObjectRef): string {
  return ref.namespace === undefined ? describeRef(ref) : `${ref.namespace}/${describeRef(ref)}`
}

/** Attempts after conflicts with other writers. */
const ATTEMPTS = 5

/**
 * Transfers the fields of an object that we created to the field manager of our applies; otherwise the next apply would
 * conflict with the creation. The annotation with our note gets no field manager, so a server-side apply never removes
 * it. Returns the updated object.
 */
export async function settleFields(
  objects: Objects,
  ref: ObjectRef,
  created: FoundObject,
  limits: Limits,
): Promise<FoundObject> {
  let object = created
  for (let attempt = 1; ; attempt += 1) {
    const entries = object.metadata.managedFields ?? []
    const index = entries.findIndex(
      ({ manager, operation, subresource }) =>
        manager === MANAGER && operation === 'Update' && (subresource ?? '') === '',
    )
    const entry = entries[index]
    if (entry === undefined) return object
    const path = `/metadata/managedFields/${index}`
    const settled = { ...entry, operation: 'Apply', fieldsV1: withoutNote(entry.fieldsV1 ?? {}) }
    try {
      return await objects.jsonPatch(
        ref,
        [
          { op: 'test', path: '/metadata/uid', value: object.metadata.uid },
          { op: 'test', path: `${path}/manager`, value: MANAGER },
          { op: 'test', path: `${path}/operation`, value: 'Update' },
          { op: 'replace', path, value: settled },
        ],
        limits,
      )
    } catch (error) {
      if (!isApiError(error, 409, 422) || attempt === ATTEMPTS) throw error
      const again = await objects.get(ref, limits)
      // The object is gone or was replaced by another one: nothing to do.
      if (again?.metadata.uid !== created.metadata.uid) return object
      object = again
    }
  }
}

type Fields = Readonly<Record<string, unknown>>

/** Fields in the notation of `metadata.managedFields`, without the fields of the suite's own annotation. */
function withoutNote(fields: Fields): Fields {
  return without(fields, 'f:metadata', (all) =>
    without(
      without(all, 'f:labels', (labels) => omit(labels, `f:${RUN_LABEL}`, `f:${TREE_LABEL}`)),
      'f:annotations',
      (annotations) => omit(annotations, `f:${OBJECT_ANNOTATION}`),
    ),
  )
}

/** Changes one part; removes it if only its own mark `.` is left. */
function without(fields: Fields, name: string, change: (part: Fields) => Fields): Fields {
  const part = fields[name]
  if (typeof part !== 'object' || part === null) return fields
  const changed = change(part as Fields)
  const isEmpty = Object.keys(changed).every((key) => key === '.')
  return isEmpty ? omit(fields, name) : { ...fields, [name]: changed }
}

function omit(fields: Fields, ...names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}
