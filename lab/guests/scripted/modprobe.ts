/** Simulates modprobe: modules with the options from its command line and from /etc/modprobe.d. */
import type { GuestFiles } from './guest-files.ts'
import { done, type Outcome } from './outcome.ts'
import type { GuestSystem } from './system.ts'

const MODULES: readonly string[] = ['vfio', 'vfio-pci', 'vfio_pci', 'pktgen']
const FOLDER = '/etc/modprobe.d'
const NO_IOMMU = 'enable_unsafe_noiommu_mode'

export async function modprobe(system: GuestSystem, args: readonly string[]): Promise<Outcome> {
  const { machine, modules, files, pktgen } = system
  const [name = '', ...parameters] = args.filter((argument) => !argument.startsWith('-'))
  const own = machine.faults.noNicModule === true ? [] : [machine.profile.nic.kernelDriver]
  const isMissing = machine.faults.noVfioModule === true && name.startsWith('vfio')
  if (![...MODULES, ...own].includes(name) || isMissing) {
    const folder = `/lib/modules/${machine.profile.kernel[0]}`
    // Printed on stdout, because the interpreter delays stderr to the line's end; a terminal shows both in order.
    const stdout = `modprobe: FATAL: Module ${name} not found in directory ${folder}\n`
    return { stdout, stderr: '', exitCode: 1 }
  }
  if (name === 'pktgen') pktgen.load()
  // modprobe loads vfio first, because vfio-pci depends on it.
  if (name.startsWith('vfio')) loadVfio(system, [...(await configured(files, 'vfio')), ...parameters])
  modules.add(name)
  return done
}

function loadVfio({ machine, modules, files }: GuestSystem, parameters: readonly string[]): void {
  // A loaded module keeps the options that it was loaded with.
  if (modules.has('vfio')) return
  modules.add('vfio')
  const file = `/sys/module/vfio/parameters/${NO_IOMMU}`
  if (machine.faults.noNoiommu === true) {
    // Such a kernel ignores the parameter and has no file for it.
    const refuse = () => {
      throw new Error('ENOENT: no such file or directory')
    }
    files.addLive(file, { read: refuse, write: refuse })
    return
  }
  const set = (text: string) => {
    if (text.trim() === '1' || text.trim() === 'Y') modules.add(`vfio ${NO_IOMMU}`)
  }
  files.addLive(file, {
    read: () => (modules.has(`vfio ${NO_IOMMU}`) ? 'Y\n' : 'N\n'),
    write: set,
  })
  for (const argument of parameters)
    if (argument.startsWith(`${NO_IOMMU}=`)) set(argument.slice(NO_IOMMU.length + 1))
}

/** A module's parameters in modprobe's configuration: lines `options MODULE PARAMETER=VALUE…`. */
async function configured(files: GuestFiles, module: string): Promise<string[]> {
  const names = (await files.exists(FOLDER)) ? await files.readdir(FOLDER) : []
  const texts = await Promise.all(
    names.filter((name) => name.endsWith('.conf')).map((name) => files.readFile(`${FOLDER}/${name}`)),
  )
  return texts
    .flatMap((text) => text.split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([keyword, name, ...parameters]) => (keyword === 'options' && name === module ? parameters : []))
}
