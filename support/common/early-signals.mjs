/**
 * Loaded by the image's entry point and by mocha's configuration, before all else: ends the process on a signal until the suite handles signals itself. As
 * process 1 of a pod, a program without a listener ignores SIGTERM, and a suite takes seconds to load: the pod would
 * take its whole grace period to end, although nothing has been created. Plain JavaScript: the loader of TypeScript
 * takes its time too.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

for (const signal of SIGNALS)
  process.on(signal, () => {
    // The suite listens by now. To remove this listener while that one is added would end both.
    if (process.listenerCount(signal) > 1) return
    console.error(`interrupted by ${signal} before the run began: nothing was created`)
    process.exit(2)
  })
