/**
 * What KubeVirt, libvirt and QEMU say of a domain that does not start, in several versions. The quotations come from
 * source code or from logs of clusters; names and addresses are invented.
 */
import type { Findings } from './findings.ts'
import { table } from './message-table.fixture.ts'
import { notSynchronized } from './vmi-findings.fixture.ts'

const domain = (message: string): Findings =>
  notSynchronized(
    'Synchronizing with the Domain failed.',
    `server error. command SyncVMI failed: "${message}"`,
  )
const libvirt = (code: number, message: string) =>
  `LibvirtError(Code=${code}, Domain=10, Message='${message}')`
const qemuExited = (message: string) =>
  libvirt(1, `internal error: QEMU unexpectedly closed the monitor: ${message}`)
const onVf = (message: string) => qemuExited(`-device vfio-pci,host=0000:3d:06.2: ${message}`)
const qemu = (message: string) => qemuExited(`qemu-kvm: -device vfio-pci: ${message}`)

table('what libvirt and QEMU say of a VF', domain, [
  [
    'failed to create SR-IOV hostdevices: failed to create PCI address pool with network status from file: context deadline exceeded: file is not populated with network-info',
    'vf-not-mapped',
  ],
  [
    'failed to create SR-IOV hostdevices: failed to create PCI address pool with network status from file: found no SR-IOV networks to PCI-Address mapping',
    'vf-not-mapped',
  ],
  [onVf('vfio 0000:3d:06.2: failed to open /dev/vfio/61: No such file or directory'), 'host-vfio'],
  [onVf('vfio 0000:3d:06.2: failed to open /dev/vfio/61: Operation not permitted'), 'host-vfio'],
  [onVf('vfio 0000:3d:06.2: group 61 is not viable'), 'host-vfio'],
  [
    onVf(
      'vfio 0000:3d:06.2: failed to setup container for group 61: Failed to set iommu for container: Operation not permitted',
    ),
    'host-vfio',
  ],
  [
    onVf(
      'vfio 0000:3d:06.2: failed to setup container for group 61: Failed to set group container: Invalid argument',
    ),
    'host-vfio',
  ],
  [onVf('vfio 0000:3d:06.2: failed to setup container for group 61: No available IOMMU models'), 'host-vfio'],
  [
    onVf(
      'vfio 0000:3d:06.2: failed to setup container for group 61: memory listener initialization failed: Region pc.ram: vfio_dma_map(0x55ba53e7a9d0, 0x100000000, 0xff30000000, 0x7ed243e00000) = -22 (Invalid argument)',
    ),
    'host-vfio',
  ],
  [onVf('VFIO_MAP_DMA: -22'), 'host-vfio'],
  [onVf('vfio 0000:3d:06.2: error -22'), 'host-vfio'],
  [onVf('vfio 0000:3d:06.2: error getting device from group 61: No such device'), 'host-vfio'],
  [
    libvirt(67, "unsupported configuration: host doesn't support passthrough of host PCI devices"),
    'host-vfio',
  ],
  [
    onVf(
      'vfio 0000:3d:06.2: failed to setup container for group 61: memory listener initialization failed: Region pc.ram: vfio_container_dma_map(0x55ba, 0x0, 0x80000000, 0x7ed2) = -12 (Cannot allocate memory)',
    ),
    'memlock-limit',
  ],
  [
    "LibvirtError(Code=38, Domain=0, Message='cannot limit locked memory of process 89 to 6442450944: Operation not permitted')",
    'memlock-limit',
  ],
  [libvirt(1, 'internal error: something new'), 'domain-not-started'],
])

// KubeVirt's pkg/virt-launcher/virtwrap/device/hostdevice, at 0.36, 1.3 and 1.9.
table('KubeVirt finds no VF for a network', domain, [
  [
    'failed to create SR-IOV hostdevices: failed to create PCI address pool with network status from file: failed to unmarshal network-info annotation: unexpected end of JSON input',
    'vf-not-mapped',
  ],
  [
    'failed to create SR-IOV hostdevices: failed to create hostdevice for nic-west: failed to allocate SR-IOV PCI address for network "nic-west"',
    'vf-not-mapped',
  ],
  [
    'failed to create hostdevice for nic-east: PCI-Address for SR-IOV network "nic-east" not found',
    'vf-not-mapped',
  ],
  [
    'failed to create hostdevice for nic-east: no more addresses to allocate for resource openshift.io/dpdk_vf',
    'vf-not-mapped',
  ],
  [
    'failed to resolve PCI address for SR-IOV DRA interface nic-east (claim c request r): no such file or directory',
    'vf-not-mapped',
  ],
])

// kubevirt/kubevirt#2848, #6337, #6771, openshift/sriov-cni#13; QEMU's hw/vfio, whose errors start with `vfio <device>: `.
table('the node’s VFIO does not give the VF away', domain, [
  [
    libvirt(
      38,
      "Failed to open config space file '/sys/bus/pci/devices/0000:3d:06.2/config': Permission denied",
    ),
    'host-vfio',
  ],
  [libvirt(67, "unsupported configuration: pci backend driver 'default' is not supported"), 'host-vfio'],
  [
    libvirt(38, "Failed to unbind PCI device '0000:3d:06.2' from ixgbevf: Read-only file system"),
    'host-vfio',
  ],
  [
    libvirt(
      55,
      'Requested operation is not valid: PCI device 0000:3d:06.2 is in use by driver QEMU, domain x',
    ),
    'host-vfio',
  ],
  [
    qemu(
      'vfio 0000:3d:06.2: failed to setup container for group 106: failed to open /dev/vfio/vfio: Permission denied',
    ),
    'host-vfio',
  ],
  [qemu('vfio 0000:3d:06.2: error bind device fd=23 to iommufd=22: Invalid argument'), 'host-vfio'],
  [
    qemu('vfio 0000:3d:06.2: hardware reports invalid configuration, MSIX PBA outside of specified BAR'),
    'host-vfio',
  ],
  [
    qemu(
      'vfio 0000:3d:06.2: memory listener initialization failed: vfio_container_dma_map(0x1, 0x2, 0x3, 0x4) = -12 (Cannot allocate memory)',
    ),
    'memlock-limit',
  ],
])

// libvirt's src/hypervisor/virhostdev.c and src/util/virpci.c, QEMU's backends/iommufd.c; since libvirt 8 the monitor's
// error names the VM, and devices are JSON (kubevirt/kubevirt#13674).
const named = (message: string) =>
  libvirt(
    1,
    `internal error: QEMU unexpectedly closed the monitor (vm='target_vmi-under-test-x'): 2026-05-04T08:06:48.563014Z qemu-kvm: ${message}`,
  )
table('the node’s VFIO, in newer words', domain, [
  [libvirt(67, "unsupported configuration: host doesn't support VFIO PCI passthrough"), 'host-vfio'],
  [
    libvirt(
      38,
      'Device 0000:3d:06.2 not found: could not access /sys/bus/pci/devices/0000:3d:06.2/config: No such file or directory',
    ),
    'host-vfio',
  ],
  [
    named(
      '-object {"qom-type":"iommufd","id":"iommufd0"}: /dev/iommu opening failed: No such file or directory',
    ),
    'host-vfio',
  ],
  [
    named(
      '-device {"driver":"vfio-pci","host":"0000:3d:06.2","id":"ua-sriov-nic-east","bus":"pci.6","addr":"0x0"}: vfio 0000:3d:06.2: failed to open /dev/vfio/61: No such file or directory',
    ),
    'host-vfio',
  ],
  [named('IOMMU_IOAS_MAP failed: Cannot allocate memory'), 'memlock-limit'],
  [
    named(
      'ioctl(KVM_CREATE_VM) failed: 16 Device or resource busy\nqemu-kvm: failed to initialize KVM: Device or resource busy',
    ),
    'host-kvm-missing',
  ],
  [
    named(
      'ioctl(KVM_CREATE_VM) failed: 12 Cannot allocate memory\nqemu-kvm: failed to initialize KVM: Cannot allocate memory',
    ),
    'domain-not-started',
  ],
])

// QEMU's backends/hostmem-file.c and util/oslib-posix.c; libvirt's src/util/virfile.c.
table('QEMU does not get its hugepages', domain, [
  [qemu('unable to map backing store for guest RAM: Cannot allocate memory'), 'host-hugepages-missing'],
  [
    qemu('os_mem_prealloc: Insufficient free host memory pages available to allocate guest RAM'),
    'host-hugepages-missing',
  ],
  [qemu('qemu_prealloc_mem: preallocating memory failed: Bad address'), 'host-hugepages-missing'],
  [
    libvirt(1, 'internal error: Unable to find any usable hugetlbfs mount for 1048576 KiB'),
    'host-hugepages-missing',
  ],
])

// KubeVirt's issues 3390, 12519, 4211, 7913 and 13625; the last row is a mere warning of QEMU (issue 9544).
table('what libvirt and QEMU say of a node’s CPU', (message) => domain(libvirt(67, message)), [
  [
    "operation failed: guest CPU doesn't match specification: missing features: vmx-vmfunc,vmx-posted-intr",
    'host-cpu-unsuited',
  ],
  [
    'unsupported configuration: Domain requires KVM, but it is not available. Check that virtualization is enabled in the host BIOS',
    'host-kvm-missing',
  ],
  [
    "internal error: qemu-kvm: warning: host doesn't support requested feature: MSR(48CH).vmx-invvpid-single-context-noglobals [bit 43]",
    'domain-not-started',
  ],
])
