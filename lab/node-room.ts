/** How many real guests the nodes of a lab run at the same time, so that this machine can carry them. */
import { InvalidInputError } from '../support/common/errors.ts'

/** CPUs of this machine for each VM under test, because its lcores poll all the time. Two carry 1,000 packets/s. */
const CPUS_OF_A_VM_UNDER_TEST = 2
/** A run with one pair is tried on any machine. */
const GUESTS_OF_A_PAIR = 2

const GI = 2 ** 30

export interface Machine {
  /** CPUs that this process may use. */
  readonly cpus: number
  /** Bytes. */
  readonly memory: number
}

export interface NodeRoom {
  /** VMIs that each node has room for: with one, it sends and receives in turns. */
  readonly vmis: 1 | 2
  /** What two on each node take, and what this machine has. */
  readonly why: string
}

/**
 * @param memoryGi GiB of each guest, which the parameters define
 * @throws InvalidInputError if the memory does not suffice for one guest on each node
 */
export function nodeRoom(nodes: number, memoryGi: number, { cpus, memory }: Machine): NodeRoom {
  const has = Math.floor(memory / GI)
  const gibibytes = (guests: number) => guests * memoryGi
  if (nodes > GUESTS_OF_A_PAIR && gibibytes(nodes) > has)
    throw new InvalidInputError([
      `--lab-nodes ${nodes} takes ${gibibytes(nodes)} GiB of memory for a guest on each node, and this machine has ${has} GiB`,
    ])
  const takes = { cpus: CPUS_OF_A_VM_UNDER_TEST * nodes, memory: gibibytes(2 * nodes) }
  return {
    vmis: has >= takes.memory && cpus >= takes.cpus ? 2 : 1,
    why: `two guests on each node take ${takes.cpus} CPUs and ${takes.memory} GiB of memory, and this machine has ${cpus} CPUs and ${has} GiB`,
  }
}
