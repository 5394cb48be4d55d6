/** Other people's programs on drives that a plan was carried out on. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../../../tests/boot/image-fuzz/random'
import { requireTool } from '../../../../tests/support/tools'
import { type FormatInput, type FormatPlan, planFormat } from './plan'
import { writeSampleDrive } from './sample-drive'

const MIB = 2 ** 20
const TABLE_TOOLS = ['sfdisk', 'sgdisk', 'fdisk', 'blkid', 'wipefs']
const FAT_TOOLS = ['fsck.fat', 'mcopy', 'mdir']
const EXFAT_TOOLS = ['mkfs.exfat', 'fsck.exfat', 'dump.exfat', 'grub-fstest']
const have = [...TABLE_TOOLS, ...FAT_TOOLS, ...EXFAT_TOOLS].every((tool) => requireTool(tool) !== undefined)
const fuse = requireTool('mount.exfat-fuse')
const folder = mkdtempSync(join(tmpdir(), 'bootlab-format-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const SERIAL = 0x1234_abcd
const run = (tool: string, ...args: string[]): string => execFileSync(tool, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8', MTOOLS_SKIP_CHECK: '1' }, stdio: 'pipe' })
const input = (bytes: number, sectorBytes: number, fileSystem: FormatInput['fileSystem']): FormatInput => ({ bytes, sectorBytes, fileSystem, label: 'Test Stick', serial: SERIAL, now: new Date(2026, 6, 14, 12, 34, 56) })
const content = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * 7919) >>> 3))
const partitionOf = ({ layout }: FormatPlan): { start: number; bytes: number } => {
  const parts = layout.filter(({ kind }) => kind === 'reserved' || kind === 'file-system')
  return { start: parts[0]?.start ?? 0, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) }
}

type Wish = readonly [bytes: number, fileSystem: FormatInput['fileSystem']]
const FAT: readonly Wish[] = [
  [4 * MIB, 'auto'],
  [32 * MIB, 'auto'],
  [64 * MIB, 'auto'],
  [300 * MIB, 'fat32'],
  [512 * MIB, 'auto'],
  [2e9, 'auto'],
  [8e9, 'auto'],
  [16e9, 'auto'],
  [32e9, 'auto'],
  [33e9, 'auto'],
  [64e9, 'fat32'],
]
const EXFAT: readonly Wish[] = [
  [4 * MIB, 'exfat'],
  [64 * MIB, 'exfat'],
  [8e9, 'exfat'],
  [64e9, 'auto'],
  [128e9, 'auto'],
  [1e12, 'auto'],
  [2.2e12, 'auto'],
  [4e12, 'auto'],
]
const cases = (wishes: readonly Wish[]): { bytes: number; sectorBytes: number; wish: Wish[1] }[] => [512, 4096].flatMap((sectorBytes) => wishes.map(([bytes, wish]) => ({ bytes, sectorBytes, wish })))

/** Carries a plan out for the tests of one describe block, and asks what every drive is asked. */
function onDrive({ bytes, sectorBytes, wish }: { bytes: number; sectorBytes: number; wish: Wish[1] }): () => { plan: FormatPlan; place: { start: number; bytes: number }; drive: string; volume: string } {
  const drive = join(folder, `drive-${bytes}-${sectorBytes}-${wish}`)
  const volume = `${drive}-volume`
  let plan: FormatPlan
  let place: { start: number; bytes: number }
  beforeAll(async () => {
    plan = await planFormat(input(bytes, sectorBytes, wish))
    place = partitionOf(plan)
    writeSampleDrive(drive, plan, { bytes })
    writeSampleDrive(volume, plan, { from: place.start, bytes: place.bytes })
  })
  afterAll(() => {
    rmSync(drive, { force: true })
    rmSync(volume, { force: true })
  })

  test('its partition table', () => {
    const gpt = bytes / sectorBytes > 2 ** 32
    const listed = run('fdisk', '-b', String(sectorBytes), '-o', 'Start,Sectors,Type', '-l', drive)
    expect(listed).toContain(`Disklabel type: ${gpt ? 'gpt' : 'dos'}`)
    expect(listed).toMatch(new RegExp(`\\n *${place.start / sectorBytes} +${place.bytes / sectorBytes} `))
    expect(listed).not.toMatch(/corrupt|mismatch|does not start|overlap/i)
    if (!gpt) expect(listed).toContain('Disk identifier: 0x1234abcd')
    if (sectorBytes !== 512) return
    expect(run('sfdisk', '--verify', drive)).toContain('No errors detected')
    if (gpt) expect(run('sgdisk', '--verify', drive)).toContain('No problems found')
    else expect(run('sfdisk', '--dump', drive)).toContain(`type=${{ fat12: '1', fat16: 'e', fat32: 'c', exfat: '7' }[plan.fileSystem]}`)
    expect(run('blkid', '-p', '-o', 'export', drive)).toContain(`PTTYPE=${gpt ? 'gpt' : 'dos'}`)
  })
  return () => ({ plan, place, drive, volume })
}

describe.skipIf(!have).each(cases(FAT))('FAT: $bytes bytes, sectors of $sectorBytes, $wish', (shape) => {
  const made = onDrive(shape)

  test('the file system, and no other, is recognised, and is sound', () => {
    const { plan, volume } = made()
    const found = run('blkid', '-p', '-o', 'export', volume)
    for (const line of ['TYPE=vfat', `VERSION=${plan.fileSystem.toUpperCase()}`, 'UUID=1234-ABCD', 'LABEL=TEST\\ STICK']) expect(found.split('\n')).toContain(line)
    const report = run('fsck.fat', '-n', '-v', volume)
    expect(report).toMatch(/\d+ files, \d+\/\d+ clusters/)
    expect(report).toContain(`${plan.fileSystem.slice(3)} bit`)
    expect(report).toContain(`Data area starts at byte ${plan.layout.find(({ kind }) => kind === 'reserved')?.bytes}`)
    expect(report).not.toMatch(/differ|wrong|bad|invalid|dirty|orphan|reclaim|corrupt/i)
  })

  test('takes a file, and gives it back', () => {
    const { place, drive } = made()
    const [file, back] = [join(folder, 'file'), join(folder, 'back')]
    writeFileSync(file, content(300_001))
    const image = `${drive}@@${place.start}`
    run('mcopy', '-n', '-o', '-i', image, file, '::A file with a long name.txt')
    expect(run('mdir', '-i', image, '::')).toMatch(/Volume in drive : is TEST STICK[^]*A file with a long name\.txt/)
    run('mcopy', '-n', '-o', '-i', image, '::A file with a long name.txt', back)
    expect(readFileSync(back).equals(content(300_001))).toBe(true)
  })
})

describe.skipIf(!have).each(cases(EXFAT))('exFAT: $bytes bytes, sectors of $sectorBytes, $wish', (shape) => {
  const made = onDrive(shape)

  test('the file system, and no other, is recognised, and is sound', () => {
    const { place, volume } = made()
    const found = run('blkid', '-p', '-o', 'export', volume)
    for (const line of ['TYPE=exfat', 'UUID=1234-ABCD', 'LABEL=Test\\ Stick']) expect(found.split('\n')).toContain(line)
    expect(run('fsck.exfat', '-n', volume)).toMatch(/clean\. directories 1, files 0/)
    const dump = run('dump.exfat', volume)
    expect(dump).toMatch(/Volume label:\s+Test Stick\n/)
    expect(dump).toMatch(new RegExp(`Volume Length\\(sectors\\):\\s+${place.bytes / shape.sectorBytes}\\n`))
    expect(dump).toMatch(/Upcase table size:\s+5836\n/)
    const number = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(dump)?.[1])
    const clusters = (bytes: number): number => Math.ceil(bytes / number('Cluster size'))
    expect(number('Total Clusters') - number('Free Clusters')).toBe(clusters(number('Bitmap size')) + clusters(5836) + 1)
    expect(run('grub-fstest', volume, 'ls', '--', '-l', '(loop0)')).toMatch(/exfat[^]*Test Stick/)
  })
})

/** Making and mounting block devices is a right of the computer's, not a tool that can be installed. */
function mounted(volume: string, sectorBytes: number, use: (point: string) => void): boolean {
  const device = spawnSync('losetup', ['-f', '--show', '-b', String(sectorBytes), volume], { encoding: 'utf8' })
  if (device.status !== 0) return false
  const point = join(folder, 'point')
  mkdirSync(point, { recursive: true })
  try {
    if (fuse === undefined || spawnSync(fuse, [device.stdout.trim(), point]).status !== 0) return false
    try {
      use(point)
    } finally {
      run('umount', point)
    }
    return true
  } finally {
    run('losetup', '-d', device.stdout.trim())
  }
}

function canMount(): boolean {
  const probe = join(folder, 'probe')
  writeFileSync(probe, new Uint8Array(8 * MIB))
  run('mkfs.exfat', probe)
  return mounted(probe, 512, () => {})
}

describe.skipIf(!have || !canMount())('exFAT, mounted', () => {
  test.each([
    [64 * MIB, 512],
    [64e9, 512],
    [128e9, 4096],
    [4e12, 512],
  ])('%d bytes, sectors of %d: files are kept, and read by another program', async (bytes, sectorBytes) => {
    const plan = await planFormat(input(bytes, sectorBytes, 'exfat'))
    const place = partitionOf(plan)
    const volume = join(folder, 'mounted')
    writeSampleDrive(volume, plan, { from: place.start, bytes: place.bytes })
    const was = mounted(volume, sectorBytes, (point) => {
      mkdirSync(join(point, 'Käse'))
      writeFileSync(join(point, 'Käse', 'A file.bin'), content(3_000_001))
      // The up-case table at work.
      expect(statSync(join(point, 'KÄSE', 'a FILE.BIN')).size).toBe(3_000_001)
    })
    expect(was).toBe(true)
    expect(run('fsck.exfat', '-n', volume)).toMatch(/clean\. directories 2, files 1/)
    expect(execFileSync('grub-fstest', [volume, 'cat', '(loop0)/Käse/A file.bin'], { maxBuffer: 4 * MIB }).equals(content(3_000_001))).toBe(true)
  })
})

describe.skipIf(!have)('any size is sound', () => {
  const random = new Random(21)
  test.each(Array.from({ length: 24 }, (_, index) => [Math.floor(2 * MIB * 2 ** (random.below(19_000) / 1000)), [512, 1024, 2048, 4096][index % 4] ?? 512] as const))('%d bytes, sectors of %d', async (bytes, sectorBytes) => {
    const plan = await planFormat(input(bytes, sectorBytes, 'auto'))
    const place = partitionOf(plan)
    const volume = join(folder, 'any')
    writeSampleDrive(volume, plan, { from: place.start, bytes: place.bytes })
    if (plan.fileSystem === 'exfat') expect(run('fsck.exfat', '-n', volume)).toMatch(/clean\. directories 1, files 0/)
    else expect(run('fsck.fat', '-n', '-v', volume)).not.toMatch(/differ|wrong|bad|invalid|dirty|orphan|reclaim|corrupt/i)
    rmSync(volume)
  })
})

describe.skipIf(!have || requireTool('mkfs.ext4') === undefined)('what was there before', () => {
  test.each<[string, (path: string) => void]>([
    ['ext4 on the whole drive', (path) => run('mkfs.ext4', '-q', '-F', path)],
    ['ext4 in a partition', (path) => run('mkfs.ext4', '-q', '-F', '-E', `offset=${MIB}`, path, '32M')],
    ['a GPT with partitions', (path) => run('sgdisk', '-n', '1:2048:+20M', '-n', '2:0:0', path)],
    [
      'a hybrid ISO',
      (path) => {
        const image = readFileSync(path)
        image.set(Buffer.from('\x01CD001\x01'), 32_768)
        writeFileSync(path, image)
      },
    ],
    ['exFAT on the whole drive', (path) => run('mkfs.exfat', path)],
  ])('%s is not recognised any more', async (_name, make) => {
    const path = join(folder, 'before')
    writeFileSync(path, new Uint8Array(64 * MIB))
    make(path)
    const bytes = statSync(path).size
    const plan = await planFormat(input(bytes, 512, 'auto'))
    const image = readFileSync(path)
    for (const piece of plan.pieces) {
      if ('bytes' in piece) image.set(piece.bytes, piece.position)
      else image.fill(0, piece.position, piece.position + piece.zeros)
    }
    writeFileSync(path, image)
    expect(run('wipefs', '-n', '--output', 'TYPE', path).trim().split(/\s+/)).toEqual(['TYPE', 'dos'])
    const { start } = partitionOf(plan)
    const volume = image.subarray(start)
    writeFileSync(path, volume)
    expect(new Set(run('wipefs', '-n', '--output', 'TYPE', path).trim().split(/\s+/))).toEqual(new Set(['TYPE', 'vfat']))
  })
})
