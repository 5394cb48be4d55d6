/** `bootlab boot` as built: each way a run can end, with its exit code, and each way to look at it. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildIfStale, root } from '../../scripts/build-if-stale.mjs'
import { requireTool } from '../support/tools'
import { bootlab } from '../support/cli'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bootlab-boot-'))
  await buildIfStale()
}, 90_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

async function project(template: string, name = template): Promise<string> {
  const directory = join(folder, name)
  expect(await bootlab(['new', template, directory])).toMatchObject({ code: 0 })
  return directory
}

/** A Multiboot kernel whose start function has the given body. */
async function kernel(name: string, body: string): Promise<string> {
  const directory = await project('miniboot-c', name)
  await writeFile(
    join(directory, 'kernel.c'),
    `asm(".long 0x1badb002, 0, (-(0x1badb002 + 0))");
static inline void out(unsigned short port, unsigned char value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
static inline unsigned char in(unsigned short port) { unsigned char value; asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
void start_entry(void) { ${body} }
`,
  )
  return directory
}

const forever = 'for (;;) ;'
const headless = (path: string, ...args: string[]): string[] => ['boot', path, '--headless', ...args]

describe('the templates boot', { timeout: 60_000 }, () => {
  it.each([
    ['miniboot-c', 'Hello, World !!', []],
    ['blog-os-c', 'Hello World!', []],
    ['boot-sector', 'abc', ['--keys', 'abc\\n']],
  ])('%s shows %j', async (template, text, keys) => {
    const directory = await project(template)
    const { code, stdout } = await bootlab(headless(directory, '--until-text', text, '--screen', 'text', ...keys))
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(text) })
  })

  it('from the image and the ELF file that the build wrote, too', async () => {
    const directory = await project('miniboot-c', 'files')
    expect(await bootlab(['build', directory])).toMatchObject({ code: 0 })
    for (const file of ['miniboot-c.img', 'miniboot-c.elf']) {
      expect(await bootlab(headless(join(directory, 'build', file), '--until-text', 'Hello, World !!')), file).toMatchObject({ code: 0, stdout: '' })
    }
  })
})

describe('a run ends with its own code', { timeout: 60_000 }, () => {
  it.each<[string, string, number, RegExp, string[]]>([
    ['debug-exit', `out(0xf4, 0x10); ${forever}`, 33, /0x10/, []],
    ['halt', 'for (;;) asm volatile("cli; hlt");', 0, /halted for good/, []],
    ['halt-before-text', 'for (;;) asm volatile("cli; hlt");', 74, /halted for good/, ['--until-text', 'never']],
    ['nowhere', '((void (*)(void))0xdead0000)();', 76, /Triple fault[^]*#UD[^]*dead0000[^]*CR3/, []],
    ['divide', 'asm volatile("xor %%ecx, %%ecx; div %%ecx" ::: "eax", "ecx", "edx");', 76, /#DE[^]*div ecx[^]*No IDT was loaded/, []],
    ['time', forever, 124, /time limit of 0\.5 s/, ['--timeout', '500ms']],
    ['time-before-text', forever, 124, /"never" did not appear[^]*Next:/, ['--timeout', '500ms', '--until-text', 'never']],
  ])('%s', async (name, body, exitCode, report, args) => {
    const { code, stdout, stderr } = await bootlab(headless(await kernel(name, body), ...args))
    expect({ code, stdout, stderr }).toEqual({ code: exitCode, stdout: '', stderr: expect.stringMatching(report) })
  })

  it('stopped by the BIOS', async () => {
    const sector = Buffer.alloc(512)
    sector.set([0x0f, 0x0b]) // ud2
    sector.set([0x55, 0xaa], 510)
    const path = join(folder, 'ud2.img')
    await writeFile(path, sector)
    expect(await bootlab(headless(path))).toMatchObject({ code: 74, stderr: expect.stringMatching(/Unhandled exception #UD[^]*0000:7c00/) })
  })

  it('interrupted', async ({ onTestFinished }) => {
    const directory = await kernel('interrupted', `for (const char *s = "up"; *s; s++) out(0x3f8, *s); ${forever}`)
    const child = spawn(process.execPath, [join(root, 'bin/bootlab.mjs'), 'boot', directory, '--serial', 'stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = new Promise((resolve) => child.once('close', resolve))
    await new Promise<void>((resolve) => {
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (output.includes('up')) resolve()
      })
    })
    child.kill('SIGINT')
    expect(await ended).toBe(130)
  })
})

describe('what can be looked at', { timeout: 60_000 }, () => {
  const upperCase = `
    for (const char *s = "ready\\n"; *s; s++) out(0x3f8, *s);
    for (const char *s = "debug"; *s; s++) out(0xe9, *s);
    for (int i = 0; i < 3; i++) { while (!(in(0x3fd) & 1)) ; out(0x3f8, in(0x3f8) - 32); }
    out(0xf4, 2); ${forever}`

  it('the serial port, on standard output and input', async () => {
    const { code, stdout } = await bootlab(['boot', await kernel('stdio', upperCase), '--serial', 'stdio'], { input: 'abc' })
    expect({ code, stdout }).toEqual({ code: 5, stdout: 'ready\nABC' })
  })

  it('the serial port, in a file', async () => {
    const file = join(folder, 'serial.txt')
    expect((await bootlab(headless(await kernel('file', upperCase), '--serial', file, '--timeout', '2s'))).code).toBe(124)
    expect(await readFile(file, 'utf8')).toBe('ready\n')
    expect(await bootlab(headless(join(folder, 'file'), '--serial', join(folder, 'no', 'such', 'folder')))).toMatchObject({ code: 66 })
  })

  it('everything, as JSON', async () => {
    const { code, stdout } = await bootlab(['boot', await kernel('json', upperCase), '--serial', 'stdio', '--json'], { input: 'abc' })
    expect(code).toBe(5)
    expect(JSON.parse(stdout)).toMatchObject({ reason: 'debug-exit', exitCode: 5, serial: 'ready\nABC', debug: 'debug', report: { value: 2 } })
    expect(JSON.parse(stdout).screen).toHaveLength(25)
  })

  it('the screen, as a picture', async () => {
    const file = join(folder, 'screen.png')
    const directory = await project('miniboot-c', 'picture')
    expect(await bootlab(headless(directory, '--until-text', 'Hello, World !! ', '--screen', `png:${file}`))).toMatchObject({ code: 0 })
    const { width, height, data } = PNG.sync.read(await readFile(file))
    expect([width, height]).toEqual([720, 400])
    // The template's background is the VGA's blue, its letters are light grey.
    const colours = new Set<string>()
    for (let at = 0; at < 9 * 15 * 4; at += 4) colours.add(data.subarray(at + 720 * 4 * 6, at + 720 * 4 * 6 + 3).toString('hex'))
    expect([...colours].toSorted()).toEqual(['0000aa', 'aaaaaa'])
  })

  it('the command line and the memory that the machine was given', async () => {
    const directory = await kernel(
      'given',
      `unsigned *info; asm volatile("" : "=b"(info));
       for (const char *s = (const char *)info[4]; *s; s++) out(0x3f8, *s);
       out(0xf4, (info[2] + 1024) >> 10 >> 1); ${forever}`,
    )
    // mem_upper counts the KiB above 1 MiB: 64 MiB in all, of which the last 64 KiB are ACPI's, make 31, as half of the whole MiB.
    expect(await bootlab(['boot', directory, '--serial', 'stdio', '--append', 'one two', '--memory', '64M'])).toMatchObject({ code: 63, stdout: 'one two' })
    const { code, stderr } = await bootlab(headless(join(directory, 'build', 'miniboot-c.elf'), '--append', 'x'.repeat(5000)))
    expect({ code, stderr }).toEqual({ code: 66, stderr: expect.stringMatching(/command line has 5000 bytes/) })
  })

  it('the live screen, in a terminal', async ({ skip, onTestFinished }) => {
    // script(1) gives the command a terminal of its own.
    const script = requireTool('script')
    if (script === undefined || process.platform !== 'linux') return skip('script(1) of util-linux is not here')
    const directory = await project('boot-sector', 'live')
    const child = spawn(script, ['-qec', `${process.execPath} ${join(root, 'bin/bootlab.mjs')} boot ${directory}`, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, TERM: 'xterm' } })
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = new Promise((resolve) => child.once('close', resolve))
    let output = ''
    const sees = (text: string): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (output.includes(text)) resolve()
        }
        child.stdout.on('data', look)
        look()
      })
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    await sees('repeat:')
    child.stdin.write('echo')
    await sees('repeat: echo')
    child.stdin.write('\u0003')
    expect(await ended).toBe(130)
    expect(output).toContain('\u001b[?1049l')
  })
})
