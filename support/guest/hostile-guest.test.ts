import { expect } from 'chai'
import fc from 'fast-check'
import type { ConsoleStream } from '../cluster/console-stream.ts'
import { SuiteError } from '../common/errors.ts'
import { CASES, hostileText, mutilated } from '../common/testing/hostile-text.ts'
import { ConsoleReader } from './console/console-reader.ts'
import { parseCpuList, parseCpuMask } from '../model/cpu-list.ts'
import { readGuestFacts } from './facts/guest-facts.ts'
import { prepareHugepages } from './facts/hugepages.ts'
import { ConsoleProgram } from './console/interactive-program.ts'
import { readCpuFacts } from './facts/isolation.ts'
import { Markers } from './console/markers.ts'
import { readNics } from './facts/pci-binding.ts'
import { silentLogger } from '../common/logger.ts'
import { within } from './testing/limits.ts'
import { ScriptedShell } from './testing/scripted-shell.ts'
import { stripTerminalCodes } from '../common/text.ts'
import { KernelLineFilter } from './console/terminal-text.ts'

const MEGABYTES = 4 * 2 ** 20

/** The answer, or the suite's own error; anything else that is thrown fails the test. */
async function answered<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SuiteError)) throw error
    expect(error.message.length).to.be.below(2000)
    return undefined
  }
}

const says = (output: string) => new ScriptedShell([['', output]])

describe('a hostile guest', () => {
  it('can name no CPU that is none', () => {
    const list = fc.oneof(
      hostileText,
      mutilated(['2-7', '0-8191', '1,3-5,7']),
      fc.array(fc.constantFrom('0-8191', '1', '8191', '8192', '3-2')).map((parts) => parts.join(',')),
    )
    fc.assert(
      fc.property(list, (text) => {
        for (const parse of [parseCpuList, parseCpuMask]) {
          let cpus: number[] = []
          try {
            cpus = parse(text)
          } catch (error) {
            expect(error).to.be.instanceOf(SuiteError).with.property('code', 'bad-cpu-list')
          }
          expect(cpus.length).to.be.at.most(8192)
          expect(cpus.every((cpu, index) => Number.isInteger(cpu) && cpu > (cpus[index - 1] ?? -1))).to.equal(
            true,
          )
        }
      }),
      CASES,
    )
  })

  it('cannot keep the suite busy with a list of CPUs that never ends, nor fill a message with it', () => {
    for (const text of ['0-8191,'.repeat(MEGABYTES / 7), 'x'.repeat(MEGABYTES), '9'.repeat(MEGABYTES)]) {
      for (const parse of [parseCpuList, parseCpuMask]) {
        const error = (() => {
          try {
            return parse(text)
          } catch (thrown) {
            return thrown
          }
        })()
        expect(error).to.be.instanceOf(SuiteError)
        expect(String(error).length).to.be.below(500)
      }
    }
  })

  it('tells of its CPUs what can be true, or nothing', async () => {
    const good = '0-7\n--\n2-7\n--\n0-1\n--\nBOOT_IMAGE=/vmlinuz tuned.non_isolcpus=00000003\n'
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostileText, mutilated([good])), async (output) => {
        const facts = await answered(() => readCpuFacts(says(output), within()))
        if (facts === undefined) return
        expect(facts.partitioned.every((cpu) => facts.online.includes(cpu))).to.equal(true)
        expect(facts.kernelArguments.length).to.be.at.most(4096)
      }),
      CASES,
    )
  })

  it('has a number of hugepages or none', async () => {
    const good =
      'pool /sys/kernel/mm/hugepages/hugepages-1048576kB 4 4\npool /sys/kernel/mm/hugepages/hugepages-2048kB 0 0\n'
    await fc.assert(
      fc.asyncProperty(fc.oneof(hostileText, mutilated([good])), async (output) => {
        const facts = await answered(() => prepareHugepages(says(output), within()))
        if (facts === undefined) return
        for (const { sizeKiB, total, free } of facts.pools)
          for (const count of [sizeKiB, total, free])
            expect(Number.isSafeInteger(count) && count >= 0).to.equal(true)
      }),
      CASES,
    )
  })

  it('has NICs and a name of bounded length', async () => {
    const address = '0000:06:00.0'
    const good = `nic ${address}\n0x15b3\n0x101e\ndriver vfio-pci\nnet eth1\n`
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(hostileText, mutilated([good, 'kernel 6.1\nos Debian\n'])),
        async (output) => {
          const nics = await answered(() => readNics(says(output), [address], within()))
          expect(nics?.map((nic) => nic.address) ?? [address]).to.deep.equal([address])
          const facts = await answered(() =>
            readGuestFacts(says(output.repeat(3)), { east: address, west: address }, within()),
          )
          for (const text of Object.values<unknown>({ ...nics?.[0], ...facts }))
            expect(String(text).length).to.be.at.most(255)
        },
      ),
      CASES,
    )
  })

  it('cannot get an escape sequence through plain text', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(stripTerminalCodes(text)).not.to.match(/[\x00-\x08\x0b-\x1f\x7f]/)
      }),
      CASES,
    )
  })

  it('has its output whole, kernel lines aside, however it is cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(hostileText, cuts, (text, sizes) => {
        const bytes = Buffer.from(text)
        const whole = new KernelLineFilter()
        const pieces = new KernelLineFilter()
        const expected = Buffer.concat([whole.push(bytes), whole.flush()])
        const got: Uint8Array[] = []
        for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1
          got.push(pieces.push(bytes.subarray(from, from + size)))
          from += size
        }
        got.push(pieces.flush())
        // One of the two may hold back a line longer, but neither may lose a line that is not the kernel's.
        expect(Buffer.concat(got).toString('latin1')).to.equal(expected.toString('latin1'))
      }),
      CASES,
    )
  })

  it('cannot forge the end of a command without its marker', async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, fc.nat(255), async (output, exitCode) => {
        const { reader, say } = openReader()
        const markers = new Markers()
        const marker = markers.next()
        const others = new Markers()
        const read = reader.read(marker.ended, { claim: 'the end', maxOutput: 1e6, ...within() })
        // The guest knows the format of markers and the typed name of this one, but not its secret.
        const forged = printed(others, marker.end('0'))
        const before = Buffer.from(`${output}${marker.end('0')}\n${forged}`)
        say(before)
        say(Buffer.from(printed(markers, marker.end(String(exitCode)))))
        const { value, before: seen } = await read
        expect(value.exitCode).to.equal(exitCode)
        expect(seen).to.equal(before.toString())
      }),
      CASES,
    )
  })

  it('cannot keep a program’s reader busy with false prompts', async () => {
    const { reader, say, typed } = openReader()
    const markers = new Markers()
    const marker = markers.next()
    const setting = {
      guest: 'guest',
      reader,
      commandLine: 'testpmd',
      prompts: ['testpmd> '] as const,
      marker,
      maxOutput: 2 ** 25,
      logger: silentLogger,
      isOpen: () => true,
      onEnded: () => undefined,
    }
    const starting = ConsoleProgram.start(setting, within())
    say(Buffer.from(printed(markers, marker.begin)))
    await Promise.resolve()
    say(Buffer.from('\ntestpmd> '))
    const program = await starting
    const answering = program.send('show', within())
    while (typed.length === 0) await new Promise((resolve) => setImmediate(resolve))
    // A megabyte in one piece: prompts in the middle of a line, then blanks that could precede a prompt.
    say(Buffer.from(`show\n${'x testpmd> '.repeat(50_000)}${' '.repeat(500_000)}x\n`))
    say(Buffer.from('\ntestpmd> '))
    expect(await answering).to.have.lengthOf.above(1_000_000)
  })
})

/** The output of a guest's shell for the command that prints a marker. */
function printed(markers: Markers, command: string): string {
  const secret = /__kd_s=(\w+);/.exec(markers.definitions())?.[1] ?? ''
  const [word = '', name = '', exitCode = ''] = command.split(' ')
  return word === '__kd_e' ? `${secret}${name}:${exitCode}>\n` : `${secret}${name}<\n`
}

function openReader(): { reader: ConsoleReader; say: (bytes: Uint8Array) => void; typed: unknown[] } {
  const typed: unknown[] = []
  let listener: (bytes: Uint8Array) => void = () => undefined
  const stream: ConsoleStream = {
    closed: new Promise(() => undefined),
    onOutput: (given) => {
      listener = given
    },
    write: (text) => typed.push(text),
    close: () => undefined,
  }
  return {
    reader: new ConsoleReader(stream, 'guest'),
    say: (bytes) => {
      listener(bytes)
    },
    typed,
  }
}
