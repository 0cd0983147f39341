/** The images that scripted guests imitate: the lab's own, from recordings, and the checkup's default images. */
import { NIC_MODELS, type NicModel } from './nic-models.ts'

export interface GuestProfile {
  readonly name: 'lab' | 'centos'
  readonly osRelease: Readonly<Record<string, string>>
  /** `uname -r` and `uname -v`. */
  readonly kernel: readonly [release: string, version: string]
  readonly kernelArguments: string
  readonly hostname: string
  /** The text that getty shows above its prompt. */
  readonly issue: string
  readonly motd: string
  readonly prompt: string
  readonly bracketedPaste: boolean
  /** root's password, until cloud-init sets another. */
  readonly password: string
  readonly isolation: 'isolate-cpus' | 'tuned'
  /** Whether the guest has an IOMMU. Without one, vfio needs enable_unsafe_noiommu_mode. */
  readonly iommu: boolean
  /** Whether its files have SELinux labels. */
  readonly seLinux: boolean
  /** Files of the image that are not part of the distribution, by path. */
  readonly files: Readonly<Record<string, string>>
  readonly nic: NicModel
  readonly dpdk: string
}

const DEBIAN_MOTD = `
The programs included with the Debian GNU/Linux system are free software;
the exact distribution terms for each program are described in the
individual files in /usr/share/doc/*/copyright.

Debian GNU/Linux comes with ABSOLUTELY NO WARRANTY, to the extent
permitted by applicable law.
`

export const PROFILES: Readonly<Record<GuestProfile['name'], GuestProfile>> = {
  /** The lab's own minimal Debian image. */
  lab: {
    name: 'lab',
    osRelease: {
      PRETTY_NAME: 'Debian GNU/Linux 12 (bookworm), simulated',
      NAME: 'Debian GNU/Linux',
      VERSION_ID: '12',
      VERSION: '12 (bookworm)',
      ID: 'debian',
    },
    kernel: ['6.1.0-56-amd64', '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)'],
    kernelArguments:
      'root=LABEL=checkup-root rw console=ttyS0 nokaslr default_hugepagesz=1GB hugepagesz=1G hugepages=1 ' +
      'intel_iommu=on iommu=pt no_timer_check quiet loglevel=3 mitigations=off audit=0 nowatchdog',
    hostname: 'checkup-guest',
    issue: 'Debian GNU/Linux 12 checkup-guest ttyS0\n\n',
    motd: DEBIAN_MOTD,
    prompt: 'root@checkup-guest:~# ',
    bracketedPaste: true,
    password: 'redhat',
    isolation: 'isolate-cpus',
    iommu: true,
    seLinux: false,
    files: {},
    nic: NIC_MODELS.vmxnet3,
    dpdk: '22.11.11',
  },
  /** The checkup's default images: CentOS Stream 9 with tuned. */
  centos: {
    name: 'centos',
    osRelease: {
      PRETTY_NAME: 'CentOS Stream 9, simulated',
      NAME: 'CentOS Stream',
      VERSION_ID: '9',
      VERSION: '9',
      ID: 'centos',
    },
    kernel: ['5.14.0-427.el9.x86_64', '#1 SMP PREEMPT_DYNAMIC Fri Feb 23 04:45:07 UTC 2024'],
    kernelArguments:
      'BOOT_IMAGE=(hd0,gpt3)/vmlinuz-5.14.0-427.el9.x86_64 console=tty0 console=ttyS0,115200n8 no_timer_check ' +
      'net.ifnames=0 default_hugepagesz=1GB hugepagesz=1G hugepages=1',
    hostname: 'localhost',
    issue: 'CentOS Stream 9\nKernel 5.14.0-427.el9.x86_64 on an x86_64\n\n',
    motd: '',
    prompt: '[root@localhost ~]# ',
    bracketedPaste: false,
    password: 'redhat',
    isolation: 'tuned',
    iommu: false,
    seLinux: true,
    files: {
      '/etc/modprobe.d/vfio-noiommu.conf': 'options vfio enable_unsafe_noiommu_mode=1\n',
      '/etc/tuned/cpu-partitioning-variables.conf': '# isolated_cores=2-7\n',
    },
    nic: NIC_MODELS.vmxnet3,
    dpdk: '22.11.4',
  },
}
