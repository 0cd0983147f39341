import { expect } from 'chai'
import { lcoreOf } from './forwarding-lcores.ts'

describe('lcores that forward', () => {
  const lcores = (queues: number, cores: number) =>
    Array.from({ length: queues }, (_, rxQueue) =>
      [0, 1].map((rxPort) => lcoreOf({ rxPort, rxQueue }, { queues, cores })),
    )

  it('poll the same queue of both ports where there are as many as queues', () => {
    expect(lcores(4, 4)).to.deep.equal([
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 3],
    ])
  })

  it('poll a queue of one port each where there are fewer queues', () => {
    expect(lcores(2, 4)).to.deep.equal([
      [0, 1],
      [2, 3],
    ])
    expect(lcores(1, 4)).to.deep.equal([[0, 1]])
  })

  it('have more of them at the end where they do not come out even', () => {
    expect(lcores(3, 4)).to.deep.equal([
      [0, 1],
      [2, 2],
      [3, 3],
    ])
  })
})
