/**
 * Reads kubeconfigs as kubectl does (client-go, tools/clientcmd): a list of files is merged into one, the first file
 * with an entry of a name wins, and paths are relative to the file that contains them. client-node reads only one file,
 * ignores some keys and refuses entries that nothing refers to.
 */
import { dirname, resolve } from 'node:path'
import { parseAllDocuments, type Tags } from 'yaml'
import { z } from 'zod'
import { describeError, InvalidInputError } from '../common/errors.ts'
import { readLimited } from '../common/read-limited.ts'

/** Like kubectl, refuses numbers: `name: 7` is a number, `name: "7"` is a name. */
const text = z
  .string({
    error: ({ input }) =>
      typeof input === 'number' || typeof input === 'boolean'
        ? `is ${String(input)}, which is a ${typeof input}: put such text in quotes`
        : 'must be text',
  })
  .nullish()
  .transform((value) => value ?? '')
const list = <T extends z.ZodType>(entry: T) =>
  z
    .array(entry, { error: 'must be a list' })
    .nullish()
    .transform((value) => value ?? [])
const flag = z
  .boolean({ error: 'must be true or false' })
  .nullish()
  .transform((value) => value ?? false)
const part = <T extends z.ZodRawShape>(shape: T) => z.object(shape, { error: 'must be a mapping' })

/** Standard base64, with or without line breaks. */
const base64 = text.refine((value) => /^[A-Za-z0-9+/]*={0,2}$/.test(value.replace(/[\r\n]/g, '')), {
  error: 'is not base64',
})

const execSchema = part({
  apiVersion: text,
  command: text,
  args: list(z.string({ error: 'must be text' })),
  env: list(part({ name: text, value: text })),
  installHint: text,
  interactiveMode: text,
  provideClusterInfo: flag,
})
export type ExecConfig = z.infer<typeof execSchema>

const clusterSchema = part({
  server: text,
  'certificate-authority': text,
  'certificate-authority-data': base64,
  'insecure-skip-tls-verify': flag,
  'tls-server-name': text,
  'proxy-url': text,
  'disable-compression': flag,
  extensions: list(part({ name: text, extension: z.unknown() })),
})
export type ClusterConfig = z.infer<typeof clusterSchema>

const userSchema = part({
  token: text,
  tokenFile: text,
  username: text,
  password: text,
  'client-certificate': text,
  'client-certificate-data': base64,
  'client-key': text,
  'client-key-data': base64,
  as: text,
  'as-uid': text,
  'as-groups': list(z.string({ error: 'must be text' })),
  'as-user-extra': z
    .record(z.string(), list(z.string()), { error: 'must be a mapping of lists' })
    .nullish()
    .transform((value) => value ?? {}),
  exec: execSchema.nullish(),
  'auth-provider': part({ name: text, config: z.record(z.string(), z.unknown()).nullish() }).nullish(),
})
export type UserConfig = z.infer<typeof userSchema>

/** An entry of a kubeconfig; its other keys are dropped. */
export const clusterConfig = (entry: z.input<typeof clusterSchema>): ClusterConfig =>
  clusterSchema.parse(entry)
export const userConfig = (entry: z.input<typeof userSchema>): UserConfig => userSchema.parse(entry)

const contextSchema = part({ cluster: text, user: text, namespace: text })
export type ContextConfig = z.infer<typeof contextSchema>

/** An entry without content counts as empty, which matters only if it is used. */
const or = <T extends z.ZodType>(schema: T) => z.preprocess((value) => value ?? {}, schema)

const fileSchema = part({
  apiVersion: text,
  kind: text,
  clusters: list(part({ name: text, cluster: or(clusterSchema) })),
  users: list(part({ name: text, user: or(userSchema) })),
  contexts: list(part({ name: text, context: or(contextSchema) })),
  'current-context': text,
})
type KubeconfigFile = z.infer<typeof fileSchema>

export interface Kubeconfig {
  readonly clusters: ReadonlyMap<string, ClusterConfig>
  readonly users: ReadonlyMap<string, UserConfig>
  readonly contexts: ReadonlyMap<string, ContextConfig>
  /** Empty if no file names one. */
  readonly currentContext: string
  /** The files of the list that exist, without the file that `--context` adds. */
  readonly files: readonly string[]
  /** The files that only choose the current context: `--context` creates such a file, which users do not know. */
  readonly choices: readonly string[]
}

/**
 * Reads the files of a list; skips empty and repeated names, and files that do not exist.
 * @throws InvalidInputError naming every existing file that cannot be used
 */
export function readKubeconfig(paths: readonly string[]): Kubeconfig {
  const violations: string[] = []
  const files: string[] = []
  const choices: string[] = []
  const clusters = new Map<string, ClusterConfig>()
  const users = new Map<string, UserConfig>()
  const contexts = new Map<string, ContextConfig>()
  let currentContext = ''
  for (const path of new Set(paths.filter((name) => name !== ''))) {
    try {
      const file = readFile(path)
      if (file === undefined) continue
      const hasEntries = file.clusters.length + file.users.length + file.contexts.length > 0
      ;(hasEntries || file['current-context'] === '' ? files : choices).push(path)
      const folder = resolve(dirname(path))
      for (const { name, cluster } of file.clusters) addFirst(clusters, name, placedCluster(cluster, folder))
      for (const { name, user } of file.users) addFirst(users, name, placedUser(user, folder))
      for (const { name, context } of file.contexts) addFirst(contexts, name, context)
      currentContext ||= file['current-context']
    } catch (error) {
      violations.push(`the kubeconfig ${path} cannot be used: ${describeError(error)}`)
    }
  }
  if (violations.length > 0) throw new InvalidInputError(violations)
  return { clusters, users, contexts, currentContext, files, choices }
}

/** With certificates of some hundred clusters it has less. */
const MOST_BYTES = 16 * 2 ** 20

/** Undefined if the file does not exist. */
function readFile(path: string): KubeconfigFile | undefined {
  let content: string
  try {
    content = decode(readLimited(path, MOST_BYTES))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  // kubectl reads the first of several documents, and the last of repeated keys.
  const [document] = parseAllDocuments(content, { uniqueKeys: false, version: '1.1', customTags: tagsOfGo })
  if (document !== undefined && 'errors' in document && document.errors[0] !== undefined) {
    // The lines after the first quote the file, which has secrets.
    const [sentence = ''] = document.errors[0].message.split(/:?\n/)
    throw new Error(sentence)
  }
  const parsed = fileSchema.safeParse(document?.toJS() ?? {})
  if (!parsed.success) throw new InvalidInputError(parsed.error.issues.map(describeIssue))
  const { apiVersion, kind } = parsed.data
  if ((kind !== '' && kind !== 'Config') || (apiVersion !== '' && apiVersion !== 'v1'))
    throw new InvalidInputError([`it is a ${kind} ${apiVersion}`.trim() + ', not a Config v1'])
  const { clusters, users, contexts } = parsed.data
  mustBeDistinct({ clusters, users, contexts })
  return parsed.data
}

/**
 * kubectl's YAML is go-yaml 2: version 1.1, with merge keys and `yes` for true, but dates and `1:30` are text (its
 * resolve.go and README).
 */
function tagsOfGo(tags: Tags): Tags {
  return tags.filter(
    (tag) => typeof tag === 'string' || !(tag.tag.endsWith(':timestamp') || tag.format === 'TIME'),
  )
}

/** PowerShell writes redirected output as UTF-16, with a byte order mark; YAML, and so kubectl, allows that. */
function decode(bytes: Buffer): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  return bytes.toString('utf8')
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const place = path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('')
  return `${place || 'it'} ${message}`
}

function mustBeDistinct(lists: Readonly<Record<string, readonly { readonly name: string }[]>>): void {
  for (const [key, entries] of Object.entries(lists)) {
    const names = entries.map(({ name }) => name)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) throw new InvalidInputError([`two of its ${key} have the name "${twice}"`])
  }
}

function addFirst<T>(entries: Map<string, T>, name: string, entry: T): void {
  if (!entries.has(name)) entries.set(name, entry)
}

/** With absolute paths. A server without a scheme means http. */
function placedCluster(cluster: ClusterConfig, folder: string): ClusterConfig {
  const { server } = cluster
  return {
    ...cluster,
    server: server === '' || server.includes('://') ? server : `http://${server}`,
    'certificate-authority': placed(cluster['certificate-authority'], folder),
  }
}

function placedUser(user: UserConfig, folder: string): UserConfig {
  const { exec } = user
  // A command without a slash is searched in PATH.
  const command = exec?.command.includes('/') === true ? placed(exec.command, folder) : exec?.command
  return {
    ...user,
    tokenFile: placed(user.tokenFile, folder),
    'client-certificate': placed(user['client-certificate'], folder),
    'client-key': placed(user['client-key'], folder),
    exec: exec == null ? exec : { ...exec, command: command ?? '', interactiveMode: modeOf(exec) },
  }
}

function placed(path: string, folder: string): string {
  return path === '' ? '' : resolve(folder, path)
}

/** Optional in versions before v1. */
function modeOf({ apiVersion, interactiveMode }: ExecConfig): string {
  return interactiveMode === '' && apiVersion.endsWith('beta1') ? 'IfAvailable' : interactiveMode
}
