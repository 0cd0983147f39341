/** What a cluster lacks, and what others do in it while a checkup runs. */
import { error, failed, type Fault, passed, SHORT } from './fault.ts'

export const CLUSTER: readonly Fault[] = [
  {
    id: 'no-vfs',
    name: 'no node has the VFs, of which the preflight cannot know',
    vfs: 1,
    hidden: true,
    parameters: SHORT,
    expected: failed('Unschedulable', 'insufficient-vfs'),
  },
  {
    id: 'image-pull',
    name: 'an image that can not be pulled',
    parameters: { 'spec.param.trafficGenContainerDiskImage': 'registry.example/no-such:image' },
    expected: failed('ImagePullBackOff', 'image-pull'),
  },
  {
    id: 'console-taken-early',
    name: 'the console is taken by someone else while the guest is configured',
    during: { phase: 'isolate the CPUs, reboot', action: 'takes the console of the VM under test' },
    expected: error('another client took it'),
  },
  {
    id: 'console-taken',
    name: 'the console is taken by someone else during the traffic',
    during: { phase: 'send packets', action: 'takes the console of the VM under test' },
    expected: { ...error('another client took it', 'console-taken'), gone: "the VM under test's own words" },
  },
  {
    id: 'consoles-drop-early',
    name: 'the console connections drop before the traffic',
    api: [],
    during: { phase: 'isolate the CPUs, reboot', action: 'cuts all connections' },
    expected: error('the connection dropped'),
  },
  {
    id: 'consoles-drop',
    name: 'the console connections drop during the traffic',
    api: [],
    during: { phase: 'send packets', action: 'cuts all connections' },
    expected: { ...error('the connection dropped'), gone: "the traffic generator's own words" },
  },
  {
    id: 'vm-deleted-booting',
    name: 'the VM under test is deleted by someone else while it boots',
    during: { phase: 'boot the guests', action: 'deletes the VM under test' },
    expected: failed('was deleted by someone else', 'vmi-deleted'),
  },
  {
    id: 'vm-deleted',
    name: 'the VM under test is deleted by someone else during the traffic',
    during: { phase: 'send packets', action: 'deletes the VM under test' },
    expected: { ...error('the console of VMI'), gone: "the VM under test's own words" },
  },
  {
    id: 'configmap-deleted',
    name: 'the ConfigMap is deleted during the run',
    during: { phase: 'send packets', action: 'deletes the ConfigMap' },
    expected: { ...error('the status could not be written'), noStatus: true },
  },
  {
    id: 'configmap-edited',
    name: 'the ConfigMap is edited during the run',
    during: { phase: 'send packets', action: 'edits the ConfigMap' },
    expected: passed(),
  },
]
