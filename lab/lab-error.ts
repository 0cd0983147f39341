/** Errors of the lab itself: its guests, images and machine, never the cluster that it imitates. */
export type LabErrorCode =
  // Guests and their runtime
  | 'agent'
  | 'agent-lost'
  | 'boot-disk'
  | 'data-disk'
  | 'debugger'
  | 'guest-exists'
  | 'guest-node'
  | 'guest-spec'
  | 'guest-start'
  | 'machineconfig'
  | 'qmp'
  | 'qmp-lost'
  | 'runtime-disposed'
  // Images and the package
  | 'base-image'
  | 'image-build'
  | 'package-build'
  | 'sbom'
  | 'trex-archive'
  // Faults
  | 'fault'
  // The machine
  | 'disk-full'
  | 'lock'
  | 'missing-packages'
  | 'needs-root'
  | 'workspace'

/** Code branches on `code`; the message is for people. */
export class LabError extends Error {
  readonly code: LabErrorCode

  constructor(code: LabErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}
