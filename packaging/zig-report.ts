/** `npm run package:zig`: stages the compiler for this computer, or the ones named (`win32-arm64 …`), and says how large each is. */
import { locate } from '../src/main/services/locations'
import { ARCHITECTURES, PLATFORMS } from './zig-files'
import { stageZig } from './zig-stage'

const all = PLATFORMS.flatMap((platform) => ARCHITECTURES.map((arch) => ({ platform, arch, name: `${platform}-${arch}` })))
const named = process.argv.slice(2)
const wanted = named.length > 0 ? named : [`${process.platform}-${process.arch}`]
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1).padStart(6)} MiB`
for (const name of wanted) {
  const one = all.find((candidate) => candidate.name === name)
  if (!one) throw new Error(`${name} is none of ${all.map((candidate) => candidate.name).join(', ')}.`)
  const { folder, binary, library } = stageZig(locate().root, one.platform, one.arch)
  console.log(`${name.padEnd(13)} program ${mib(binary)}  library ${mib(library)}  ${folder}`)
}
