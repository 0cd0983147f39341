/**
 * A simulated Sonobuoy: the worker beside a plugin's container, and what the aggregator makes of that. Only the parts
 * that a plugin meets, by vmware-tanzu/sonobuoy at 3075601:
 *
 * - pkg/worker/worker.go, GatherResults: "Output data will be placed into an agreed upon results directory", "The Job
 *   will wait for a done file", "The done file contains a single string of the results to be sent to the aggregator". It
 *   looks for the file every second, and again after five seconds, in which other containers may remove it; this one
 *   reads it as soon as it is there, when a file that comes too late would be missing.
 * - handleWaitFile: the type of the file is `mime.TypeByExtension(filepath.Ext(resultFile))`, and `.gz` is
 *   `application/gzip` (init). A folder would be packed.
 * - RelayProgressUpdates: a POST to `/progress` (localProgressURLPath) at the port in SONOBUOY_PROGRESS_PORT.
 * - pkg/plugin/aggregation/handler.go, progressFromRequest: Go's JSON decoder into ProgressUpdate (pkg/plugin/interface.go).
 * - aggregator.go, handleResult: `application/gzip` is unpacked (pkg/tarball, DecodeTarball: folders, files, symbolic
 *   links; it skips the rest), everything else is one file.
 * - pkg/client/results/processing.go, PostProcessPlugin: with `result-format: junit`, every file whose name ends with
 *   `.xml`.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { z } from 'zod'
import { LONGEST_TIMEOUT, waitFor } from '../../common/wait.ts'
import { type SonobuoyResult, sonobuoyResult } from '../../report/junit-readers.fixture.ts'

/**
 * What a plugin may send: the worker adds `name`, `node` and `timestamp`. Go ignores fields that it does not know; here
 * they are refused, because nobody would see them.
 */
const updateSchema = z.strictObject({
  msg: z.string(),
  total: z.int().nonnegative().optional(),
  completed: z.int().nonnegative().optional(),
  errors: z.array(z.string()).optional(),
  failures: z.array(z.string()).optional(),
})
type Update = z.infer<typeof updateSchema>

/** Milliseconds. */
const LOOK_EVERY = 20

export interface TakenResults {
  /** The file that `done` names. */
  readonly file: string
  /** Content by name. */
  readonly files: ReadonlyMap<string, Buffer>
  /** Of each XML file. */
  readonly results: readonly SonobuoyResult[]
}

export class SimulatedWorker implements AsyncDisposable {
  /** What the plugin's container gets. */
  readonly env: Readonly<Record<'SONOBUOY_RESULTS_DIR' | 'SONOBUOY_PROGRESS_PORT', string>>
  readonly updates: Update[] = []
  /** A sentence for each request that the worker or the aggregator would refuse. */
  readonly refused: string[] = []
  readonly #server: Server

  private constructor(server: Server, folder: string) {
    this.#server = server
    this.env = {
      SONOBUOY_RESULTS_DIR: folder,
      SONOBUOY_PROGRESS_PORT: String((server.address() as AddressInfo).port),
    }
  }

  /** @param folder of the results */
  static async start(folder: string): Promise<SimulatedWorker> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    const worker = new SimulatedWorker(server, folder)
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        response.statusCode = worker.#receive(`${request.method ?? ''} ${request.url ?? ''}`, body)
        response.end()
      })
    })
    return worker
  }

  /**
   * Waits for `done`, and takes what it names at once.
   * @param ended when the plugin's container ends
   * @throws if it leaves no `done`, or if the aggregator could not use what that names
   */
  async take(ended: Promise<unknown>): Promise<TakenResults> {
    const done = path.join(this.env.SONOBUOY_RESULTS_DIR, 'done')
    const container = { hasEnded: false }
    const atItsEnd = () => {
      container.hasEnded = true
    }
    void ended.then(atItsEnd, atItsEnd)
    const limits = { signal: new AbortController().signal, timeout: LONGEST_TIMEOUT }
    const named = await waitFor({ ...limits, claim: 'the file done', interval: LOOK_EVERY }, async () => {
      const { hasEnded } = container
      try {
        return { done: await readFile(done, 'utf8') }
      } catch (error) {
        if (hasEnded) throw error
        return { lastSeen: 'no file' }
      }
    })
    const file = named.trim()
    const content = await readFile(file)
    const isArchive = path.extname(file) === '.gz'
    const files = isArchive ? await decodeTarball(content) : new Map([[path.basename(file), content]])
    const xml = [...files].filter(([name]) => name.endsWith('.xml'))
    return { file, files, results: xml.map(([, each]) => sonobuoyResult(each.toString())) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** @returns the status code */
  #receive(request: string, body: string): number {
    if (request !== 'POST /progress') {
      this.refused.push(request)
      return 404
    }
    try {
      this.updates.push(updateSchema.parse(JSON.parse(body)))
      return 200
    } catch {
      this.refused.push(body)
      return 400
    }
  }
}

async function decodeTarball(content: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  const tar = Readable.from([content]).pipe(createGunzip()).pipe(extract())
  for await (const entry of tar) {
    const { name, type } = entry.header
    const read = await buffer(entry)
    if (type === 'file') files.set(path.posix.normalize(name), read)
  }
  return files
}
