/** NICs that DPDK handles differently. Their output is in lab/guests/scripted/nic-models.ts. */
import { error, failed, type Fault, passed } from './fault.ts'

export const NICS: readonly Fault[] = [
  {
    id: 'mlx5',
    name: 'mlx5: VFs that stay with the kernel’s driver, which is right',
    nic: 'mlx5',
    expected: passed(),
  },
  {
    id: 'mlx5-overridden',
    name: 'mlx5: an image that gives its VFs to vfio-pci, and a kernel that has their own driver',
    nic: 'mlx5',
    scripted: { vmUnderTest: { heldByVfio: true } },
    expected: passed(),
  },
  {
    id: 'mlx5-no-kernel-driver',
    name: 'mlx5: VFs with vfio-pci, in a guest whose kernel lacks their own driver',
    nic: 'mlx5',
    scripted: { vmUnderTest: { heldByVfio: true, noNicModule: true } },
    expected: failed(
      'guest.nics-bound: the east port of the VM under test is not bound to mlx5_core (driver vfio-pci holds it)',
      'kernel-driver-missing',
    ),
  },
  {
    id: 'mlx5-no-rdma-core',
    name: 'mlx5: an image without rdma-core, with a testpmd that is linked with it',
    nic: 'mlx5',
    scripted: { vmUnderTest: { verbs: 'no library' } },
    expected: failed('libibverbs.so.1: cannot open shared object file', 'verbs-missing'),
  },
  {
    id: 'mlx5-no-glue',
    name: 'mlx5: an image without rdma-core, with a DPDK that loads it at run time',
    nic: 'mlx5',
    scripted: { vmUnderTest: { verbs: 'no glue' } },
    expected: failed('mlx5_common: Cannot load glue library', 'verbs-missing'),
  },
  {
    id: 'mlx5-no-verbs-module',
    name: 'mlx5: a kernel without mlx5_ib and ib_uverbs',
    nic: 'mlx5',
    scripted: { vmUnderTest: { verbs: 'no kernel module' } },
    expected: failed('mlx5_common: Verbs device not found: 0000:06:00.0', 'verbs-missing'),
  },
  {
    id: 'mlx5-trex',
    name: 'mlx5: TRex of the default image, where the SR-IOV operator tells of the NICs',
    profile: 'centos',
    nic: 'mlx5',
    expected: error('preflight.engine: for these NICs TRex needs libibverbs', 'engine-unfit-for-nic'),
  },
  {
    id: 'mlx5-trex-untold',
    name: 'mlx5: TRex of the default image, where nobody tells of the NICs',
    profile: 'centos',
    nic: 'mlx5',
    hidden: true,
    expected: error('EAL: libibverbs.so.1: cannot open shared object file', 'generator-verbs-missing'),
  },
  {
    id: 'bnxt',
    name: 'bnxt: VFs that go to vfio-pci',
    nic: 'bnxt',
    expected: passed(),
  },
  {
    id: 'bnxt-not-bound',
    name: 'bnxt: VFs that do not go to vfio-pci',
    nic: 'bnxt',
    scripted: { vmUnderTest: { vfioRefused: true } },
    expected: failed(
      'guest.nics-bound: the east port of the VM under test is not bound to vfio-pci',
      'vfio-refused',
    ),
  },
  {
    id: 'bnxt-no-answer',
    name: 'bnxt: firmware that does not answer its VFs',
    nic: 'bnxt',
    scripted: { vmUnderTest: { testpmd: 'is refused by the PF' } },
    expected: failed(
      'bnxt_hwrm_send_message(): Error(timeout) sending msg 0x0000, seq_id 0',
      'vf-not-brought-up',
    ),
  },
  {
    id: 'ena',
    name: 'ena: queues that take 1024 descriptors at most',
    nic: 'ena',
    expected: passed('the NIC has 1024 descriptors in each TX queue instead of 2048'),
  },
  {
    id: 'ena-no-noiommu',
    name: 'ena: a guest without IOMMU, whose kernel has no CONFIG_VFIO_NOIOMMU',
    profile: 'centos',
    nic: 'ena',
    scripted: { vmUnderTest: { noNoiommu: true } },
    parameters: { 'spec.param.trafficGenEngine': 'pktgen' },
    expected: failed(
      'guest.nics-bound: the east port of the VM under test is not bound to vfio-pci',
      'vfio-refused',
    ),
  },
]
