/** What moves the packets of each guest. */
import type { DataPlane } from '../dataplane/engines/engine.ts'
import type { Role } from '../model/role.ts'
import type { Parameters } from './parameters.ts'

export function dataPlaneOf(
  role: Role,
  { trafficGenEngine }: Pick<Parameters, 'trafficGenEngine'>,
): DataPlane {
  return role === 'vm-under-test' ? 'dpdk' : trafficGenEngine.dataPlane
}
