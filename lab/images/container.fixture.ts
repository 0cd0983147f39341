/**
 * Runs an image like a container of a restricted pod: unpacks its archive and uses only util-linux. Container
 * runtimes need cgroups, which are missing if this machine is itself a container.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { WatchedProcess } from '../watched-process.ts'

const run = promisify(execFile)

/** The relevant part of an image's configuration (OCI image specification, config.md). */
const configSchema = z.object({
  config: z.object({
    User: z.string().default(''),
    Env: z.array(z.string()).default([]),
    Entrypoint: z.array(z.string()).default([]),
    Cmd: z.array(z.string()).nullish(),
    WorkingDir: z.string().default('/'),
  }),
})
const descriptor = z.object({ digest: z.string() })
const indexSchema = z.object({ manifests: z.array(descriptor).min(1) })
const manifestSchema = z.object({ config: descriptor, layers: z.array(descriptor).min(1) })

export type ImageConfig = z.infer<typeof configSchema>['config']

/**
 * Runs as process 1 of its own namespaces: makes the container's mounts, then replaces itself with the program. The
 * change of user drops the capabilities that changing root and user needs, and `--no-new-privs` keeps the program
 * from regaining them. Arguments: the root, the working directory, the uid, the number of mounts, source and
 * destination of each, then the program. The environment is already the container's.
 */
const ENTER = `
set -eu
root=$1 folder=$2 uid=$3 mounts=$4
shift 4
mount --bind "$root" "$root"
mkdir -p "$root/proc" "$root/tmp" "$root/dev"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/tmp"
for device in null zero random urandom; do
  : >>"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
while [ "$mounts" -gt 0 ]; do
  mkdir -p "$root$2"
  mount --bind "$1" "$root$2"
  mount -o remount,bind,ro,nosuid,nodev,noexec "$root$2"
  mounts=$((mounts - 1))
  shift 2
done
mount -o remount,bind,ro,nosuid "$root"
exec setpriv --no-new-privs --inh-caps=-all --ambient-caps=-all \
  --bounding-set=-all,+sys_chroot,+setuid,+setgid \
  unshare --root="$root" --wd="$folder" --setgid=0 --setuid="$uid" "$@"
`

/** Options of a container, named like the fields of a pod's specification. */
export interface ContainerOptions {
  readonly uid: number
  readonly env?: Readonly<Record<string, string>>
  /** Read-only mounts: folders of this machine by mount path. */
  readonly mounts?: Readonly<Record<string, string>>
  /** Replaces the image's entry point. */
  readonly args?: readonly string[]
}

export class UnpackedImage implements AsyncDisposable {
  readonly config: ImageConfig
  /** Path of its root file system. */
  readonly root: string
  readonly #folder: string

  private constructor(config: ImageConfig, folder: string) {
    this.config = config
    this.root = join(folder, 'root')
    this.#folder = folder
  }

  /** @param archive an OCI archive (image-layout in a tar) */
  static async unpack(archive: string): Promise<UnpackedImage> {
    const folder = await mkdtemp(join(tmpdir(), 'unpacked-image-'))
    const layout = join(folder, 'layout')
    await mkdir(layout)
    await mkdir(join(folder, 'root'))
    await run('tar', ['-xf', archive, '-C', layout])
    const blob = (digest: string) => join(layout, 'blobs', ...digest.split(':'))
    const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))
    const [first] = indexSchema.parse(await read(join(layout, 'index.json'))).manifests
    const manifest = manifestSchema.parse(await read(blob(first?.digest ?? '')))
    for (const { digest } of manifest.layers)
      await run('tar', ['-xzpf', blob(digest), '-C', join(folder, 'root'), '--numeric-owner'])
    const { config } = configSchema.parse(await read(blob(manifest.config.digest)))
    await rm(layout, { recursive: true })
    return new UnpackedImage(config, folder)
  }

  /**
   * Starts a container under the restricted pod security standard: any uid, group 0, no capabilities, no new
   * privileges, a read-only root file system and a writable /tmp. It shares this machine's network.
   */
  start({ uid, env = {}, mounts = {}, args }: ContainerOptions): Container {
    const { Env, Entrypoint, Cmd, WorkingDir } = this.config
    const own = Env.map((entry): [string, string] => {
      const [name = '', ...value] = entry.split('=')
      return [name, value.join('=')]
    })
    const program = args ?? [...Entrypoint, ...(Cmd ?? [])]
    const volumes = Object.entries(mounts).flatMap(([destination, source]) => [source, destination])
    const enter = ['sh', '-c', ENTER, 'enter', this.root, WorkingDir, String(uid)]
    const inside = [...enter, String(volumes.length / 2), ...volumes, ...program]
    const namespaces = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child']
    const child = spawn('unshare', [...namespaces, ...inside], {
      env: { ...Object.fromEntries(own), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new Container(child)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }
}

export class Container extends WatchedProcess {
  constructor(child: ChildProcess) {
    super('the container', child)
  }

  /** Sends SIGTERM to the container's process 1, like the kubelet. */
  async terminate(): Promise<void> {
    const pid = this.process.pid ?? 0
    const [first] = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ')
    process.kill(Number(first), 'SIGTERM')
  }

  async end(): Promise<{ readonly exitCode: number | null; readonly output: string }> {
    const exitCode = await this.exitCode
    return { exitCode, output: this.output }
  }
}
