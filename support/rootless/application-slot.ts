/** Runs one application at a time: a small node has CPUs and hugepages for no more. */
import { describeRef } from '../cluster/objects.ts'
import { SuiteError } from '../common/errors.ts'
import type { Run } from '../run/run.ts'
import type { ForwardingPod } from './wait-forwarding.ts'
import type { Configured } from './configure.ts'
import { deployApplication, type Deployment, removeRun } from './deploy.ts'
import { failingStage } from './deployment-failure.ts'
import { type Application, NAMESPACE } from './names.ts'
import { PodEvidence } from './pod-evidence.ts'
import { parsePrivileges, type Privileges } from './privileges-block.ts'
import { deploymentsThere } from './remove.ts'
import { parseStartup, type Startup } from './startup-log.ts'
import { rootlessTimeouts } from '../model/timeouts.ts'

export interface StartedPod extends Configured {
  readonly up: ForwardingPod
  readonly privileges: Privileges
  readonly startup: Startup
}

export class ApplicationSlot {
  readonly #run: Run
  #claimed: Promise<void> | undefined
  #present: Application | undefined
  #evidence: PodEvidence | undefined

  constructor(run: Run) {
    this.#run = run
  }

  /** Replaces the application before it. @throws StageFailure if it does not become ready */
  async start(facts: Configured, application: Application): Promise<StartedPod> {
    const { client, deployment } = facts
    const { journal, progress } = this.#run
    this.#claimed ??= this.#claimNamespace(deployment)
    await this.#claimed
    if (this.#present !== undefined && this.#present !== application) {
      await this.#remove(deployment, this.#present)
    }
    this.#present = application
    this.#evidence ??= new PodEvidence(client, deployment.kubectl, deployment.parameters)
    const bringUp = () =>
      deployApplication(deployment, application, this.#run.limits(rootlessTimeouts.podUp), {
        onSeen: (lastSeen) => {
          progress.line(`${application}: ${lastSeen}`)
        },
      })
    try {
      const up = await journal.phase(`deploy ${application}`, 'guest', () => failingStage(bringUp))
      return { ...facts, up, privileges: parsePrivileges(up.log), startup: parseStartup(up.log) }
    } catch (error) {
      // Before a restarted container or the next application replaces the failed pod.
      await this.keepEvidence()
      throw error
    }
  }

  /** Adds the pods' evidence to the run's bundle. Call it before the pods are removed. Never throws. */
  async keepEvidence(): Promise<void> {
    const run = this.#run
    const problems = (await this.#evidence?.keep(run.evidenceLimits)) ?? []
    if (problems.length > 0)
      run.logger.debug(`the bundle lacks some of what the pods leave behind: ${problems.join('; ')}`)
  }

  /** A run does not start if the namespace has applications that it did not create. */
  async #claimNamespace(deployment: Deployment): Promise<void> {
    const there = await deploymentsThere(deployment, this.#run.limits(rootlessTimeouts.command))
    if (there.length > 0) {
      const named = there.map(({ ref }) => describeRef(ref)).join(', ')
      const remedy = there.every(({ isCreated }) => isCreated)
        ? 'npm run undeploy:… removes them'
        : 'npm run undeploy:… removes those that a deployment created; the others are for their owners to remove'
      throw new SuiteError('in-use', `namespace ${NAMESPACE} has ${named} already; ${remedy}`)
    }
    this.#run.cleanup.plan(`what the run created for namespace ${NAMESPACE}`, (limits) =>
      removeRun(deployment, limits),
    )
  }

  async #remove(deployment: Deployment, application: Application): Promise<void> {
    await this.#run.journal.phase(`remove ${application}`, 'suite', async () => {
      await this.keepEvidence()
      // The source is useless without its port-forwarder.
      const source = application === 'testpmd-portforwarder' ? (['testpmd-source'] as const) : []
      await removeRun(deployment, this.#run.limits(rootlessTimeouts.remove), [application, ...source])
    })
  }
}
