/** A container that crun runs in a guest. This process controls it through the guest agent. */
import { setTimeout as sleep } from 'node:timers/promises'
import { StringDecoder } from 'node:string_decoder'
import { describeError } from '../../support/common/errors.ts'
import { LONGEST_TIMEOUT } from '../../support/common/wait.ts'
import type { GuestFile } from '../guests/guest-runtime.ts'
import type { ContainerPlan, ExecStreams, RunningContainer } from '../workloads/container-runtime.ts'
import { containerArchive } from './container-archive.ts'
import { runInGuest } from './guest-exec.ts'
import { type GuestShell, POLL_INTERVAL } from './guest-shell.ts'
import { type ContainerAllocation, ociConfig, ociProcess, toJson } from './oci-config.ts'

/** Exit code of a program that SIGKILL ended, as shells report it (128 + 9). */
const KILLED = 137

export interface GuestContainerParts {
  readonly shell: GuestShell
  readonly plan: ContainerPlan
  readonly allocation: ContainerAllocation
  /** Input lines for `node.sh`, each as its fields. */
  readonly attachments: readonly (readonly string[])[]
  /** Called once, when the node has removed everything of the container. */
  readonly release: () => void
}

export class GuestContainer implements RunningContainer {
  readonly started: Promise<void>
  readonly exitCode: Promise<number>
  readonly #parts: GuestContainerParts
  readonly #begun = Promise.withResolvers<undefined>()
  /** Aborts when the container and all programs in it have ended. */
  readonly #over = new AbortController()
  /** Signals sent before the container ran. */
  readonly #early: NodeJS.Signals[] = []
  #state: 'starting' | 'running' | 'ended' = 'starting'
  #execs = 0

  constructor(parts: GuestContainerParts) {
    this.#parts = parts
    this.started = this.#begun.promise
    this.exitCode = this.#live()
    // A caller that awaits these gets the error; until then it must not count as unhandled.
    this.started.catch(() => undefined)
    this.exitCode.catch(() => undefined)
  }

  /** Signals the first process, like the kubelet. SIGKILL also ends all other processes of the PID namespace. */
  kill(signal: NodeJS.Signals): void {
    if (this.#state === 'starting') this.#early.push(signal)
    if (this.#state !== 'running') return
    const { shell, allocation } = this.#parts
    // Fails if the container has just ended, which does no harm.
    shell.run(['kill', allocation.id, signal.replace('SIG', '')]).catch(() => undefined)
  }

  async exec(args: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted()
    if (this.#state !== 'running') throw new Error('the container does not run')
    const { shell, plan, allocation } = this.#parts
    const name = `exec-${++this.#execs}`
    const limited = AbortSignal.any([signal, this.#over.signal])
    const process = toJson(ociProcess(plan, allocation, args))
    try {
      const { id, folder } = allocation
      return await runInGuest(
        { shell, id, name, folder, process, timeout: LONGEST_TIMEOUT },
        streams,
        limited,
      )
    } catch (error) {
      if (!limited.aborted) throw error
      // If the container has ended, its programs have ended too.
      if (!this.#over.signal.aborted) shell.run(['end', allocation.id, name]).catch(() => undefined)
      return KILLED
    }
  }

  async #live(): Promise<number> {
    const { shell, plan, allocation, release } = this.#parts
    let exitCode = KILLED
    try {
      const archive = await containerArchive(plan, {
        'config.json': toJson(ociConfig(plan, allocation)),
        attachments: this.#parts.attachments.map((line) => `${line.join(' ')}\n`).join(''),
      })
      const [state = '', ...complaints] = (await shell.script(['start', allocation.id], { input: archive }))
        .trim()
        .split('\n')
      if (state !== 'running') throw new Error(complaints.join('\n') || `crun ended with exit code ${state}`)
      this.#state = 'running'
      this.#begun.resolve(undefined)
      for (const signal of this.#early) this.kill(signal)
      exitCode = await this.#follow()
    } catch (error) {
      // No effect if the container had started; then the node is gone, and the log says so.
      this.#begun.reject(new Error(describeError(error)))
      if (this.#state === 'running') plan.log.write(this, `lab: ${describeError(error)}\n`)
    }
    this.#state = 'ended'
    this.#over.abort(new Error('the container has ended'))
    plan.log.end()
    await shell.run(['remove', allocation.id]).catch(() => undefined)
    release()
    return exitCode
  }

  /** Forwards the log until the container ends. Returns its exit code. */
  async #follow(): Promise<number> {
    const { shell, plan, allocation } = this.#parts
    const open = (name: string) => shell.openFile(`${allocation.folder}/${name}`)
    const [log, state] = [await open('log'), await open('state')]
    const text = new StringDecoder('utf8')
    let states = ''
    for (;;) {
      // Read the state before the log: if the container has ended, the log is then complete.
      states += (await state.read()).toString('utf8')
      const [, exitCode] = /^running\n(\d+)\n/.exec(states) ?? []
      await drain(log, (chunk) => {
        plan.log.write(this, text.write(chunk))
      })
      if (exitCode !== undefined) {
        await Promise.all([log.close(), state.close()])
        return Number(exitCode)
      }
      await sleep(POLL_INTERVAL)
    }
  }
}

async function drain(file: GuestFile, take: (chunk: Buffer) => void): Promise<void> {
  for (;;) {
    const chunk = await file.read()
    if (chunk.length === 0) return
    take(chunk)
  }
}
