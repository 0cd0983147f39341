/**
 * After how long the suite gives something up: all its budgets, in milliseconds. They nest: a part's lies inside its
 * step's, a step's inside `spec.timeout`. Teardown has its own time, after whatever ended the run.
 *
 * No budgets, and where they are used: pacing (between two looks, before a retry, how long a line is silent until it is
 * spoken to, how often people are told), what users ask for (`testDuration`, `--timeout`, a search's trials), and how
 * long a cluster or a driver itself takes.
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
  /** Whether a VMI that did not get ready lost its node or its pod meanwhile. */
  whyNotReady: 10 * second,
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
  /** Writing the reports that take long; seconds on a busy machine. */
  slowReports: 60 * second,
  /** The same in a process that is ending: of the 30 s that a pod has when it is told to. */
  slowReportsAtExit: 20 * second,

  /** Removing everything the run made, when it ended by itself. */
  teardown: 2 * minute,
  /** The same after a signal: Prow kills 15 s after its SIGINT, and the status must be written by then. */
  teardownWhenInterrupted: 9 * second,
  /** Packing the reports, and as long for writing them to a ConfigMap. After a signal before teardown, and again at the end. */
  keepReports: 20 * second,
  keepReportsWhenInterrupted: 3 * second,
  /** What that leaves of a teardown after a signal, at least. */
  leastTeardownWhenInterrupted: 5 * second,
  writeStatus: 30 * second,
  writeStatusWhenInterrupted: 4 * second,

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

/** Of a step's budget, what one part of it gets at most, so that one without an answer does not use up all of it. */
export const partTimeouts = {
  /** One look at a VMI that is waited for: an API server without an answer is something to tell of, not to wait for. */
  vmiLook: 10 * second,
  /** Opening the console of a guest that boots: nothing waits for it. */
  bootConsole: 10 * second,
  /** The resources of one API group: its server may be down. */
  apiGroup: 10 * second,
  /** The objects of one kind in a namespace. */
  kind: 10 * second,
  /** Which images a VMI runs: the report's completeness is not worth more. */
  images: 5 * second,

  /** A shell that comes up, or is set up, before it is told once more. */
  shellSetUp: 5 * second,
  /** An answer of a guest that may be going down. */
  stillThere: 3 * second,
  /** Asking for a reboot from outside: a server that fails is asked again until then. */
  askForReboot: 30 * second,
  /** The same from inside. */
  rebootCommand: 10 * second,
  /**
   * A guest that still answers, with the boot it had, is not being rebooted: KubeVirt does not tell when the guest agent
   * did not answer.
   */
  rebootIgnored: 45 * second,

  /** trex-console until its first prompt: Python takes 14 to 18 s of it in an emulated guest. */
  trexConsole: 45 * second,
  /**
   * An answer of it that changes nothing: an emulated guest takes 0.4 to 0.7 s for statistics, and the console itself
   * gives its server up after 12 s. A console of its own must fit into what is left (over 20 s in an emulated guest that
   * sends).
   */
  trexAnswer: 15 * second,

  /** Of the diagnosis: one answer of testpmd, and its end. */
  lastAnswer: 5 * second,
  /** One request to the API server; a server in trouble is not waited for. */
  diagnosisRequest: 8 * second,
  /** A launcher's log: a kubelet that can't be reached answers 500 as long as it is asked. */
  launcherLog: 3 * second,
} as const

/** The rootless suite, and the commands that deploy its pods. A signal ends any of them. */
export const rootlessTimeouts = {
  /** A pod from its manifest until testpmd forwards; image pulls and gigabytes of hugepages are in it. */
  podUp: 5 * minute,
  /** Removing one application between two stages. */
  remove: minute,
  /** Removing what could not be brought up. */
  removeFailed: 2 * minute,
  /** testpmd's answer, by way of the log. */
  answer: 30 * second,
  /** 100 pings, five a second or ten. */
  ping: 60 * second,
  /** One short command in a pod. */
  command: 20 * second,
  /** After the last packet, until the counters stand still. */
  settle: 20 * second,
  /** One kubectl. */
  kubectl: 60 * second,
  /** One that only reads what a pod is at. */
  podLook: 30 * second,
  /** One request, repeated ones included. */
  request: 60 * second,
  /** What a request still has when the run is interrupted: less than the removal has, which comes next. */
  requestWhenInterrupted: 3 * second,
  /** The SR-IOV operator, until it has made a network. */
  network: 60 * second,
  /** A refusal that lasts this long is no matter of the API server's caches any more. */
  refusal: 10 * second,
} as const

/** `npx dpdk-checkup wait`: what is read once the Job has ended. */
export const JOB_END_TIMEOUT = 30 * second
