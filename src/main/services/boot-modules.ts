/** Files that a kernel finds beside itself, when it is booted directly: named on a command line, as QEMU's `-initrd` has it or one by one. */
import { basename, resolve } from 'node:path'
import { LabError } from '../../shared/failure'
import { type BootModule, MAX_COMMAND_LINE_BYTES } from '../../shared/boot'
import { MAX_INPUT_BYTES } from '../image'

export interface ModuleFile {
  path: string
  /** What the kernel finds with it; Linux takes no notice of it. */
  commandLine: string
}

/**
 * `FILE[,text]`: one module; everything behind the first comma is its text. A comma of the file's name is written twice.
 * @throws RangeError that says what is wrong
 */
export function parseModule(text: string): ModuleFile {
  const [first = '', ...rest] = splitAtCommas(text, 2)
  return moduleFile(first, rest[0] ?? '')
}

/**
 * `FILE text,FILE text`, as QEMU's `-initrd`: a file's name ends at the first blank, and the kernel finds name and text. A comma that separates
 * no files is written twice.
 * @throws RangeError that says what is wrong
 */
export function parseInitrd(text: string): ModuleFile[] {
  return splitAtCommas(text).map((one) => moduleFile(one.split(' ', 1)[0] ?? '', one))
}

/** At single commas, into at most so many pieces; the last of as many is left as it is. */
function splitAtCommas(text: string, most = Infinity): string[] {
  const pieces: string[] = []
  let piece = ''
  for (let at = 0; at < text.length; at++) {
    const doubled = text[at] === ',' && text[at + 1] === ','
    if (text[at] !== ',' || doubled) {
      piece += text[at]
      if (doubled) at++
      continue
    }
    pieces.push(piece)
    piece = ''
    if (pieces.length === most - 1) return [...pieces, text.slice(at + 1)]
  }
  return [...pieces, piece]
}

function moduleFile(path: string, commandLine: string): ModuleFile {
  if (path === '') throw new RangeError('A file has no name. Separate files, or a file and its text, by one comma; a comma that belongs to a name is written twice.')
  const bytes = Buffer.byteLength(commandLine)
  if (bytes > MAX_COMMAND_LINE_BYTES) throw new RangeError(`The text of ${path} has ${bytes} bytes; at most ${MAX_COMMAND_LINE_BYTES} fit.`)
  return { path, commandLine }
}

/**
 * Reads them, in their order.
 * @param read gives a file's bytes, or says why not
 * @throws LabError when they are too many bytes
 */
export async function readModules(files: readonly ModuleFile[], read: (path: string) => Promise<Uint8Array>): Promise<BootModule[]> {
  const modules: BootModule[] = []
  let room = MAX_INPUT_BYTES
  for (const { path, commandLine } of files) {
    const bytes = await read(resolve(path))
    room -= bytes.length
    if (room < 0) throw new LabError({ code: 'bad-input', what: `The modules have more than ${MAX_INPUT_BYTES >> 20} MiB together.`, where: path, why: 'The PC keeps the disk that they are loaded from in memory.', next: 'Leave one of them out, or make it smaller.' })
    modules.push({ name: basename(path), bytes, commandLine })
  }
  return modules
}
