/** What the objects of fixtures/manifests are called; a test compares them. */
export const DEFAULT_JOB = 'dpdk-checkup'
export const DEFAULT_CONFIG_MAP = 'dpdk-checkup-config'
