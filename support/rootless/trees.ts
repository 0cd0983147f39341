/** The kustomize trees in `fixtures/rootless`, rendered by kubectl with the parameters of a run. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import type { Manifest } from '../cluster/objects.ts'
import { SuiteError } from '../common/errors.ts'
import type { Limits } from '../common/wait.ts'
import type { Kubectl } from './kubectl.ts'
import { FIXTURES, type RenderedTree } from './names.ts'
import type { RootlessParameters, Variant } from './parameters.ts'

/** The folder of a tree below `fixtures/rootless`. */
function treePath(tree: RenderedTree, variant: Variant, parameters: RootlessParameters): string {
  switch (tree) {
    case 'machineconfig':
    case 'sriov-network-node-policy':
      return tree
    case 'prerequisites':
      return `${tree}/overlays/${parameters.MAC_DPDK_OVERRIDE === '' ? 'default' : 'mac-override'}`
    case 'testpmd-portforwarder':
    case 'testpmd-tap':
    case 'testpmd-source':
      return `${tree}/overlays/${variant}`
  }
}

/**
 * The tree as YAML. kustomize reads parameters only from a file below its own folders, so it gets a copy of the tree.
 * @throws SuiteError `kubectl` with kustomize's message
 */
export async function render(
  kubectl: Kubectl,
  tree: RenderedTree,
  { parameters, variant }: { readonly parameters: RootlessParameters; readonly variant: Variant },
  limits: Limits,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rootless-dpdk-'))
  try {
    await cp(fileURLToPath(FIXTURES), folder, { recursive: true })
    const lines = Object.entries(parameters).map(([name, value]) => `${name}=${value}\n`)
    await writeFile(join(folder, 'parameters', 'parameters.env'), lines.join(''))
    return await kubectl(['kustomize', join(folder, treePath(tree, variant, parameters))], limits)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The objects of rendered YAML. @throws SuiteError `unparsable` */
export function manifestsOf(yaml: string): Manifest[] {
  return parseAllDocuments(yaml).map((document) => {
    if ('errors' in document && document.errors.length > 0)
      throw new SuiteError('unparsable', `kustomize rendered no YAML: ${document.errors[0]?.message ?? ''}`)
    return document.toJS() as Manifest
  })
}
