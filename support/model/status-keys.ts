/** The keys of a checkup's ConfigMap that more than the writer of its status reads. */

/** The run that claimed it; absent in one that was never used. */
export const START_KEY = 'status.startTimestamp'
/** Absent while a run goes on. */
export const COMPLETION_KEY = 'status.completionTimestamp'
export const SUCCEEDED_KEY = 'status.succeeded'
/** Empty if the run succeeded. */
export const REASON_KEY = 'status.failureReason'
/** Not written by kiagnose's checkup, which this suite replaces. */
export const VERDICT_KEY = 'status.result.verdict'
export const WARNINGS_KEY = 'status.result.warnings'
/** `true` for a simulated cluster; missing otherwise. */
export const SIMULATED_KEY = 'status.result.simulated'
/** Name of the ConfigMap in the same namespace that keeps the reports; empty if they could not be kept. */
export const REPORT_CONFIG_MAP_KEY = 'status.result.reportConfigMap'
