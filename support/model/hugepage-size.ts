/** The sizes of hugepages on x86. */
export interface HugepageSize {
  /** Notation of Kubernetes and KubeVirt: `hugepages-1Gi`, `pageSize: 1Gi`. */
  readonly name: '1Gi' | '2Mi'
  /** In sentences. */
  readonly title: string
  /** Notation of the kernel's command line: `hugepagesz=1G`. */
  readonly kernelName: '1G' | '2M'
  readonly mebibytes: number
}

const ONE_GI: HugepageSize = { name: '1Gi', title: '1 GiB', kernelName: '1G', mebibytes: 1024 }
const TWO_MI: HugepageSize = { name: '2Mi', title: '2 MiB', kernelName: '2M', mebibytes: 2 }

export const HUGEPAGE_SIZES: readonly HugepageSize[] = [ONE_GI, TWO_MI]
export const DEFAULT_HUGEPAGE_SIZE = ONE_GI
