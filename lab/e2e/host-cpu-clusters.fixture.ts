/** Clusters whose nodes cannot run the VMs' CPU, with the messages of libvirt and QEMU. */
import type { GuestlessLab } from './guestless-lab.fixture.ts'

function libvirtError(words: string): (lab: GuestlessLab) => void {
  return (lab) => {
    lab.runtime.booting = () => Promise.reject(new Error(words))
  }
}

export const HOST_CPU_CLUSTERS: readonly {
  readonly name: string
  readonly break: (lab: GuestlessLab) => void
  readonly first: readonly [id: string, sentence: RegExp]
}[] = [
  {
    name: 'a node whose CPU lacks features',
    break: libvirtError(
      'the CPU is incompatible with host CPU: Host CPU does not provide required features: svm',
    ),
    first: ['host-cpu-unsuited', /required features: svm/],
  },
  {
    name: 'a node whose QEMU has no KVM',
    break: libvirtError(
      "unsupported configuration: Emulator '/usr/libexec/qemu-kvm' does not support virt type 'kvm'",
    ),
    first: ['host-kvm-missing', /virt type 'kvm'/],
  },
]
