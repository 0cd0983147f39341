/** The folder with everything that a lab and its guests store on the host: kubeconfigs, sockets, disks. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { LabError } from '../lab-error.ts'
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts'

const PREFIX = 'dpdk-lab-'
const OWNER = 'owner.json'
/** A younger folder without an owner's file may belong to a process that is about to write it. */
const OWNERLESS_AGE_MS = 10 * 60_000
/** Bytes. The kernel limits a socket's path to 107 bytes, and the guest's folder and the socket's name follow. */
const MAX_PARENT_BYTES = 40

export class Workspace implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Creates a workspace, and removes those whose owners are dead. */
  static async create(parent = shortTemporaryFolder()): Promise<Workspace> {
    await sweep(parent)
    const workspace = new Workspace(await mkdtemp(join(parent, PREFIX)))
    const owner = await identify(process.pid)
    if (owner === undefined) throw new LabError('workspace', 'This process has no entry in /proc.')
    await writeFile(join(workspace.path, OWNER), JSON.stringify(owner))
    return workspace
  }

  /** Creates a folder inside. */
  async folder(name: string): Promise<string> {
    const path = join(this.path, name)
    await mkdir(path)
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

/** Removes the workspaces under `parent` whose owner is dead; returns their paths. */
export async function sweep(parent: string): Promise<string[]> {
  const names = (await readdir(parent).catch(() => [])).filter((name) => name.startsWith(PREFIX))
  const swept: string[] = []
  for (const path of names.map((name) => join(parent, name))) {
    if (!(await isAbandoned(path))) continue
    await rm(path, { recursive: true, force: true })
    swept.push(path)
  }
  return swept
}

async function isAbandoned(path: string): Promise<boolean> {
  const folder = await stat(path).catch(() => undefined)
  if (!folder?.isDirectory() || folder.uid !== process.getuid?.()) return false
  const owner = await readFile(join(path, OWNER), 'utf8')
    .then((text) => JSON.parse(text) as ProcessIdentity)
    .catch(() => undefined)
  if (owner === undefined) return Date.now() - folder.mtimeMs > OWNERLESS_AGE_MS
  return !(await isAlive(owner))
}

function shortTemporaryFolder(): string {
  const folder = tmpdir()
  return Buffer.byteLength(folder) <= MAX_PARENT_BYTES ? folder : '/tmp'
}
