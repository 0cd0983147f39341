/** The QEMU runtime's door. */
export type { NicModel } from './command-line.ts'
export { createQemuRuntime, type QemuRuntimeOptions } from './qemu-runtime.ts'
