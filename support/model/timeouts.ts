/**
 * All time limits of the suite, in milliseconds. They nest: a part's limit is within its step's, a step's within
 * `spec.timeout`. Teardown has its own limit, whatever ended the run.
 *
 * Other times are defined where they are used: pacing (between two polls, before a retry, between progress lines),
 * requests of users (`testDuration`, `--timeout`, a search's trials), and how long a cluster or a driver itself takes.
 */
const second = 1000
const minute = 60 * second

export const timeouts = {
  /** One request to the API server, including repetitions while it restarts. */
  apiRequest: 30 * second,
  /** Finding out whether the cluster is a simulation. */
  clusterKind: 5 * second,
  /** All preflight checks together; they run concurrently. */
  preconditions: 45 * second,
  /** The same for a command: its user waits, and can try again. */
  dryRun: 15 * second,

  /** From creation until both VMIs are Ready with their guest agents, including image pulls. */
  vmiReady: 10 * minute,
  /** The API server, after consoles of many nodes were lost: it may be restarting. */
  apiBack: 2 * minute,
  /** How long a VMI of one of many nodes may wait for room on it; the others are measured without it. */
  roomOnNode: minute,
  /** Finding out whether a VMI that did not become ready lost its node or its pod. */
  whyNotReady: 10 * second,
  /** How long virt-api may be unavailable when a console is opened: it restarts within seconds. */
  virtApiOutage: 10 * second,
  /** From opening the console to a root shell, in a booted guest. */
  login: 2 * minute,
  /** From the reboot request until the guest's login prompt is back. */
  reboot: 6 * minute,
  /** A command in a guest that should answer at once; emulated guests on a busy host are slow. */
  command: 60 * second,
  /** tuned rewrites the boot loader's configuration. */
  isolate: 3 * minute,
  /** testpmd until its prompt: it touches hugepages and configures ports. */
  testpmdStart: 2 * minute,
  generatorStart: 3 * minute,
  /** Both links, from the moment testpmd and the generator hold the ports. */
  linkUp: 30 * second,
  /**
   * One sample of all counters, on both guests. If TRex's console had to be given up, each sample starts a new one,
   * which takes over 20 s in an emulated guest that sends.
   */
  sample: 60 * second,
  /** How long the generator may send beyond its time before it is stopped. */
  trafficOverrun: 30 * second,
  /** After the last packet was sent, until two samples in a row are the same. */
  settle: 10 * second,

  /** The diagnosis, before the testbed is removed. */
  diagnosis: 20 * second,
  /** Writing the reports that take longest: seconds on a busy machine. */
  slowReports: 60 * second,
  /** The same in a process that is ending: a part of a pod's grace period of 30 s. */
  slowReportsAtExit: 20 * second,

  /** Removing the objects of a run that was not interrupted. */
  teardown: 2 * minute,
  /** The same after a signal: Prow kills 15 s after its SIGINT, and the status must be written by then. */
  teardownWhenInterrupted: 9 * second,
  /**
   * Packing the reports, and the same again for writing them to a ConfigMap. After a signal before teardown, and again
   * at the end.
   */
  keepReports: 20 * second,
  keepReportsWhenInterrupted: 3 * second,
  /** Minimum time for teardown after a signal. */
  leastTeardownWhenInterrupted: 5 * second,
  /** Reading evidence of a rootless run's pods after a signal; part of the time for their removal. */
  evidenceWhenInterrupted: 2 * second,
  writeStatus: 30 * second,
  writeStatusWhenInterrupted: 4 * second,

  /**
   * From the claim to the first packet, at least, if images are present and everything is fast: KubeVirt's probe alone
   * waits 5 s for the guest agent. A run with less time cannot pass.
   */
  leastBeforeTraffic: 15 * second,
  /** The same if images are pulled, guests boot from disk, and reboot once to isolate CPUs. */
  usualBeforeTraffic: 3 * minute,
  /** From the last packet until two samples of the counters agree. */
  leastAfterTraffic: 2 * second,
  /** The part of `spec.timeout` that the wait for the VMIs leaves for all later stages except the traffic itself. */
  reservedAfterReady: 90 * second,
} as const

/** The most that one part of a step gets, so that a part without an answer does not use up the step's limit. */
export const partTimeouts = {
  /** One poll of an awaited VMI: if the API server does not answer, the wait reports this and continues. */
  vmiPoll: 10 * second,
  /** Opening the console of a guest that boots: nothing waits for it. */
  bootConsole: 10 * second,
  /** The resources of one API group: its server may be down. */
  apiGroup: 10 * second,
  /** The objects of one kind in a namespace. */
  kind: 10 * second,
  /** Reading image digests, which only complete the report. */
  images: 5 * second,

  /** A shell that starts or is configured, before the command is typed again. */
  shellSetUp: 5 * second,
  /** An answer of a guest that may be going down. */
  stillThere: 3 * second,
  /** Requesting a reboot through the API, with retries. */
  askForReboot: 30 * second,
  /** Requesting a reboot in the guest's shell. */
  rebootCommand: 10 * second,
  /**
   * A guest that still answers with the same boot id after this time is not rebooting: KubeVirt does not report that
   * the guest agent did not answer.
   */
  rebootIgnored: 45 * second,

  /** trex-console until its first prompt: Python takes 14 to 18 s of it in an emulated guest. */
  trexConsole: 45 * second,
  /**
   * An answer of trex-console to a command that only reads: an emulated guest takes 0.4 to 0.7 s for statistics, and
   * the console itself gives up its server after 12 s. Starting another console must fit into the time left (over 20 s
   * in an emulated guest that sends).
   */
  trexAnswer: 15 * second,

  /** In the diagnosis: one answer of testpmd, and its exit. */
  lastAnswer: 5 * second,
  /** One request to the API server, without retries. */
  diagnosisRequest: 8 * second,
  /** A launcher's log: for an unreachable kubelet the API server answers 500 to every retry. */
  launcherLog: 3 * second,
  /** One log, or all objects of a kind, as evidence of a rootless run's pods. */
  podEvidence: 10 * second,
} as const

/** The rootless suite, and the commands that deploy its pods. A signal ends any of them. */
export const rootlessTimeouts = {
  /** A pod from its manifest until testpmd forwards, including image pulls and gigabytes of hugepages. */
  podUp: 5 * minute,
  /** Removing one application between two stages. */
  remove: minute,
  /** Removing pods that did not start. */
  removeFailed: 2 * minute,
  /** testpmd's answer, read from the log. */
  answer: 30 * second,
  /** 100 pings, five a second or ten. */
  ping: 60 * second,
  /** One short command in a pod. */
  command: 20 * second,
  /** After the last packet, until the counters are constant. */
  settle: 20 * second,
  /** One kubectl command. */
  kubectl: 60 * second,
  /** One kubectl command that only reads a pod's state. */
  podPoll: 30 * second,
  /** One request, including repetitions. */
  request: 60 * second,
  /** One request after an interruption: less than the removal gets, which follows it. */
  requestWhenInterrupted: 3 * second,
  /** The SR-IOV operator, until it has created a network. */
  network: 60 * second,
  /** A refusal that lasts this long is not due to the API server's caches. */
  refusal: 10 * second,
} as const

/** `dpdk-checkup run --in-cluster`: from a Job's deletion until it is gone, after its pod's grace period. */
export const JOB_GONE_TIMEOUT = 2 * minute

/** `npx dpdk-checkup wait`: reads after the Job has ended. */
export const JOB_END_TIMEOUT = 30 * second
