/** The one door into the lab's Jobs and pods. */
export type { Isolation } from './isolation.ts'
export { plainProcess } from './isolation.ts'
export { checkupImage, type FindImage, LAB_CHECKUP_IMAGE, type LocalImage } from './local-image.ts'
export { type ClusterAccess, createWorkloads, type Workloads, type WorkloadsOptions } from './workloads.ts'
