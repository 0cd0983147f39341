/**
 * Every command in the README and in docs/, and how it is tested: `commands.scenario.test.ts` runs it exactly as
 * written, another test runs it, or no test can run it for the given reason.
 */
export interface Run {
  readonly exitCode: number
  /** Matches a part of the command's output. */
  readonly output: RegExp
}

/** Commands that are run exactly as written, except that names of report files are filled in. */
export const RUN: Readonly<Record<string, Run>> = {
  'npm start -- --runtime scripted': { exitCode: 0, output: /^PASSED {2}/m },
  'npm start -- --runtime scripted --fault loss': { exitCode: 1, output: /^FAILED {2}/m },
  'npm start -- --runtime scripted --fault capacity-knee': {
    exitCode: 0,
    output: /^ {2}NDR 7,\d{3},\d{3} packets\/s/m,
  },
  'npm start -- --runtime scripted --nic mlx5': { exitCode: 0, output: /^PASSED {2}/m },
  'npm start -- --runtime scripted --fault list': { exitCode: 0, output: /^loss /m },
  'npm start -- --runtime scripted trafficGenEngine=trex testDuration=2s': {
    exitCode: 0,
    output: /^network dpdk-network, trex /m,
  },
  'npm start -- --help': { exitCode: 0, output: /^Usage:/m },
  'npm run images -- --help': { exitCode: 0, output: /^Usage:/m },
  'npm run deploy:testpmd-tap -- --help': { exitCode: 0, output: /^Usage:/m },
  'npx dpdk-checkup report reports/report.json': { exitCode: 0, output: /summary\.html/ },
  'npx dpdk-checkup diff old/report.json new/report.json': { exitCode: 1, output: /traffic\.no-loss/ },
  'npm run test:file -- support/model/ledger.test.ts': { exitCode: 0, output: /\d passing/ },
  'npm run test:file -- support/model/ledger.test.ts --grep drops': { exitCode: 0, output: /\d passing/ },
}

const JOB = 'lab/e2e/job.scenario.test.ts'
const NPM_START = 'lab/e2e/npm-start.lab.test.ts'
const ROOTLESS_SUITE = 'lab/e2e/rootless/suite.lab.test.ts'
const DEPLOY = 'lab/e2e/rootless/deploy.scenario.test.ts'
const PREFLIGHT = 'lab/e2e/preflight-command.scenario.test.ts'
const RUN_COMMAND = 'lab/e2e/run-in-cluster.scenario.test.ts'
const MANIFESTS = 'support/cli/in-cluster/manifests.test.ts'
const PACKAGE = 'lab/e2e/package-install.lab.test.ts'
const BUNDLES = 'support/cli/bundle-commands.test.ts'
const SCHEDULE = 'lab/e2e/schedule-and-plugin.scenario.test.ts'
const CLEAN = 'lab/e2e/clean-command.scenario.test.ts'
const NODES = 'lab/e2e/nodes.scenario.test.ts'

/** Commands that other tests run, because they need more than this repository. */
export const RUN_BY: Readonly<Record<string, string>> = {
  'npm start -- --runtime scripted --fault <id>': 'lab/e2e/npm-start-scripted.scenario.test.ts',
  'npm start -- --runtime scripted --fault stalls': 'lab/e2e/scripted-faults.scenario.test.ts',
  'npm start -- --runtime scripted --fault latency': 'lab/e2e/latency.scenario.test.ts',
  'kubectl apply -n <target-namespace> -f fixtures/manifests/permissions.yaml': JOB,
  'kubectl apply -n <target-namespace> -f fixtures/manifests/preflight-permissions.yaml': JOB,
  'kubectl create clusterrolebinding dpdk-checkup-preflight --clusterrole=dpdk-checkup-preflight --serviceaccount=<target-namespace>:dpdk-checkup-sa':
    JOB,
  'kubectl apply -n <target-namespace> -f fixtures/manifests/configmap.yaml': JOB,
  'kubectl delete -n <target-namespace> configmap dpdk-checkup-config': JOB,
  'kubectl apply -n <target-namespace> -f fixtures/manifests/job.yaml': JOB,
  'kubectl delete -n <target-namespace> job dpdk-checkup': JOB,
  'npx dpdk-checkup wait -n <target-namespace> dpdk-checkup': JOB,
  'npx dpdk-checkup retrieve -n <target-namespace> dpdk-checkup-config': JOB,
  'kubectl logs -n <target-namespace> job/dpdk-checkup': JOB,
  'kubectl get configmap dpdk-checkup-config -n <target-namespace> -o yaml': JOB,
  "kubectl get configmap dpdk-checkup-config-report -n <target-namespace> -o jsonpath='{.binaryData.bundle\\.tar\\.gz}' | base64 -d > bundle.tar.gz":
    JOB,
  'tar -xzf bundle.tar.gz': JOB,
  'npm pack': PACKAGE,
  'npm run sbom': PACKAGE,
  'npm install kubevirt-dpdk-checkup-<version>.tgz': PACKAGE,
  'npx mocha': 'lab/e2e/production-install.lab.test.ts',
  'npx mocha --only=traffic.no-loss,traffic.no-return-loss': 'lab/e2e/selected-criteria.scenario.test.ts',
  'npx mocha --grep traffic.no-loss': 'lab/e2e/selected-criteria.scenario.test.ts',
  'npm ci --omit=dev': 'lab/e2e/production-install.lab.test.ts',
  'npm start': NPM_START,
  'npm start -- --nic virtio trafficGenPacketsPerSecond=40k': NPM_START,
  'npm run lab': NPM_START,
  'npx dpdk-checkup preflight': PREFLIGHT,
  'npx dpdk-checkup preflight -n <target-namespace> --network <network-name>': PREFLIGHT,
  'npx dpdk-checkup run -n <target-namespace> --network <network-name>': RUN_COMMAND,
  'npx dpdk-checkup certify -n <target-namespace> --network <network-name> --profile telco --timeout 2h':
    'lab/e2e/campaign.scenario.test.ts',
  'npx dpdk-checkup run -n <target-namespace> --network <network-name> --profile telco --timeout 2h --waivers waivers.yaml':
    RUN_COMMAND,
  'npx dpdk-checkup run -n <target-namespace> --network <network-name> --in-cluster --image <checkup-image>':
    RUN_COMMAND,
  'npx dpdk-checkup manifests -n <target-namespace> --only rbac | kubectl apply -f -': RUN_COMMAND,
  'npx dpdk-checkup manifests --images --mirror <registry>/<prefix>': MANIFESTS,
  'npx dpdk-checkup clean --namespace <target-namespace> --dry-run': CLEAN,
  'npx dpdk-checkup clean --namespace <target-namespace>': CLEAN,
  'npx dpdk-checkup verify bundle.tar.gz': BUNDLES,
  'npx dpdk-checkup sign bundle.tar.gz --sign-key lab.pem': BUNDLES,
  'npx dpdk-checkup verify bundle.tar.gz --key lab.pub.pem': BUNDLES,
  'openssl genpkey -algorithm ed25519 -out lab.pem': BUNDLES,
  'openssl pkey -in lab.pem -pubout -out lab.pub.pem': BUNDLES,
  'npx dpdk-checkup history reports': SCHEDULE,
  'npx dpdk-checkup manifests -n <target-namespace> --network <network-name> --image <checkup-image> --only cronjob --schedule "0 3 * * 0" | kubectl apply -f -':
    SCHEDULE,
  'npx dpdk-checkup manifests -n <target-namespace> --network <network-name> --image <checkup-image> --only sonobuoy > dpdk-checkup-plugin.yaml':
    SCHEDULE,
  'npx mocha specs/rootless': ROOTLESS_SUITE,
  'npm run deploy:machineconfig': DEPLOY,
  'npm run deploy:testpmd-portforwarder': DEPLOY,
  'npm run deploy:testpmd-tap': DEPLOY,
  'npm run undeploy:testpmd-tap': DEPLOY,
  'npm run undeploy:testpmd-portforwarder': DEPLOY,
  'npm run undeploy:machineconfig': DEPLOY,
  'npx dpdk-checkup rootless render testpmd-tap TAP_QUEUES=2 TESTPMD_QUEUES=2': DEPLOY,
  'npm start -- --runtime scripted --fault weak-nic': 'lab/e2e/scripted-faults.scenario.test.ts',
  'npm start -- --runtime scripted --lab-nodes 12 nodes=all pairs=all': NODES,
  'npx dpdk-checkup run -n <target-namespace> --network <network-name> --nodes all --pairs ring --timeout 1h':
    NODES,
  'npx dpdk-checkup run -n <target-namespace> --network <network-name> --nodes all --pairs all --timeout 4h --resume <report>':
    NODES,
  'npm run docs': 'lab/dev/docs/pages.test.ts',
  'npm run schema': 'support/report/json.test.ts',
}

const REGISTRY = 'it takes a registry'
const SIGNED = 'it takes an image in a registry, and an identity'
const COSIGN = 'it takes cosign, and a key in its own format'
const SONOBUOY = 'it takes Sonobuoy, and a cluster'
const OWN_TESTS = 'it runs the tests, this one among them'
const COVERAGE = 'it runs the unit tests, which are run already'
const STEP = 'npm test has it as a step'
const REAL_GUESTS = 'real guests take minutes; the lab tests boot the same ones'

export const NOT_RUN: Readonly<Record<string, string>> = {
  'npx dpdk-checkup images build checkup --push <registry>/<prefix>': REGISTRY,
  'npm ci': REGISTRY,
  'npm rebuild node --ignore-scripts=false': REGISTRY,
  'npm run images -- checkup --push <registry>/<prefix>': REGISTRY,
  'npm run images -- checkup --base <image> --push <registry>/<prefix>': REGISTRY,
  'npm run images -- testpmd': 'it takes root and minutes; the image tests build the same',
  'TREX_ARCHIVE=<path> npm run images -- traffic-gen': 'it takes a download of TRex',
  'TREX_ARCHIVE=<path> npm start -- trafficGenEngine=trex': 'it takes a download of TRex',
  'npm start -- --guest-image full --iommu off': REAL_GUESTS,
  'npm start -- --lab-nodes 2 nodes=all pairs=ring': REAL_GUESTS,
  'npm start -- --suite rootless': REAL_GUESTS,
  'npm start -- --suite rootless --variant default TAP_QUEUES=2': REAL_GUESTS,
  'npm start -- --suite rootless --variant default --without vhost-net': REAL_GUESTS,
  'npm run lab -- --suite rootless': REAL_GUESTS,
  "kubectl exec -n dpdktest deployment/testpmd-tap -- sh -c 'echo show port info all > /run/testpmd/commands'":
    REAL_GUESTS,
  'cosign attest-blob --statement statement.json --key cosign.key --bundle ../statement.sigstore.json manifest.sha256':
    COSIGN,
  'cosign verify-blob-attestation --key cosign.pub --bundle ../statement.sigstore.json --type https://in-toto.io/attestation/test-result/v0.1 manifest.sha256':
    COSIGN,
  'sonobuoy run --plugin dpdk-checkup-plugin.yaml --wait': SONOBUOY,
  'npm test': OWN_TESTS,
  'npm run test:unit': OWN_TESTS,
  'npm run test:scenarios': OWN_TESTS,
  'npm run test:lab': OWN_TESTS,
  'npm run coverage': COVERAGE,
  'npm run check': STEP,
  'npm run check:imports': STEP,
  'npm run bench': 'it takes minutes, and measures this machine',
  'npm run bench -- --only run': 'it takes minutes, and measures this machine',
  'npm version <version> --no-git-tag-version': 'it changes the version',
  'npm pkg set repository.type=git repository.url=git+https://github.com/<owner>/<repository>.git':
    'it changes package.json',
  'npm run images -- checkup --push <registry>/<prefix> --tag <version>': REGISTRY,
  'npm publish': REGISTRY,
  'npm publish --access public': REGISTRY,
  'cosign sign "$DPDK_CHECKUP_IMAGE"': SIGNED,
  'cosign attest --type cyclonedx --predicate dist/sbom.cdx.json "$DPDK_CHECKUP_IMAGE"': SIGNED,
  'cosign verify "$DPDK_CHECKUP_IMAGE" --certificate-oidc-issuer https://token.actions.githubusercontent.com --certificate-identity-regexp \'^https://github.com/<owner>/<repository>/\\.github/workflows/release\\.yml@refs/tags/v\'':
    SIGNED,
}
