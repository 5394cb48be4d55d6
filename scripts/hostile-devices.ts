/**
 * Writes garbage to every port and register of a machine, in every width, while a hostile guest runs on it, and says what came of it.
 *   node scripts/run.mjs scripts/hostile-devices.ts [ACCESSES] [--seed N] [--style garbage|chips|both] [--bios FILE]
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Argument, Command, Option } from 'commander'
import { createProject } from '../src/main/project'
import { Builder } from '../src/main/services/builder'
import { locate } from '../src/main/services/locations'
import { attackDevices, STYLES, type Style } from '../tests/boot/hostile-devices/attack'
import { pressReset } from '../tests/boot/hostile-devices/board'
import { HOSTILE_MODES, hostileImage } from '../tests/boot/hostile-guest'

/** What boots afterwards, and what it shows then. */
const TEMPLATE = { name: 'miniboot-c', text: 'Hello, World' } as const
const BOOT_TICKS = 400_000_000
/** The garbage collector and a busy computer take their time, too. */
const SLOWEST_MS = 250
const MEBIBYTE = 1 << 20
const MOST_MEMORY = 1200 * MEBIBYTE

const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new Error(`"${text}" is not a whole number.`)
  return value
}

interface Options {
  readonly seed: number
  readonly style: Style
  readonly bios?: string
  readonly vga?: string
}

const program = new Command('hostile:devices')
  .description('Garbage written to every port and register of the machine while a guest does its worst.')
  .addArgument(new Argument('[accesses]', 'how many, for each kind of guest').argParser(whole).default(1_000_000))
  .option('--seed <number>', 'of the first machine', whole, 0)
  .addOption(new Option('--style <style>', 'what is written').choices(STYLES).default('both'))
  .option('--bios <file>', 'a real BIOS, with which there is fw_cfg')
  .option('--vga <file>', "the display's BIOS beside it")

async function templateCd(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'bootlab-hostile-'))
  try {
    const dir = join(folder, TEMPLATE.name)
    await createProject({ templatesDir: join(locate().resources, 'templates'), template: TEMPLATE.name, dir })
    const { image, result } = await new Builder().build(dir, { image: { layout: 'iso' } })
    if (!image) throw new Error(`${TEMPLATE.name} does not build: ${JSON.stringify(result.problems)}`)
    return image
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function main(): Promise<number> {
  program.parse()
  const { seed, style, bios, vga } = program.opts<Options>()
  const accesses = Number(program.processedArgs[0])
  const bootable = await templateCd()
  const roms = bios === undefined ? undefined : { bios: new Uint8Array(await readFile(bios)), vga: vga === undefined ? undefined : new Uint8Array(await readFile(vga)) }
  let good = true
  for (const [index, mode] of HOSTILE_MODES.entries()) {
    const guest = await hostileImage(mode, seed)
    const started = performance.now()
    const result = attackDevices({ seed: seed + index, style, accesses, bootable, guest, roms })
    const seconds = (performance.now() - started) / 1000
    const { ends, defects, slowest, slowestRun, hash, mostMemory, imagesAreAsBefore, board } = result
    const boots = bootsAfterwards(board.machine)
    const reasons = [...ends].map(([reason, count]) => `${count} ${reason}`).join(', ')
    console.log(`seed ${seed + index}, ${mode}-bit guest: ${result.accesses.toLocaleString('en-US')} accesses in ${seconds.toFixed(0)} s, ${result.instructions.toLocaleString('en-US')} instructions (${reasons}), hash ${hash}`)
    console.log(`  slowest access ${slowest.milliseconds.toFixed(1)} ms (${slowest.what}), slowest run ${slowestRun.milliseconds.toFixed(0)} ms (${slowestRun.what})`)
    console.log(`  at most ${Math.round(mostMemory / MEBIBYTE)} MiB; images ${imagesAreAsBefore ? 'untouched' : 'CHANGED'}; the template ${boots ? 'boots' : 'DOES NOT BOOT'} afterwards`)
    for (const defect of defects) console.log(defect)
    good &&= defects.length === 0 && slowest.milliseconds < SLOWEST_MS && mostMemory < MOST_MEMORY && imagesAreAsBefore && boots
  }
  console.log(good ? 'No defect.' : 'Something went wrong.')
  return good ? 0 : 1
}

type Machine = ReturnType<typeof attackDevices>['board']['machine']

function bootsAfterwards(machine: Machine): boolean {
  pressReset(machine)
  machine.run(BOOT_TICKS)
  const { cells } = machine.textScreen
  return String.fromCharCode(...cells.map((cell) => cell & 0xff)).includes(TEMPLATE.text)
}

process.exitCode = await main()
