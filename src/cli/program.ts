/** Commands and options. */
import { Command, Option } from 'commander'
import { BACKENDS, DEFAULT_BACKEND } from '../shared/machine-schemas'
import { CPU_MODEL_NAMES } from '../shared/cpu-models'
import { FILE_SYSTEMS, FIRMWARES, IMAGE_FORMATS, IMAGE_LAYOUTS } from '../shared/image'
import { BOOT_MEDIA, MOST_CPUS, DRIVE_BUSES, OPTIONAL_DEVICES, PACES } from '../shared/machine-schemas'
import { RESTORE_FILE_SYSTEMS } from '../shared/usb'
import { locate } from '../main/services/locations'
import { parseBootOrder, parseClock, parseDrive, parseDuration, parseExitCode, parseGiven, parseInitrdOption, parseInstructions, parseLockstep, parseCpus, parseMemory, parseModuleOption, parseOffset, parsePort, parseScreen, parseTrace, parseDevices } from './arguments'
import { boot } from './boot'
import { build, type BuildCommandOptions } from './build'
import { doctorCommand, type DoctorOptions } from './doctor'
import { drivesCommand, type DrivesOptions } from './drives'
import { flashCommand, restoreCommand, type FlashCommandOptions, type RestoreCommandOptions } from './flash'
import { exitCodeHelp } from './exit-codes'
import { importCommand, type ImportOptions } from './import'
import { inspect, type InspectCommandOptions } from './inspect'
import { KEYS_HELP, parseKeys } from './keys'
import { newProject, templates } from './projects'
import { runner } from './runner'
import type { ServeCommandOptions } from './serve'

const BOOT_HELP = `
What is booted: a project's folder (it is built first), a raw disk image, a 512-byte boot sector or a kernel (ELF, flat
Multiboot, Linux' bzImage), which is packed with the boot loader in memory. A source file (.c, .S, .s, .asm, .rs) or a folder
without manifest is built, too: what it is is guessed, and said. Without any, the project in the current folder.

In a terminal the machine's screen is shown live and takes the keyboard; Ctrl-C ends it. With --headless, or when the output is
not a terminal, nothing is shown until the run ends: use --screen, --serial or --json. The run ends when the guest shows the
text of --until-text, writes to isa-debug-exit, halts for good or triple faults, or when --timeout runs out.
`

const RUNNER_HELP = `
COM1 goes to standard output. "cargo run" shows the screen, live in a terminal; an exit code that the kernel writes to isa-debug-exit
(port 0xf4) is the command's own. A test passes with the exit code of test-success-exit-code only: a triple fault, a reset, a halt for
good or the end of its time is a failure, with a report on standard error.
`

const FLASH_HELP = `
--to names a drive ("bootlab drives" lists them; a link such as /dev/disk/by-id/… will do), or else a file. What a file is packed as its name
says: .gz, .zst. A drive is written only after its name was typed, or with --yes; one that holds anything of the running system, never.
`

/**
 * @param finish hears the exit code of the command that ran
 * @param signal aborts with Ctrl-C
 */
export function createProgram(finish: (exitCode: number) => void, signal: AbortSignal): Command {
  const program = new Command('bootlab')
    .description('A lab for people who write kernels: build one and boot it in the lab’s own PC.')
    .version(locate().version)
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError('Next: see the options with --help.')
    .addHelpText('after', `\n${exitCodeHelp()}`)

  program
    .command('templates')
    .description('list the templates and what each teaches')
    .option('--json', 'print JSON')
    .action(async (options: { json?: true }) => finish(await templates(options.json === true)))

  program
    .command('new')
    .description('make a project from a template')
    .argument('<template>', 'name of the template')
    .argument('[dir]', 'folder to make; it must be new or empty (default: the name of the template)')
    .option('--name <name>', 'name of the project')
    .action(async (template: string, dir: string | undefined, options: { name?: string }) => finish(await newProject(template, dir ?? template, options.name)))

  program
    .command('import')
    .description('write the manifest of a kernel that has none, and say what was guessed')
    .argument('[path]', "a folder with a kernel's sources (cargo, make, or plain files), or one source file", '.')
    .option('--dry-run', 'only show what would be written')
    .option('--force', 'write over files that are there')
    .option('--json', 'print JSON: the files, what was guessed, and why')
    .action(async (path: string, options: ImportOptions) => finish(await importCommand(path, options)))

  program
    .command('build')
    .description('build a project: writes build/<name>.elf and build/<name>.img')
    .argument('[dir]', "the project's folder; or a source file, or a folder without manifest, which is built in the cache", '.')
    .option('-o, --output <image>', 'where the image goes; the endings .vhd, .vmdk, .vdi and .qcow2 choose the format, too')
    .addOption(new Option('-l, --layout <name>', 'what lies in the first sectors (default: as the project says, else mbr)').choices(IMAGE_LAYOUTS))
    .addOption(new Option('--file-system <name>', 'of the boot partition; none: bare sectors').choices(FILE_SYSTEMS))
    .addOption(new Option('--firmware <name>', 'which firmware starts the image').choices(FIRMWARES))
    .option('--size <size>', 'size of the image, such as 64M (default: what its content needs)', parseMemory)
    .addOption(new Option('-f, --format <name>', 'the raw disk, or a virtual one').choices(IMAGE_FORMATS))
    .option('--json', 'print the result as JSON; the log goes to standard error')
    .action(async (dir: string, options: BuildCommandOptions) => finish(await build(dir, options, signal)))

  program
    .command('boot')
    .description('boot a project, an image or a kernel')
    .argument('[what]', "a project's folder, a raw image, a boot sector, a kernel or a source file", '.')
    .option('--headless', 'show nothing live')
    .addOption(new Option('--as <medium>', 'what an image is put in as (default: what it looks like)').choices(BOOT_MEDIA))
    .addOption(new Option('--bus <name>', "what the image's drive is connected to (default: as the project says, else ide)").choices(DRIVE_BUSES))
    .option('--drive <medium:file>', 'an image in a further drive: disk:FILE, floppy:FILE or cd:FILE, with ",ro" behind it write-protected, with ",write" written through, with ",bus=ahci" or ",bus=nvme" on a controller of its own; may be given several times', parseDrive)
    .option('--boot-order <kinds>', 'kinds of drive that the BIOS tries first: cd,disk,floppy, or letters as with QEMU, such as dca (default: the one with the image)', parseBootOrder)
    .option('--boot-menu', 'have the BIOS offer a menu of the drives for a moment: ESC or F12')
    .option('--without <devices>', `devices that the machine does not have, with commas between them: ${OPTIONAL_DEVICES.join(', ')}`, parseDevices)
    .addOption(new Option('--pace <how>', 'how virtual time follows that of the host: fast skips the time in which the guest waits (default: as the project says, else realtime where a terminal shows the screen)').choices(PACES))
    .option('--write-through', 'what the guest writes goes into the image file itself (a raw one), and not to a copy in memory')
    .option('--firmware <file>', "a real BIOS in the place of Bootlab's own, such as SeaBIOS or OVMF; vgabios-stdvga.bin beside it is the display's, OVMF_VARS….fd beside OVMF_CODE….fd has UEFI's variables")
    .option('--vga-firmware <file>', "the display's BIOS, with --firmware")
    .option('--firmware-variables <file>', "UEFI's variables, with --firmware; the guest writes to a copy")
    .option('--save-variables <file>', "where UEFI's variables are written when the run ends")
    .option('--memory <size>', 'memory of the machine, such as 128M (default: as the project says, else 128M)', parseMemory)
    .option('--clock <when>', 'when the real-time clock begins: now, or a time such as 2026-01-01T12:00:00Z (default: as the project says, else that time in every run)', parseClock)
    .option('--append <text>', "the kernel's command line")
    .option('--initrd <files>', "Linux' initial RAM disk, or a Multiboot kernel's modules with commas between them, as QEMU has it: a file, a blank, its text", parseInitrdOption)
    .option('--module <file[,text]>', 'a file that the kernel finds in memory, and a text with it; may be given several times', parseModuleOption)
    .option('--unpack', 'unpack a Linux kernel (bzImage) before the boot instead of in it: the machine is spared some seconds')
    .option('--serial <where>', 'where COM1 goes: stdio (standard output, and input to it; implies --headless), null (nowhere) or a file; again for COM2, COM3 and COM4', (where: string, before: readonly string[] = []) => [...before, where])
    .option('--parallel <where>', 'where the printer port LPT1 goes: stdio (implies --headless), null or a file')
    .option('--net-files <folder>', 'files that the guest can fetch from 10.0.2.2 by TFTP and HTTP; it reaches no other network')
    .option('--net-boot <file>', 'what a guest that boots from the network is told to load, such as kernel.elf, or http://10.0.2.2/boot.ipxe', parseGiven)
    .option('--screen <how>', 'when the run ends, print the screen: text, or png:FILE', parseScreen)
    .option('--until-text <text>', 'end with exit code 0 once the screen shows this')
    .option('--timeout <time>', 'end with exit code 124 after this time, such as 10s, 500ms, 2m (default: 60s with --until-text, else none)', parseDuration)
    .option('--save-state <file>', 'save the machine where the run ends: by --save-at, --until-text or --timeout')
    .option('--save-at <count>', 'end with exit code 0 after so many instructions since power-on', parseInstructions)
    .option('--load-state <file>', 'go on from a saved state, in the place of power-on; image and firmware are given as before')
    .option('--keys <text>', KEYS_HELP, parseKeys)
    .addOption(new Option('--backend <name>', 'how instructions are executed').choices(BACKENDS).default(DEFAULT_BACKEND))
    .option('--jit-stats', 'when the run ends, say what was translated (standard error; with --json in the object)')
    .option('--jit-dump <folder>', 'write every region of code that is translated into this folder: the guest\'s instructions, why they are left, and the WebAssembly')
    .option('--lockstep <two>', 'boot on two backends at once, such as oracle,interp, and stop at the first difference (exit code 78)', parseLockstep)
    .addOption(new Option('--cpu <model>', 'the processor (default: as the project says, else max: all that the emulator knows)').choices(CPU_MODEL_NAMES))
    .option('--cpus <count>', `how many processors, 1 to ${MOST_CPUS} (default: as the project says, else 1)`, parseCpus)
    .option('--trace <what>', 'print calls of BIOS services as they happen (bios), accesses of ports (ports), or both (bios,ports), to standard error (in a terminal it implies --headless)', parseTrace)
    .option('--trace-file <file>', 'where the trace goes instead; a trace of everything is long')
    .option('--json', 'print one JSON object when the run ends: reason, exit code, screen, serial output, report')
    .addHelpText('after', `${BOOT_HELP}\n${exitCodeHelp()}`)
    .action(async (what: string, options) => finish(await boot(what, options, signal)))

  program
    .command('runner')
    .description('run or test a kernel that cargo has built: runner = "bootlab runner" in .cargo/config.toml')
    .argument('<kernel>', 'the executable that cargo has built')
    .argument('[args...]', "arguments for QEMU, as in run-args; those that Bootlab's PC has no use for are named and passed over")
    .option('--success-exit-code <code>', 'exit code (value << 1) | 1 that is success of a test (default: test-success-exit-code in Cargo.toml)', parseExitCode)
    .option('--timeout <time>', 'end with exit code 124 after this time (default for tests: test-timeout in Cargo.toml, else 300s)', parseDuration)
    .option('--memory <size>', 'memory of the machine, such as 128M', parseMemory)
    .option('--headless', 'show nothing live')
    .passThroughOptions()
    .allowUnknownOption()
    .addHelpText('after', `${RUNNER_HELP}\n${exitCodeHelp()}`)
    .action(async (kernel: string, more: string[], options) => finish(await runner(kernel, more, options, signal)))

  program
    .command('serve')
    .description('open the lab to the browser: this computer only, with a token in the URL')
    .option('--port <number>', 'port to listen on; 0 lets the system choose', parsePort, 0)
    .option('--open', 'open the browser too')
    .option('--allow-flash', 'let the page write images to drives, and open image files anywhere')
    .action(async (options: ServeCommandOptions) => {
      // Server and browser opener are read only when they are wanted.
      const { serve } = await import('./serve')
      finish(await serve(options, signal))
    })

  program
    .command('inspect')
    .description('what a kernel or disk image is, what its bytes are, and for each boot protocol why it fits or not')
    .argument('<file>', 'an ELF or PE file, a flat binary, a boot sector, a disk image (raw, VHD, VMDK, VDI, qcow2)')
    .option('--symbols', 'list all symbols instead of the largest')
    .option('--file <path>', 'a file on a volume of the image, such as /boot/kernel.elf, in place of the image')
    .addOption(new Option('--at <offset>', 'where one byte comes from: partition, volume, file, segment, function, source line').argParser(parseOffset).conflicts(['map', 'symbols']))
    .option('--map', 'what every byte is')
    .option('--json', 'print JSON')
    .action(async (file: string, options: InspectCommandOptions) => finish(await inspect(file, options)))

  program
    .command('doctor')
    .description("what is wrong or out of date in a project's target specification and around it, and which tools are missing")
    .argument('[dir]', "the project's folder (default: the current one)")
    .option('--fix', 'mend what can be mended, and print the changes')
    .option('--diff', 'print the changes that --fix would make')
    .option('--json', 'print JSON')
    .action(async (dir: string | undefined, options: DoctorOptions) => finish(await doctorCommand(dir, options, signal)))

  program
    .command('drives')
    .description('the drives that an image can be written to, and why not to the others')
    .option('--all', 'those that are never written, too')
    .option('--json', 'print JSON')
    .action(async (options: DrivesOptions) => finish(await drivesCommand(options, signal)))

  program
    .command('flash')
    .description('writes an image to a whole drive, or to a file, and reads it back')
    .argument('[what]', "an image file (packed by gzip, xz or zstd, too), or a project's folder, which is built first", '.')
    .requiredOption('--to <path>', 'the drive, as "bootlab drives" names it: everything on it is lost; or a file')
    .option('--yes', 'do not ask')
    .option('--no-verify', 'do not read back')
    .option('--json', 'print JSON lines')
    .addHelpText('after', FLASH_HELP)
    .action(async (what: string, options: FlashCommandOptions) => finish(await flashCommand(what, options, signal)))

  program
    .command('restore')
    .description('makes a drive normal again: one partition with an empty file system')
    .requiredOption('--to <drive>', 'the drive, as "bootlab drives" lists it, such as /dev/sdb')
    .addOption(new Option('--file-system <name>', 'auto: FAT32 up to 32 GiB, exFAT above').choices(RESTORE_FILE_SYSTEMS).default('auto'))
    .option('--label <name>', 'name of the file system, at most 11 characters', '')
    .option('--yes', 'erase the drive without asking')
    .option('--no-verify', 'do not read back what was written')
    .option('--json', 'print JSON lines')
    .action(async (options: RestoreCommandOptions) => finish(await restoreCommand(options, signal)))

  // A path of no characters would mean the current folder: what a script with an unset variable never wants.
  for (const command of program.commands) for (const argument of command.registeredArguments) if (!argument.variadic) argument.argParser(parseGiven)
  return program
}
