/** Every traffic engine that `spec.param.trafficGenEngine` can name. */
import type { Engine } from './engine.ts'
import { pktgen } from './pktgen/engine.ts'
import { trex } from './trex/engine.ts'

/** In the order of the documentation. */
export const ENGINES: readonly Engine[] = [trex, pktgen]

export const DEFAULT_ENGINE: Engine = trex
