/**
 * Parameters of kiagnose's checkup up to version 0.2, which documentation of OpenShift Virtualization 4.13 still has,
 * and those that took their place; undefined if none did, because nothing has to be set any more.
 */
export const FORMER_PARAMETERS: Readonly<Record<string, string | undefined>> = {
  NUMASocket: undefined,
  trafficGeneratorRuntimeClassName: undefined,
  trafficGeneratorImage: 'trafficGenContainerDiskImage',
  vmContainerDiskImage: 'vmUnderTestContainerDiskImage',
  trafficGeneratorNodeLabelSelector: 'trafficGenTargetNodeName',
  DPDKNodeLabelSelector: 'vmUnderTestTargetNodeName',
  trafficGeneratorPacketsPerSecondInMillions: 'trafficGenPacketsPerSecond',
  trafficGeneratorPacketsPerSecond: 'trafficGenPacketsPerSecond',
  portBandwidthGB: 'portBandwidthGbps',
  trafficGeneratorEastMacAddress: undefined,
  trafficGeneratorWestMacAddress: undefined,
  DPDKEastMacAddress: undefined,
  DPDKWestMacAddress: undefined,
  trafficGeneratorMacAddress: undefined,
  DPDKMacAddress: undefined,
}
