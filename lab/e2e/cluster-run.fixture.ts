/** Runs the suite's stages up to the VMIs, and the diagnosis, in this process against a lab without guests. */
import { perRole, ROLES } from '../../support/model/role.ts'
import { KubeConfig } from '@kubernetes/client-node'
import { ApiClient } from '../../support/cluster/api-client.ts'
import { configure } from '../../support/readiness/configure.ts'
import { type Cluster, clusterOf } from '../../support/run/connect.ts'
import { diagnoseRun } from '../../support/diagnosis/diagnose-run.ts'
import { provision, type Provisioned } from '../../support/readiness/provision.ts'
import type { VmiOutcome } from '../../support/readiness/wait-ready.ts'
import { Run } from '../../support/run/run.ts'
import { Stage } from '../../support/run/stage.ts'
import { askedOf } from '../../support/readiness/checkup.ts'
import type { Report } from '../../support/model/report.ts'
import { SILENT } from '../../support/report/silent-progress.ts'
import { secrets } from '../../support/common/secrets.ts'
import { type GuestlessLab, VALID } from './guestless-lab.fixture.ts'
import { NAMESPACE } from './target-namespace.fixture.ts'

class ImpatientRun extends Run {
  /** In milliseconds. Half of it is the wait for the VMIs; that is enough for every condition of the lab to appear. */
  override get remaining(): number {
    return 8000
  }
}

export interface ClusterRun {
  readonly report: Report
  /** The root password of this run's guests. */
  readonly password: string
  /** The token of the account. */
  readonly token: string
}

export async function runAgainst(
  lab: GuestlessLab,
  {
    account = `system:serviceaccount:${NAMESPACE}:dpdk-checkup-sa`,
    parameters = {},
    onPlanned,
  }: {
    readonly account?: string | undefined
    readonly parameters?: Readonly<Record<string, string>> | undefined
    /** Called with each secret of the run as soon as it exists. */
    readonly onPlanned?: (secret: string) => void
  } = {},
): Promise<ClusterRun> {
  const cluster = clusterBy(lab.server.kubeconfig(account, NAMESPACE))
  const token = cluster.client.kubeConfig.getCurrentUser()?.token ?? ''
  secrets.add(token)
  const environment = { namespace: NAMESPACE, configMap: 'config', pod: undefined }
  const run = new ImpatientRun(SILENT)
  run.claimed = { cluster, environment, isCertain: true }
  const configured = configure(run, { cluster, environment, data: { ...VALID, ...parameters } })
  onPlanned?.(token)
  const provisioned = new Stage<Provisioned>('provisioned', (note) => provision(run, configured, note))
  const reaching = provisioned.facts()
  onPlanned?.(provisioned.known?.testbed?.password ?? '')
  const { testbed, vmis, consoles } = await reaching
  for (const role of ROLES) judge(run, `scheduling.${role}-ready`, vmis[role])
  run.stopDeadline()
  const guests = perRole((role) => ({ shown: consoles[role].text }))
  await diagnoseRun(run, { asked: askedOf(configured.parameters), testbed, vmis, guests }, [])
  await run.cleanup.run(run.teardownLimits(0))
  return { report: run.journal.toReport(), password: testbed.password, token }
}

function clusterBy(kubeconfig: string): Cluster {
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromString(kubeconfig)
  return clusterOf(new ApiClient(kubeConfig))
}

/** Judges a VMI as specs/readiness/scheduling.spec.ts does. */
function judge({ journal }: Run, id: string, outcome: VmiOutcome): void {
  const title = 'gets its VMI ready'
  if ('ready' in outcome)
    journal.criterion({ id, title, outcome: 'passed', message: '', evidence: [], duration: 0 })
  else
    journal.criterion({
      id,
      title,
      evidence: [],
      duration: 0,
      outcome: outcome.outcome,
      message: outcome.notReady,
    })
}
