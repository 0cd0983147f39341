/** The one door into the lab's Jobs and pods. */
export { ContainerLog } from './container-log.ts'
export type {
  ContainerPlan,
  ContainerRuntime,
  ExecStreams,
  PodNetwork,
  RunningContainer,
} from './container-runtime.ts'
export { plainProcess } from './isolation.ts'
export type { Mount, MountKind } from './volumes.ts'
export { checkupImage, type FindImage, LAB_CHECKUP_IMAGE, type LocalImage } from './local-image.ts'
export { type ClusterAccess, createWorkloads, type Workloads, type WorkloadsOptions } from './workloads.ts'
