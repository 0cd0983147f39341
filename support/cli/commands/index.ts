/** All commands, in the order of the help. */
import type { AnyCommand } from '../command.ts'
import { certify } from './certify.ts'
import { clean } from './clean.ts'
import { completionOf } from './completion.ts'
import { diff } from './diff.ts'
import { explain } from './explain.ts'
import { history } from './history.ts'
import { imagesBuild } from './images.ts'
import { labRun, labUp } from './lab.ts'
import { list } from './list.ts'
import { manifests } from './manifests.ts'
import { preflight } from './preflight.ts'
import { report } from './report.ts'
import { retrieve } from './retrieve.ts'
import { rootlessDeploy, rootlessRender, rootlessRun, rootlessUndeploy } from './rootless.ts'
import { run } from './run.ts'
import { sign } from './sign.ts'
import { sonobuoy } from './sonobuoy.ts'
import { status } from './status.ts'
import { verify } from './verify.ts'
import { wait } from './wait.ts'

export const COMMANDS: readonly AnyCommand[] = [
  run,
  certify,
  preflight,
  manifests,
  wait,
  status,
  retrieve,
  report,
  diff,
  verify,
  sign,
  history,
  explain,
  list,
  clean,
  rootlessRun,
  rootlessDeploy,
  rootlessUndeploy,
  rootlessRender,
  sonobuoy,
  labRun,
  labUp,
  imagesBuild,
  completionOf(() => COMMANDS),
]
