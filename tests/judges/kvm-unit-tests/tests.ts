/** Which of kvm-unit-tests are run: what `x86/unittests.cfg` lists, without what is about a hypervisor. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ListedTest {
  readonly name: string
  readonly file: string
  readonly processors: number
  readonly arguments: readonly string[]
}

/** Virtualisation inside the guest, paravirtual devices, counters, an IOMMU, the costs of leaving a guest, KVM's instruction emulator. */
const ABOUT_HYPERVISORS = /^(vmx|svm|ept|hyperv|pmu|vmexit|vmware|kvmclock|asyncpf|hypercall|intel_iommu|amd_sev)|_fep$|^access-reduced/
/** Tests that are built, but not listed. */
const UNLISTED: readonly string[] = ['hpet_read_test', 'tscdeadline_latency']

/** @param folder a copy in which the tests were built, for either architecture */
export function listedTests(folder: string): ListedTest[] {
  const listed: ListedTest[] = []
  for (const section of readFileSync(join(folder, 'x86/unittests.cfg'), 'utf8').split(/^\[/m).slice(1)) {
    const name = section.slice(0, section.indexOf(']'))
    const value = (key: string): string | undefined => new RegExp(`^${key} *= *(.*)$`, 'm').exec(section)?.[1]?.trim()
    const file = value('file')
    if (file === undefined || ABOUT_HYPERVISORS.test(name)) continue
    const words = (value('test_args') ?? '').replaceAll(/['"]/g, '').split(' ').filter((word) => word !== '')
    listed.push({ name, file, processors: Number(value('smp') ?? 1), arguments: words })
  }
  listed.push(...UNLISTED.map((name) => ({ name, file: `${name}.flat`, processors: 1, arguments: [] })))
  // Entries that differ in the processor alone are one test here: it is always the one that has everything.
  const key = ({ file, processors, arguments: words }: ListedTest): string => [file, processors, ...words].join(' ')
  return listed
    .filter((test, index) => listed.findIndex((other) => key(other) === key(test)) === index)
    .map((test) => ({ ...test, file: join(folder, 'x86', test.file) }))
    .filter(({ file }) => existsSync(file))
}
