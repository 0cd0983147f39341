/**
 * The images of the lab's nodes. There are no container images: an image is a program of this machine. The checkup's
 * image is this checkout, with the paths of `images/checkup`.
 */
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface LocalImage {
  readonly entrypoint: readonly string[]
  readonly workingDir: string
  readonly env: Readonly<Record<string, string>>
  readonly user: { readonly uid: number; readonly gid: number }
  /** Path in the image → folder of this machine, mounted read-only. */
  readonly folders: Readonly<Record<string, string>>
}

/** Finds an image by its reference; undefined if it does not exist. */
export type FindImage = (reference: string) => LocalImage | undefined

/** The image reference of this checkout on the lab's nodes. */
export const LAB_CHECKUP_IMAGE = 'localhost/kubevirt-dpdk-checkup:lab'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** The suite's folder in the image (images/checkup/Containerfile). */
const APP = '/opt/checkup'

/** This checkout as an image with a non-root user. The entry point does not use npx, which does not forward signals. */
export function checkupImage(): LocalImage {
  return {
    entrypoint: [inImage(process.execPath), 'support/cli/image.mjs'],
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

/** Converts a path of this checkout to its path in the image; other paths stay unchanged. */
function inImage(path: string): string {
  return path.startsWith(ROOT + (ROOT.endsWith(sep) ? '' : sep)) ? `${APP}/${path.slice(ROOT.length)}` : path
}

/** Whether a reference is well-formed: an unreplaced `<checkup-image>` of the manifest is not. */
export function isImageReference(reference: string): boolean {
  const [, name = ''] =
    /^([^@]*?)(?::[\w][\w.-]{0,127})?(?:@[\w+.-]+:[0-9a-fA-F]{32,})?$/.exec(reference) ?? []
  return /^(?:[\w.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/.test(
    name,
  )
}
