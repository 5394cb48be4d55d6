/** Files of saved states: written whole or not at all, and tried before a machine is started from them. */
import { open, readFile, stat } from 'node:fs/promises'
import { LabError } from '../../shared/failure'
import { withContents } from './image-file'
import type { StartOptions } from '../emulator/host/options'
import { Machine } from '../emulator/machine/machine'
import type { MachineDescription } from '../emulator/state/description'
import { STATE_MAGIC, StateFile } from '../emulator/state/file'
import { writeFileAtomically } from '../files/atomic'

/** What such files are called. */
export const STATE_EXTENSION = '.blstate'
/** All that a machine can hold, unpacked twice over. */
const MOST_BYTES = 4 * 2 ** 30

export interface SavedState {
  readonly bytes: Uint8Array
  /** Which machine it is of. */
  readonly machine: MachineDescription
}

/**
 * A state whose sums are right.
 * @throws LabError when the file cannot be read, or is no state, of another version, or damaged
 */
export async function readState(path: string): Promise<SavedState> {
  try {
    const { size } = await stat(path)
    if (size > MOST_BYTES) throw new LabError({ code: 'bad-input', what: 'The file is too large for a saved state.', where: path, next: 'Choose a file that was made by saving a state.' })
    const bytes = new Uint8Array(await readFile(path))
    return { bytes, machine: new StateFile(bytes).machine }
  } catch (error) {
    throw located(error, path)
  }
}

/**
 * Loads a state into a machine that nobody runs, so that what is wrong with it is known before.
 * @throws LabError
 */
export function tryState({ image, medium, bus, drives = [], memoryBytes, model, processors, roms, boot, without, network, state }: StartOptions, path: string): void {
  if (!state) return
  const silent = (): void => undefined
  withContents([image, ...drives.map((drive) => drive.image)], ([first = new Uint8Array(), ...others]) => {
    const machine = new Machine({
      image: first, medium, bus, drives: drives.map((drive, index) => ({ ...drive, image: others[index] ?? new Uint8Array() })), memoryBytes, model, processors, roms, boot, without,
      network: { bootFile: network?.bootFile }, backend: 'oracle', startDate: 0, onSerial: silent, onDebugConsole: silent,
    })
    try {
      machine.load(state)
    } catch (error) {
      throw located(error, path)
    }
  })
}

/**
 * What a page may write to: a file that is called a saved state, and is none yet or one already.
 * @throws LabError
 */
export async function requireStateFile(path: string): Promise<void> {
  if (!path.endsWith(STATE_EXTENSION)) throw new LabError({ code: 'bad-input', what: `The name of a saved state ends in "${STATE_EXTENSION}".`, where: path, next: 'Add the ending.' })
  const file = await open(path).catch(() => undefined)
  if (!file) return
  try {
    const found = await file.stat()
    const { buffer } = await file.read(Buffer.alloc(STATE_MAGIC.length), 0, STATE_MAGIC.length, 0)
    if (found.isFile() && (found.size === 0 || STATE_MAGIC.equals(buffer))) return
  } finally {
    await file.close()
  }
  throw new LabError({ code: 'bad-input', what: 'There is something else of that name.', where: path, why: 'Only a saved state is overwritten.', next: 'Choose another name.' })
}

/** @throws LabError when the file cannot be written */
export async function writeState(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFileAtomically(path, bytes)
  } catch (error) {
    if (error instanceof LabError || !(error instanceof Error && 'code' in error)) throw error
    throw new LabError({ code: 'bad-input', what: `The state cannot be saved: ${error.message}.`, where: path, next: 'Choose another place.' }, { cause: error })
  }
}

function located(error: unknown, path: string): unknown {
  if (error instanceof LabError) return new LabError({ ...error.failure, where: path }, { cause: error })
  if (!(error instanceof Error && 'code' in error)) return error
  const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR'
  return new LabError({ code: missing ? 'not-found' : 'bad-input', what: missing ? 'There is no such file.' : `The file cannot be read: ${error.message}.`, where: path, next: 'Check the path.' }, { cause: error })
}
