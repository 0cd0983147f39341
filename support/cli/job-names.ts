/** Names of the objects in fixtures/manifests; a test compares them. */
export const DEFAULT_JOB = 'dpdk-checkup'
export const DEFAULT_CONFIG_MAP = 'dpdk-checkup-config'
