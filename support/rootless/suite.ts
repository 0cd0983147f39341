/** The interface of the rootless suite for specs and hooks: its stages, its criteria and its end. */
import { incompleteness } from '../run/completeness.ts'
import { endRun } from '../run/end-of-run.ts'
import { Run } from '../run/run.ts'
import { Stage } from '../run/stage.ts'
import { ApplicationSlot } from './application-slot.ts'
import { rootlessStatus } from './config-map.ts'
import { configure } from './configure.ts'
import { ROOTLESS_CLAIM } from './criteria/criteria.ts'
import { forward } from './forward.ts'
import { pingTap } from './ping-tap.ts'

/** Each stage requires the previous stage; requesting a stage runs all stages that it requires. */
export class RootlessSuite {
  readonly run: Run
  readonly #slot: ApplicationSlot

  readonly configured = new Stage('configured', () => configure(this.run, process.env))
  readonly tapStarted = new Stage('tap started', async () =>
    this.#slot.start(await this.configured.facts(), 'testpmd-tap'),
  )
  readonly tapPinged = new Stage('tap pinged', async () => pingTap(this.run, await this.tapStarted.facts()))
  readonly forwarderStarted = new Stage('port-forwarder started', async () =>
    this.#slot.start(await this.configured.facts(), 'testpmd-portforwarder'),
  )
  readonly forwarded = new Stage('forwarded', async () =>
    forward(this.run, await this.forwarderStarted.facts()),
  )

  constructor(run = new Run()) {
    this.run = run
    this.#slot = new ApplicationSlot(run)
  }

  /** Ends the run early; hooks and reports still follow. */
  readonly interrupt = (signal: NodeJS.Signals): void => {
    this.run.progress.line(`${signal}: ending the run, removing its objects`)
    this.run.interrupt(signal)
  }

  /** Removes the run's objects, writes the status if a ConfigMap was claimed, publishes the report. Never throws. */
  readonly finish = async (): Promise<void> => {
    const { run } = this
    const { journal } = run
    run.stopDeadline()
    run.end()
    // Without a ConfigMap, the user who selected the criteria reads the result, and knows that it is partial.
    const claimsAll = run.claimed !== undefined && journal.toReport().verdict === 'passed'
    const incomplete = claimsAll ? incompleteness(journal.criteria, ROOTLESS_CLAIM) : undefined
    if (incomplete !== undefined) journal.criterion(incomplete)
    await endRun(run, {
      doing: 'remove the pods',
      before: () => this.#slot.keepEvidence(),
      statusOf: rootlessStatus,
    })
  }
}
