/** Clusters that lack something, and interference of other users during a run. */
import { error, failed, type Fault, passed, SHORT } from './fault.ts'

/** Milliseconds of boot time, because interference could come too late for a guest that boots at once. */
const BOOTS_FOR = 3000

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
    name: 'an image that cannot be pulled',
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
    expected: {
      ...error('another client took it', 'console-taken'),
      gone: 'the evidence in the guest of the VM under test',
    },
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
    expected: {
      ...error('the connection dropped'),
      gone: 'the evidence in the guest of the traffic generator',
    },
  },
  {
    id: 'vm-deleted-booting',
    name: 'the VM under test is deleted by another client while it boots',
    during: { phase: 'boot the guests', action: 'deletes the VM under test' },
    expected: error('was deleted, but not by the checkup', 'vmi-deleted'),
  },
  {
    id: 'vm-deleted',
    name: 'the VM under test is deleted by another client during the traffic',
    during: { phase: 'send packets', action: 'deletes the VM under test' },
    expected: {
      ...error('the console of VMI', 'vmi-deleted'),
      gone: 'the evidence in the guest of the VM under test',
    },
  },
  {
    id: 'node-drained-booting',
    name: 'the node of the VM under test is drained while the guest boots',
    bootTime: BOOTS_FOR,
    during: { phase: 'boot the guests', action: 'drains the node of the VM under test' },
    expected: error('was drained by kubectl', 'node-drained'),
  },
  {
    id: 'node-drained',
    name: 'the node of the VM under test is drained during the traffic',
    during: { phase: 'send packets', action: 'drains the node of the VM under test' },
    expected: {
      ...error('was drained by kubectl', 'node-drained'),
      gone: 'the evidence in the guest of the VM under test',
    },
  },
  {
    id: 'node-drained-unseen',
    name: 'the same, but the checkup may not read pods, events and nodes',
    hidden: true,
    during: { phase: 'send packets', action: 'drains the node of the VM under test' },
    expected: {
      ...error('ended during the run', 'launcher-gone'),
      gone: 'the evidence in the guest of the VM under test',
    },
  },
  {
    id: 'node-cordoned',
    name: 'the node of the VM under test is cordoned during the traffic, and no more',
    during: { phase: 'send packets', action: 'cordons the node of the VM under test' },
    expected: passed(),
  },
  {
    id: 'node-rebooted',
    name: 'the node of the VM under test is rebooted during the traffic',
    during: { phase: 'send packets', action: 'reboots the node of the VM under test' },
    expected: {
      ...error('was shut down or rebooted', 'node-shut-down'),
      gone: 'the evidence in the guest of the VM under test',
    },
  },
  {
    id: 'node-reset',
    name: 'the node of the VM under test loses its power during the traffic and is back at once',
    during: { phase: 'send packets', action: 'resets the node of the VM under test' },
    expected: {
      ...error('was shut down or rebooted', 'node-shut-down'),
      gone: 'the evidence in the guest of the VM under test',
    },
  },
  {
    id: 'node-reset-booting',
    name: 'the same while the guest boots',
    bootTime: BOOTS_FOR,
    during: { phase: 'boot the guests', action: 'resets the node of the VM under test' },
    expected: error('was shut down or rebooted', 'node-shut-down'),
  },
  {
    id: 'node-lost',
    name: 'the node of the VM under test is lost during the traffic',
    during: { phase: 'send packets', action: 'loses the node of the VM under test' },
    expected: {
      ...error('was lost at ', 'node-lost'),
      gone: 'the evidence in the guest of the VM under test',
    },
  },
  {
    id: 'node-lost-booting',
    name: 'the node of the VM under test is lost while the guest boots',
    scripted: { vmUnderTest: { neverBoots: true } },
    parameters: SHORT,
    during: { phase: 'boot the guests', action: 'loses the node of the VM under test' },
    expected: error('was lost at ', 'node-lost'),
  },
  {
    id: 'node-tainted',
    name: 'somebody taints the node of the VM under test during the traffic',
    during: { phase: 'send packets', action: 'taints the node of the VM under test' },
    expected: {
      ...error('a taint on node', 'node-tainted'),
      gone: 'the evidence in the guest of the VM under test',
    },
  },
  {
    id: 'pod-preempted',
    name: 'the pod of the VM under test is preempted during the traffic',
    during: { phase: 'send packets', action: 'preempts the pod of the VM under test' },
    expected: {
      ...error('a pod of higher priority preempted', 'pod-preempted'),
      gone: 'the evidence in the guest of the VM under test',
    },
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
