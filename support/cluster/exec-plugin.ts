/**
 * Credentials from a kubeconfig's credential plugin (`users[].user.exec`), as in client-go: the plugin gets information
 * on the cluster if it requests that, runs once for all requests, and again when its credentials have expired.
 */
import { spawn } from 'node:child_process'
import { z } from 'zod'
import { describeError, SuiteError } from '../common/errors.ts'
import { shorten } from '../common/text.ts'
import type { ExecConfig } from './kubeconfig.ts'
import { cleanToken } from './token.ts'

export const EXEC_API_VERSIONS: readonly string[] = [
  'client.authentication.k8s.io/v1',
  'client.authentication.k8s.io/v1beta1',
]
export const INTERACTIVE_MODES: readonly string[] = ['Never', 'IfAvailable', 'Always']

const credentialSchema = z.object({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.object({
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
    expirationTimestamp: z.string().nullish(),
  }),
})

export interface ExecCredential {
  readonly token: string | undefined
  /** PEM. */
  readonly certificate: { readonly cert: string; readonly key: string } | undefined
}

export interface ExecPluginOptions {
  readonly config: ExecConfig
  /** For `KUBERNETES_EXEC_INFO`; the program gets it if it requests it (`provideClusterInfo`). */
  readonly cluster: object
  readonly env: NodeJS.ProcessEnv
}

interface Given {
  readonly credential: ExecCredential
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export class ExecPlugin {
  readonly #options: ExecPluginOptions
  #given: Given | undefined
  #asking: Promise<Given> | undefined

  constructor(options: ExecPluginOptions) {
    this.#options = options
  }

  /** @throws SuiteError `no-credentials` with the program's output */
  async credential(): Promise<ExecCredential> {
    if (this.#given === undefined || Date.now() >= this.#given.expiresAt) {
      // All requests share one run of the program, because it may prompt the user.
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined
      })
      this.#given = await this.#asking
    }
    return this.#given.credential
  }

  async #ask(): Promise<Given> {
    const { config } = this.#options
    try {
      return readCredential(await this.#run(), config)
    } catch (error) {
      const hint = config.installHint.trim()
      const why = isMissing(error)
        ? `there is no such program${hint === '' ? '' : `; ${hint}`}`
        : describeError(error)
      throw new SuiteError(
        'no-credentials',
        `the credential plugin ${config.command} returned no credentials: ${why}`,
      )
    }
  }

  /** Runs the program. It may use the terminal if there is one and the kubeconfig requests it. @returns its output */
  #run(): Promise<string> {
    const { config, cluster, env } = this.#options
    const isTerminal = process.stdin.isTTY
    if (config.interactiveMode === 'Always' && !isTerminal)
      throw new Error('it needs a terminal (interactiveMode: Always), and there is none')
    const interactive = config.interactiveMode !== 'Never' && isTerminal
    const info = {
      kind: 'ExecCredential',
      apiVersion: config.apiVersion,
      spec: { interactive, ...(config.provideClusterInfo ? { cluster } : {}) },
    }
    const child = spawn(config.command, config.args, {
      env: {
        ...env,
        ...Object.fromEntries(config.env.map(({ name, value }) => [name, value])),
        KUBERNETES_EXEC_INFO: JSON.stringify(info),
      },
      stdio: [interactive ? 'inherit' : 'ignore', 'pipe', interactive ? 'inherit' : 'pipe'],
    })
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const printed: Buffer[] = []
    const complained: Buffer[] = []
    child.stdout?.on('data', (data: Buffer) => printed.push(data))
    child.stderr?.on('data', (data: Buffer) => complained.push(data))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(printed).toString('utf8'))
      else {
        const text = Buffer.concat(complained).toString('utf8').trim()
        const end = signal === null ? `exit code ${code ?? ''}` : signal
        reject(new Error(text === '' ? end : `${end}: ${shorten(text, LONGEST_MESSAGE)}`))
      }
    })
    return promise
  }
}

const LONGEST_MESSAGE = 500

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function readCredential(printed: string, { apiVersion }: ExecConfig): Given {
  const parsed = credentialSchema.safeParse(parseJson(printed))
  // The output is not quoted, because it may be a token.
  if (!parsed.success) throw new Error('it did not print an ExecCredential with a status')
  const { status, ...credential } = parsed.data
  if (credential.apiVersion !== apiVersion)
    throw new Error(`it printed an ExecCredential of ${credential.apiVersion}, not of ${apiVersion}`)
  const { clientCertificateData: cert, clientKeyData: key } = status
  if (Boolean(cert) !== Boolean(key)) throw new Error('it returned only one of certificate and key')
  if (!status.token && !cert) throw new Error('it returned neither a token nor a certificate')
  const expiresAt = status.expirationTimestamp == null ? Infinity : Date.parse(status.expirationTimestamp)
  return {
    credential: {
      token: status.token ? cleanToken(status.token, 'its token') : undefined,
      certificate: cert && key ? { cert, key } : undefined,
    },
    expiresAt: Number.isNaN(expiresAt) ? Infinity : expiresAt,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
