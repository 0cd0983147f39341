/** Runs a `VmiLife` for every VMI in the store, and ends it when the VMI is deleted. */
import type { StoreEvent } from '../apiserver/contract.ts'
import { VMI } from './kubevirt-kinds.ts'
import { asVmi, type Vmi } from './vmi.ts'
import { type EndCause, type LifeContext, VmiLife } from './vmi-life.ts'

export class VmiController implements AsyncDisposable {
  readonly #context: LifeContext
  readonly #unsubscribe: () => void
  readonly #lives = new Map<string, VmiLife>()
  #disposed: Promise<void> | undefined

  constructor(context: LifeContext) {
    this.#context = context
    this.#unsubscribe = context.store.onChange(VMI, (event) => {
      this.#follow(event)
    })
    for (const object of context.store.list(VMI)) this.#follow({ type: 'ADDED', object })
  }

  /** A VMI and its life; undefined if there is no such VMI. */
  find(
    namespace: string,
    name: string,
  ): { readonly vmi: Vmi; readonly life: VmiLife | undefined } | undefined {
    const object = this.#context.store.get(VMI, namespace, name)
    if (object === undefined) return undefined
    return { vmi: asVmi(object), life: this.#lives.get(object.metadata.uid ?? '') }
  }

  /** Ends every guest. The store stays as it is, because the lab ends with it. */
  [Symbol.asyncDispose](): Promise<void> {
    return (this.#disposed ??= this.#dispose())
  }

  async #dispose(): Promise<void> {
    this.#unsubscribe()
    const lives = [...this.#lives.values()]
    for (const life of lives) life.end('abandoned')
    await Promise.all(lives.map(({ finished }) => finished))
  }

  #follow({ type, object }: StoreEvent): void {
    const { uid = '', deletionTimestamp } = object.metadata
    if (type !== 'DELETED' && !this.#lives.has(uid)) this.#begin(uid, asVmi(object))
    if (type === 'DELETED') this.#end(uid, 'removed')
    else if (deletionTimestamp !== undefined) this.#end(uid, 'deleted')
  }

  #begin(uid: string, vmi: Vmi): void {
    const life = new VmiLife(this.#context, vmi)
    this.#lives.set(uid, life)
    void life.finished.finally(() => this.#lives.delete(uid))
  }

  #end(uid: string, cause: EndCause): void {
    this.#lives.get(uid)?.end(cause)
  }
}
