/**
 * All the suite's times in one place, in milliseconds. They nest: a command's limit lies inside its step's,
 * a step's inside `spec.timeout`. Teardown has its own time, after whatever ended the run.
 */
const second = 1000
const minute = 60 * second

export const timeouts = {
  /** One request to the API server, repeated ones while it restarts included. */
  apiRequest: 30 * second,
  /** Whether the cluster is a simulation: no run waits longer for it. */
  clusterKind: 5 * second,
  /** Everything read before anything is created, all at once. */
  preconditions: 45 * second,
  /** The same where a person waits for it, and can ask again. */
  dryRun: 15 * second,

  /** From creation until both VMIs are Ready with their guest agents; image pulls are in it. */
  vmiReady: 10 * minute,
  /** From opening the console to a root shell, in a guest that has booted. */
  login: 2 * minute,
  /** From asking for the reboot until the guest's login prompt is back. */
  reboot: 6 * minute,
  /** A command in a guest that should answer at once; emulated guests on a busy host are slow. */
  command: 60 * second,
  /** tuned rewrites the boot loader's configuration. */
  isolate: 3 * minute,
  /** testpmd until its prompt: hugepages are touched, ports are configured. */
  testpmdStart: 2 * minute,
  generatorStart: 3 * minute,
  /** Both links, from the moment testpmd and the generator hold the ports. */
  linkUp: 30 * second,
  /**
   * All counters once, on both guests. Where TRex's console had to be given up, each sample starts one of its own, which
   * takes over 20 s in an emulated guest that sends.
   */
  sample: 60 * second,
  /** How long the generator may go on after its time before it is stopped. */
  trafficOverrun: 30 * second,
  /** After the last packet was sent, until two samples in a row are the same. */
  settle: 10 * second,

  /** Finding out why a criterion was not met, before the testbed is removed. */
  diagnosis: 20 * second,

  /** Removing everything the run made, when it ended by itself. */
  teardown: 2 * minute,
  /** The same after a signal: Prow kills 15 s after its SIGINT, and the status must be written by then. */
  teardownWhenInterrupted: 9 * second,
  writeStatus: 30 * second,
  writeStatusWhenInterrupted: 4 * second,

  /** Between two looks at the counters while packets flow. */
  sampleInterval: second,
  /**
   * From the claim to the first packet, where everything is there already and fast: KubeVirt's probe alone
   * waits 5 s for the guest's agent. A run that has less can't end well.
   */
  leastBeforeTraffic: 15 * second,
  /** The same where images are pulled, guests boot from disk, and reboot once to isolate CPUs. */
  usualBeforeTraffic: 3 * minute,
  /** From the last packet until two looks at the counters agree. */
  leastAfterTraffic: 2 * second,
  /** Of `spec.timeout`, what waiting for the VMIs leaves for everything after it but the traffic itself. */
  reservedAfterReady: 90 * second,
} as const
