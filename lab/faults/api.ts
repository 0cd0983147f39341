/** Faults of the API server, and of the folder for reports. */
import { error, type Fault, passed, SHORT } from './fault.ts'

const ROLES_NOT_KNOWN =
  'forbidden: User "system:serviceaccount:target:dpdk-checkup-sa" cannot get path: RBAC: ' +
  '[clusterrole.rbac.authorization.k8s.io "system:discovery" not found]'

export const API: readonly Fault[] = [
  {
    id: 'api-down',
    name: 'the API server is down for 10 s while the guests boot',
    api: [],
    during: { phase: 'boot the guests', action: 'stops the API server for 10 s' },
    expected: passed(),
  },
  {
    // The state of the VMIs is unknown, so the suite must not blame the cluster.
    id: 'api-no-vmis',
    name: 'no answer about the VMIs from the moment they are created',
    api: [
      {
        request: /^GET \S*virtualmachineinstances/,
        from: /^POST \S*virtualmachineinstances(?!\S*dryRun)/,
        until: 'find out why',
        fault: 'reset',
      },
    ],
    parameters: SHORT,
    expected: error('scheduling.vm-under-test-ready: waiting for VMI'),
  },
  {
    id: 'api-no-version',
    name: 'a version that may not be read',
    api: [{ request: /^GET \/version$/, fault: { status: 403 } }],
    expected: passed('the checkup does not know whether this cluster is simulated'),
  },
  {
    id: 'api-429',
    name: '429 answers',
    api: [{ request: /./, times: 4, fault: { status: 429 } }],
    expected: passed(),
  },
  {
    id: 'api-500',
    name: '500 answers',
    api: [{ request: /./, times: 4, fault: { status: 500 } }],
    expected: passed(),
  },
  {
    id: 'api-late',
    name: 'answers that come 300 ms late',
    api: [{ request: /./, fault: { late: 300 } }],
    expected: passed(),
  },
  {
    id: 'api-reset',
    name: 'connections that are reset',
    api: [{ request: /./, times: 6, fault: 'reset' }],
    expected: passed(),
  },
  {
    id: 'api-creations-lost',
    name: 'answers that are lost after creations',
    api: [{ request: /^POST \S*(?:virtualmachineinstances|configmaps)$/, times: 3, fault: 'answer lost' }],
    expected: passed(),
  },
  {
    id: 'api-updates-lost',
    name: 'answers that are lost after updates of the ConfigMap',
    api: [{ request: /^PUT \S*configmaps/, times: 1, fault: 'answer lost' }],
    expected: passed(),
  },
  {
    id: 'api-409',
    name: '409 on every first update',
    api: [
      { request: /^PUT \S*configmaps/, times: 1, fault: { status: 409 } },
      { request: /^PUT \S*configmaps/, times: 1, from: 'remove the testbed', fault: { status: 409 } },
    ],
    expected: passed(),
  },
  {
    // Like a kube-apiserver v1.36 for about two seconds after a restart.
    id: 'api-roles-not-known',
    name: 'an API server that has just started and does not know its roles yet',
    api: [
      { request: /^(?!POST \S*reviews)/, times: 3, fault: { status: 403, says: ROLES_NOT_KNOWN } },
      // A server that starts again has closed all connections before; four objects are removed at once.
      { request: /./, times: 4, from: 'remove the testbed', fault: 'reset' },
      { request: /./, times: 3, from: 'remove the testbed', fault: { status: 403, says: ROLES_NOT_KNOWN } },
    ],
    expected: passed(),
  },
  {
    id: 'soft-reboot-forbidden',
    name: 'a soft reboot that is forbidden',
    api: [{ request: /softreboot$/, fault: { status: 403 } }],
    expected: passed('Forbidden'),
  },
  {
    id: 'token-expires',
    name: 'a token that expires during the traffic',
    api: [{ request: /./, from: 'send packets', fault: { status: 401 } }],
    expected: {
      ...error('left behind'),
      left: ['VirtualMachineInstance', 'VirtualMachineInstance', 'ConfigMap', 'ConfigMap'],
      noStatus: true,
    },
  },
  {
    id: 'teardown-refused',
    name: 'a teardown that is refused',
    api: [{ request: /^DELETE \S*\/virtualmachineinstances\//, fault: { status: 403 } }],
    expected: {
      ...error('left behind: VirtualMachineInstance'),
      left: ['VirtualMachineInstance', 'VirtualMachineInstance'],
    },
  },
  {
    id: 'configmap-read-only',
    name: 'a ConfigMap that may not be updated',
    api: [{ request: /^PUT \S*\/configmaps\//, fault: { status: 403 } }],
    expected: { ...error('updating ConfigMap'), noStatus: true },
  },
  {
    // A pipeline that reads the JUnit file must not see exit code 0 if there is no file.
    id: 'reports-no-folder',
    name: 'no folder for the reports',
    reports: 'no folder',
    expected: error('the JUnit report could not be written'),
  },
  {
    id: 'reports-full-disk',
    name: 'the disk for the reports is full',
    reports: 'full disk',
    expected: error('ENOSPC: no space left on device'),
  },
]
