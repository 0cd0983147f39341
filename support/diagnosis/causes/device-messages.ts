/** Why a VM does not get its devices and its memory, in the words of KubeVirt, libvirt and QEMU. */

/** KubeVirt's own errors before libvirt gets the device: pkg/virt-launcher/virtwrap/device/hostdevice, 0.36 to 1.9. */
export const NOT_MAPPED = new RegExp(
  [
    'no SR-IOV networks to PCI-?Address mapping|not populated with network-info|failed to create PCI address pool',
    'network-info.{0,60}(?:not found|no such file|is empty)',
    'failed to create SR-IOV host-?devices?:|failed to create hostdevice for |SR-IOV DRA interface ',
    'PCI-?Address for SR-IOV network|no more addresses to allocate for resource|PCIDEVICE_',
  ].join('|'),
  'i',
)
/**
 * Messages of QEMU's hw/vfio, which start with the device; of libvirt's src/hypervisor and src/util/virpci.c, if the
 * host allows no device passthrough; and of container runtimes that lack the device of a group.
 */
export const HOST_VFIO = new RegExp(
  [
    String.raw`\bvfio [\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.\d: (?!warning)`,
    String.raw`/dev/vfio/(?:\d+|vfio|devices)\S*: |open device: /dev/vfio/|mounting "/dev/vfio/`,
    String.raw`pci backend driver \S+ is not supported|open config space file|PCI device \S+ is in use by`,
    String.raw`group \d+ is not viable`,
    String.raw`failed to (?:set(?:up)?|get) (?:iommu|container|group)`,
    String.raw`no iommu_group found|error getting (?:device from )?group|iommu_group: No such file`,
    String.raw`No available IOMMU models|doesn't support (?:(?:VFIO|legacy) PCI passthrough|passthrough of host PCI devices)`,
    String.raw`\bDevice [\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.\d not found: could not access|/dev/iommu\b`,
    String.raw`Unable to (?:reset PCI device|bind)|Failed to (?:un)?bind PCI device|PCI device \S+ is not assignable`,
    String.raw`is not bound to vfio|not assigned to vfio|behind a switch lacking ACS|VFIO PCI device assignment is not supported`,
    String.raw`vfio(?:-pci)?[: ].{0,80}(?:No such device|not found|error -(?:22|19)\b)`,
    String.raw`VFIO_MAP_DMA(?: failed)?: (?:Invalid argument|-22)`,
    String.raw`vfio_(?:container_)?dma_map\(.{0,120}\) = -22`,
    String.raw`(?:host )?IOMMU.{0,40}(?:not (?:enabled|available|supported|found)|disabled)`,
  ].join('|'),
  'i',
)
/** QEMU prints this together with an error of the group's container, which is not the cause then. */
export const MEMLOCK =
  /cannot limit locked memory|failed to adjust resources: |vfio_(?:container_)?dma_map\(.{0,120}\) = -12|VFIO_MAP_DMA(?: failed)?: (?:-12|Cannot allocate memory)|(?:dma_map|IOMMU_IOAS_MAP) failed.{0,80}Cannot allocate memory/i
/** QEMU's backends/hostmem-file.c and util/oslib-posix.c, and libvirt's src/util/virfile.c. */
export const NO_HOST_HUGEPAGES =
  /backing store .{0,80}for guest RAM|host memory pages available to allocate guest RAM|preallocating memory failed|find any usable hugetlbfs mount/i
