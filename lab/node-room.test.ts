import { expect } from 'chai'
import { InvalidInputError } from '../support/common/errors.ts'
import { nodeRoom } from './node-room.ts'

const GI = 2 ** 30

describe('the room on nodes with real guests', () => {
  it('is for one VMI where this machine lacks CPUs or memory for two', () => {
    expect(nodeRoom(2, 4, { cpus: 2, memory: 24 * GI }).vmis).to.equal(1)
    expect(nodeRoom(2, 4, { cpus: 8, memory: 12 * GI }).vmis).to.equal(1)
    expect(nodeRoom(2, 4, { cpus: 4, memory: 24 * GI }).vmis).to.equal(2)
    expect(nodeRoom(4, 4, { cpus: 4, memory: 64 * GI }).vmis).to.equal(1)
  })

  it('says what two would take', () => {
    expect(nodeRoom(2, 4, { cpus: 2, memory: 23.5 * GI }).why).to.equal(
      'two guests on each node take 4 CPUs and 16 GiB of memory, and this machine has 2 CPUs and 23 GiB',
    )
  })

  it('depends on the memory that the parameters give each guest', () => {
    expect(nodeRoom(2, 6, { cpus: 4, memory: 23 * GI }).vmis).to.equal(1)
    expect(nodeRoom(2, 3, { cpus: 4, memory: 12 * GI }).vmis).to.equal(2)
    expect(() => nodeRoom(3, 8, { cpus: 4, memory: 23 * GI })).to.throw('takes 24 GiB of memory')
  })

  it('is tried for one pair on any machine, as without nodes', () => {
    expect(nodeRoom(2, 4, { cpus: 1, memory: 6 * GI }).vmis).to.equal(1)
  })

  it('is refused where the memory does not suffice', () => {
    expect(() => nodeRoom(6, 4, { cpus: 2, memory: 23.5 * GI })).to.throw(
      InvalidInputError,
      '--lab-nodes 6 takes 24 GiB of memory for a guest on each node, and this machine has 23 GiB',
    )
  })
})
