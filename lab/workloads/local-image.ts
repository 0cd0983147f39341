/**
 * The images the lab's nodes have. There is no container runtime: an image is a program of this machine, and
 * the checkup's own image is this checkout, laid out as `images/checkup` lays it out.
 */
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface LocalImage {
  readonly entrypoint: readonly string[]
  readonly workingDir: string
  readonly env: Readonly<Record<string, string>>
  readonly user: { readonly uid: number; readonly gid: number }
  /** Folders of this machine that the image holds, by their path in it. They can't be written to. */
  readonly folders: Readonly<Record<string, string>>
}

/** What a node has of an image name; undefined where no registry knows it. */
export type FindImage = (reference: string) => LocalImage | undefined

/** The name under which the lab's nodes have this checkout. */
export const LAB_CHECKUP_IMAGE = 'localhost/kubevirt-dpdk-checkup:lab'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Where the image has the suite (images/checkup/Containerfile). */
const APP = '/opt/checkup'

/** This checkout as an image: the entry point without npx, which would swallow signals, as a user that is not root. */
export function checkupImage(): LocalImage {
  return {
    entrypoint: [inImage(process.execPath), 'node_modules/mocha/bin/mocha.js'],
    workingDir: APP,
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/tmp',
      DPDK_CHECKUP_REPORTS: '/tmp/reports',
      NODE_ENV: 'production',
    },
    user: { uid: 1001, gid: 0 },
    folders: { [APP]: ROOT },
  }
}

/** A path of this checkout as it is called inside the image; any other path is the same there. */
function inImage(path: string): string {
  return path.startsWith(ROOT + (ROOT.endsWith(sep) ? '' : sep)) ? `${APP}/${path.slice(ROOT.length)}` : path
}

/** Whether a reference can be one at all: `<checkup-image>`, left as it is in the manifest, can't. */
export function isImageReference(reference: string): boolean {
  const [, name = ''] =
    /^([^@]*?)(?::[\w][\w.-]{0,127})?(?:@[\w+.-]+:[0-9a-fA-F]{32,})?$/.exec(reference) ?? []
  return /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/.test(
    name,
  )
}
