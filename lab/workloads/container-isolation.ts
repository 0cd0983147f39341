/**
 * Runs a container as a process of this machine. If the lab runs as root, the process has its own namespaces and file
 * system (`sandbox.sh`), with the service account's files at their usual paths. Otherwise it is a plain process, and
 * KUBECONFIG names a file with the service account's token. An annotation and an event of the pod contain the
 * runtime's description: which of both is used, and which parts of the security context are not enforced.
 */
import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SERVICE_ACCOUNT_FOLDER } from '../apiserver/workload-defaults.ts'
import { ContainerProcess, type Entry } from './container-process.ts'
import {
  type ContainerPlan,
  type ContainerRuntime,
  TERMINATION_LOG,
  terminationLog,
} from './container-runtime.ts'
import type { Mount } from './volumes.ts'

const SANDBOX = fileURLToPath(new URL('sandbox.sh', import.meta.url))
/** The arguments of `unshare` that give a container its own namespaces, in which the sandbox starts it. */
const IN_SANDBOX = [
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--propagation',
  'private',
  '--',
  'sh',
  SANDBOX,
] as const
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const NEVER_ENFORCED = 'seccomp profile, resource limits, network namespace'

const NAMESPACES: ContainerRuntime = {
  description:
    'Runs as a process of this machine in mount and PID namespaces of its own: user and group, read-only root ' +
    'file system, volumes, no capabilities and no new privileges are enforced; not enforced: ' +
    `${NEVER_ENFORCED}. The machine's own files can be read`,
  async start(plan) {
    const { command, user, readOnlyRoot, mounts, folder, log } = plan
    const scratch = join(folder, 'root')
    await mkdir(scratch, { recursive: true })
    const message = terminationLog(plan)
    await writeFile(message, '')
    await chmod(message, 0o666)
    const mountWords = mounts.flatMap(({ source, target, writable }) => [
      writable ? 'rw' : 'ro',
      source,
      target,
    ])
    mountWords.push('rw', message, TERMINATION_LOG)
    const args = [
      '--pdeathsig',
      'KILL',
      '--',
      'unshare',
      ...IN_SANDBOX,
      scratch,
      readOnlyRoot ? 'ro' : 'rw',
      String(user.uid),
      String(user.gid),
      groupsOf(plan),
      command.workingDir,
      command.env['PATH'] ?? PATH,
      ...mountWords,
      '--',
      ...command.args,
    ]
    const child = spawn('setpriv', args, {
      env: { ...command.env, PATH },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    const enter = (pid: number, args: readonly string[]) => enterNamespaces(plan, pid, args)
    return new ContainerProcess(child, log, { printsStarted: true, enter })
  },
}

/** Options of `setpriv` for a process with the lab's own user. */
const PLAIN = ['--no-new-privs', '--pdeathsig', 'KILL', '--']

export function plainProcess(why: string): ContainerRuntime {
  return {
    description:
      `Runs as a plain process of this machine, as the lab's own user, because ${why}: nothing of its security ` +
      'context is enforced but that it gets no new privileges. Its service account comes in KUBECONFIG, and ' +
      "variables that name a volume's path name the volume's folder instead",
    async start({ command, mounts, folder, log }) {
      await mkdir(folder, { recursive: true })
      const outside = (path: string) => outsidePath(path, mounts)
      const account = mounts.find(({ target }) => target === SERVICE_ACCOUNT_FOLDER)
      const env = Object.fromEntries(
        Object.entries(command.env).map(([name, value]) => [name, name === 'PATH' ? value : outside(value)]),
      )
      if (account !== undefined)
        env['KUBECONFIG'] = await writeKubeconfig(folder, account.source, command.env)
      const child = spawn('setpriv', [...PLAIN, ...command.args.map(outside)], {
        env,
        cwd: outside(command.workingDir),
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      return new ContainerProcess(child, log, {
        printsStarted: false,
        enter: (_, others) =>
          Promise.resolve({
            program: 'setpriv',
            args: [...PLAIN, ...others.map(outside)],
            env,
            cwd: outside(command.workingDir),
          }),
      })
    },
  }
}

/** The command that runs a program in the namespaces of the container's first process, the only child of `unshare`. */
async function enterNamespaces(
  { command, user, supplementalGroups }: ContainerPlan,
  pid: number,
  args: readonly string[],
): Promise<Entry> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  const [first] = children.trim().split(' ')
  if (first === undefined || first === '') throw new Error('the container has ended')
  const groups =
    supplementalGroups.length === 0 ? ['--clear-groups'] : ['--groups', supplementalGroups.join()]
  return {
    program: 'nsenter',
    args: [
      '--target',
      first,
      '--mount',
      '--pid',
      '--root',
      '--wd',
      '--',
      'setpriv',
      '--reuid',
      String(user.uid),
      '--regid',
      String(user.gid),
      ...groups,
      '--inh-caps=-all',
      '--bounding-set=-all',
      '--no-new-privs',
      '--pdeathsig',
      'KILL',
      '--',
      'env',
      '-C',
      command.workingDir,
      `PATH=${command.env['PATH'] ?? PATH}`,
      ...args,
    ],
    env: { ...command.env, PATH },
  }
}

/** The argument GROUPS of `sandbox.sh`. */
function groupsOf({ supplementalGroups }: ContainerPlan): string {
  return supplementalGroups.length === 0 ? '-' : supplementalGroups.join()
}

/** Namespaces if a test program can run in them on this machine; otherwise plain processes. */
export async function chooseIsolation(folder: string): Promise<ContainerRuntime> {
  if (process.getuid?.() !== 0) return plainProcess('the lab does not run as root')
  const scratch = join(folder, 'isolation-probe')
  await mkdir(scratch, { recursive: true })
  const { status, output, stderr, error } = spawnSync(
    'unshare',
    [...IN_SANDBOX, scratch, 'ro', '65534', '65534', '-', '/', PATH, '--', 'true'],
    { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe', 'pipe'], timeout: 10_000 },
  )
  if (status === 0) return NAMESPACES
  const complaints = `${stderr}${output[3] ?? ''}`.trim()
  const why = error?.message ?? complaints.split('\n').at(-1) ?? 'it failed'
  return plainProcess(`this machine gives it no namespaces (${why})`)
}

/** Converts a path in the container to the path on this machine, by the longest mount that contains it. */
function outsidePath(path: string, mounts: readonly Mount[]): string {
  const holds = ({ target }: Mount) => path === target || path.startsWith(`${target}/`)
  const mount = mounts.filter(holds).sort((left, right) => right.target.length - left.target.length)[0]
  return mount === undefined ? path : join(mount.source, path.slice(mount.target.length))
}

async function writeKubeconfig(
  folder: string,
  account: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const path = join(folder, 'kubeconfig')
  const server = `https://${env['KUBERNETES_SERVICE_HOST'] ?? ''}:${env['KUBERNETES_SERVICE_PORT'] ?? ''}`
  const tokenFile = join(account, 'token')
  // client-node does not support `tokenFile` of a user; it reads a token file with this auth provider.
  const authProvider = { name: 'tokenFile', config: { tokenFile } }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'lab', cluster: { server, 'certificate-authority': join(account, 'ca.crt') } }],
    users: [{ name: 'pod', user: { tokenFile, 'auth-provider': authProvider } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'pod' } }],
    'current-context': 'lab',
  }
  await writeFile(path, JSON.stringify(config), { mode: 0o600 })
  return path
}
