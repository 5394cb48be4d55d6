/** QEMU beside our PC: the same image, media and keys, until the same is on its screen. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { strokeFor } from '../../../src/main/emulator/host/us-layout'
import type { BootMedium } from '../../../src/shared/machine-schemas'
import type { Step } from '../../boot/ladder'
import { Monitor, type Picture, readPicture } from '../../support/qemu'

const TEXT_MEMORY = 0xb8000
const COLUMNS = 80
const ROWS = 25
const POLL_MS = 100
/** Of the guest's time: what a program may need until it looks for the key that follows. */
const BETWEEN_KEYS_MS = 40

/** QEMU's names of keys, where they are not the letter or digit itself. */
const KEYS: Readonly<Record<string, string>> = {
  Backquote: 'grave_accent', Minus: 'minus', Equal: 'equal', BracketLeft: 'bracket_left', BracketRight: 'bracket_right', Backslash: 'backslash', Semicolon: 'semicolon',
  Quote: 'apostrophe', Comma: 'comma', Period: 'dot', Slash: 'slash', Space: 'spc', Enter: 'ret', Tab: 'tab', Backspace: 'backspace', Escape: 'esc',
}

export interface QemuTask {
  readonly image: Uint8Array
  readonly medium: BootMedium
  readonly drives: readonly { readonly image: Uint8Array; readonly medium: BootMedium }[]
  readonly memoryMib: number
  readonly steps: readonly Step[]
  readonly untilText?: string | undefined
  /** Of the host's time. */
  readonly seconds: number
  readonly arguments?: readonly string[] | undefined
}

export interface QemuEnd {
  readonly reached: boolean
  readonly lines: readonly string[]
  readonly serial: string
  readonly picture: Picture | undefined
  readonly hostSeconds: number
}

const INTERFACE: Readonly<Record<BootMedium, string>> = { disk: 'if=ide', floppy: 'if=floppy', cd: 'if=ide,media=cdrom,readonly=on' }
const BOOT_LETTER: Readonly<Record<BootMedium, string>> = { disk: 'c', floppy: 'a', cd: 'd' }

export async function watchQemu({ image, medium, drives, memoryMib, steps, untilText, seconds, arguments: more = [] }: QemuTask): Promise<QemuEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'bootlab-qemu-'))
  const [serialFile, screenFile, pictureFile] = ['serial', 'screen', 'picture.ppm'].map((name) => join(folder, name)) as [string, string, string]
  const args = ['-accel', 'tcg', '-display', 'none', '-no-reboot', '-vga', 'std', '-rtc', 'base=2026-01-01T12:00:00', '-m', `${memoryMib}M`, '-boot', BOOT_LETTER[medium]]
  for (const [index, drive] of [{ image, medium }, ...drives].entries()) {
    const file = join(folder, `drive${index}`)
    writeFileSync(file, drive.image)
    args.push('-drive', `format=raw,snapshot=on,file=${file},${INTERFACE[drive.medium]}`)
  }
  args.push('-chardev', `file,id=serial,path=${serialFile}`, '-serial', 'chardev:serial', '-qmp', 'stdio', ...more)
  const start = performance.now()
  const child = spawn('qemu-system-x86_64', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = new Promise((resolve) => child.once('close', resolve))
  child.stdin.on('error', () => undefined)
  const monitor = new Monitor(child)
  const left = [...steps]
  let lines: readonly string[] = []
  let reached = false
  let picture: Picture | undefined
  const serial = (): string => (existsSync(serialFile) ? readFileSync(serialFile, 'latin1') : '')
  const guard = setTimeout(() => child.kill('SIGKILL'), (seconds + 10) * 1000)
  try {
    await monitor.command('qmp_capabilities')
    while (!monitor.ended && performance.now() - start < seconds * 1000) {
      if (!(await monitor.command('pmemsave', { val: TEXT_MEMORY, size: COLUMNS * ROWS * 2, filename: screenFile }))) break
      lines = textOf(readFileSync(screenFile))
      const shown = `${lines.join('\n')}\n${serial()}`
      const [next] = left
      if (next !== undefined && shown.includes(next.afterText)) {
        left.shift()
        for (const character of next.keys) await type(monitor, character)
      } else if (next === undefined && untilText !== undefined && shown.includes(untilText)) {
        reached = true
        break
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    if (await monitor.command('screendump', { filename: pictureFile })) picture = readPicture(readFileSync(pictureFile))
  } finally {
    clearTimeout(guard)
    child.kill('SIGKILL')
    await closed
  }
  const end = { reached, lines, serial: serial(), picture, hostSeconds: (performance.now() - start) / 1000 }
  rmSync(folder, { recursive: true, force: true })
  return end
}

async function type(monitor: Monitor, character: string): Promise<void> {
  const stroke = strokeFor(character)
  if (!stroke) throw new RangeError(`A US keyboard has no key for ${JSON.stringify(character)}.`)
  const key = KEYS[stroke.code] ?? stroke.code.replace(/^(?:Key|Digit)/, '').toLowerCase()
  await monitor.press(stroke.shift ? ['shift', key] : [key])
  await new Promise((resolve) => setTimeout(resolve, BETWEEN_KEYS_MS))
}

function textOf(memory: Buffer): string[] {
  return Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: COLUMNS }, (__, column) => {
      const code = memory[(row * COLUMNS + column) * 2] ?? 0
      return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : code === 0 ? ' ' : '?'
    }).join('').trimEnd(),
  )
}
