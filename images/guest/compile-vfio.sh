#!/bin/bash
# mmdebstrap's last hook for a root file system with the headers and the source of a kernel: compiles vfio's
# modules with VFIO_NOIOMMU. `compile-vfio.sh ROOT KERNEL`. Leaves them in ROOT/opt/vfio.
set -euo pipefail

chroot "$1" sh -eu -s "$2" <<'COMPILE'
mkdir -p /opt/vfio /opt/source
tar -xf /usr/src/linux-source-*.tar.xz -C /opt/source --strip-components=1 --wildcards '*/drivers/vfio'
# The option is one of C code only, so a macro does in place of another configuration of the kernel.
make -C "/usr/src/linux-headers-$1" M=/opt/source/drivers/vfio KCFLAGS=-DCONFIG_VFIO_NOIOMMU=1 modules </dev/null
find /opt/source/drivers/vfio -name '*.ko' -exec strip --strip-debug {} + -exec cp {} /opt/vfio/ \;
grep -q enable_unsafe_noiommu_mode /opt/vfio/vfio.ko
COMPILE
