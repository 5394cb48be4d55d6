/** The rungs of the ladder, and of every template that is not Rust's: what judges of whole runs climb. Needs what the tests of the ladder need. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderFiles } from '../../src/main/emulator/net/files'
import { createProject, listTemplates } from '../../src/main/project'
import { Builder } from '../../src/main/services/builder'
import { readRoms } from '../../src/main/services/firmware-files'
import { locate } from '../../src/main/services/locations'
import { fatDisk, inFolder, syslinuxFloppy } from '../boot/ladder'
import { shellImage } from '../boot/linux-shell'
import type { Chained } from '../boot/state-chain'
import { debianLinuxPackage } from '../support/linux'

const MODULES = ['menu', 'libutil', 'libcom32', 'libmenu', 'meminfo', 'vesainfo']
const SYSLINUX = 'DEFAULT menu.c32\nPROMPT 0\nLABEL memory\n MENU LABEL ^Memory map\n COM32 meminfo.c32\nLABEL graphics\n MENU LABEL ^Graphics modes\n COM32 vesainfo.c32\n'
const MENU = 'Press [Tab] to edit options'
const GRUB = '/usr/lib/grub-rescue'
const GRUB_MENU = { afterText: 'The highlighted entry will be executed', keys: 'c' }
const ROMS = { bios: '/usr/share/seabios/bios-256k.bin', vga: '/usr/share/seabios/vgabios-stdvga.bin' }
const MIB = 1 << 20

const file = (path: string): Uint8Array => new Uint8Array(readFileSync(path))
const roms = () => ({ bios: file(ROMS.bios), vga: file(ROMS.vga) })
const folder = mkdtempSync(join(tmpdir(), 'bootlab-states-'))
const templatesDir = join(locate().resources, 'templates')

async function templateImage(id: string): Promise<Uint8Array> {
  const dir = join(folder, id)
  await createProject({ templatesDir, template: id, dir })
  const { image, result } = await new Builder().build(dir)
  if (!image) throw new Error(`${id} does not build: ${JSON.stringify(result.problems)}`)
  return image
}

function isolinuxCd(): Uint8Array {
  return inFolder((work) => {
    const root = join(work, 'root')
    mkdirSync(root)
    cpSync('/usr/lib/ISOLINUX/isolinux.bin', join(root, 'isolinux.bin'))
    for (const name of [...MODULES, 'ldlinux']) cpSync(`/usr/lib/syslinux/modules/bios/${name}.c32`, join(root, `${name}.c32`))
    writeFileSync(join(root, 'isolinux.cfg'), SYSLINUX)
    const cd = join(work, 'cd.iso')
    execFileSync('genisoimage', ['-quiet', '-o', cd, '-b', 'isolinux.bin', '-c', 'boot.cat', '-no-emul-boot', '-boot-load-size', '4', '-boot-info-table', root], { stdio: 'pipe' })
    return file(cd)
  })
}

async function linuxShell(): Promise<Chained> {
  const linux = debianLinuxPackage()
  if (!linux || !existsSync('/bin/busybox')) throw new Error('install busybox-static, and let apt have linux-image-amd64')
  const image = await shellImage(file('/bin/busybox'), linux)
  const disk = fatDisk({ 'hello.txt': Buffer.from('from the disk\n') })
  const commands = 'mount -t vfat /dev/sdb /mnt; cat /mnt/hello.txt; echo written > /mnt/new.txt; sync; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ping -c 2 10.0.2.2; poweroff -f\n'
  return { options: { image, memoryBytes: 192 * MIB, drives: [{ image: disk, medium: 'disk', readOnly: false }] }, steps: [{ afterText: '[tty1]', keys: commands }], seconds: 60, every: 3000 }
}

function ipxe(): Chained {
  const data = Uint8Array.from({ length: 300_001 }, (_, i) => (i * 7) ^ (i >> 8))
  writeFileSync(join(folder, 'data.bin'), data)
  // By itself it boots what DHCP names: a script.
  writeFileSync(join(folder, 'boot.ipxe'), '#!ipxe\nimgfetch --name http http://10.0.2.2/data.bin\nimgfetch --name tftp tftp://10.0.2.2/data.bin\nimgstat\n')
  const network = { files: folderFiles(folder), bootFile: 'http://10.0.2.2/boot.ipxe' }
  return { options: { image: file('/usr/lib/ipxe/ipxe.iso'), medium: 'cd', roms: roms(), memoryBytes: 128 * MIB, network }, untilText: 'tftp : 300001 bytes', seconds: 20, every: 700 }
}

/** By name. */
export const RUNGS: readonly (readonly [name: string, make: () => Chained | Promise<Chained>])[] = [
  ...(await listTemplates(templatesDir)).filter(({ language }) => language !== 'Rust').map(({ id }): [string, () => Promise<Chained>] => [`template ${id}`, async () => ({ options: { image: await templateImage(id), memoryBytes: 32 * MIB }, untilText: undefined, seconds: 0.03, every: 1, look: 0.25 })]),
  ['syslinux, meminfo', () => ({ options: { image: syslinuxFloppy(SYSLINUX, MODULES), medium: 'floppy', memoryBytes: 64 * MIB }, steps: [{ afterText: MENU, keys: 'm\n' }], untilText: '00000000fff', seconds: 30, every: 200 })],
  ['syslinux, vesainfo', () => ({ options: { image: syslinuxFloppy(SYSLINUX, MODULES), medium: 'floppy', memoryBytes: 64 * MIB }, steps: [{ afterText: MENU, keys: 'g\n' }], untilText: '0x0118', seconds: 30, every: 200 })],
  ['isolinux', () => ({ options: { image: isolinuxCd(), medium: 'cd', memoryBytes: 64 * MIB }, steps: [{ afterText: MENU, keys: 'm\n' }], untilText: '00000000fff', seconds: 30, every: 200 })],
  ['syslinux on SeaBIOS', () => ({ options: { image: syslinuxFloppy(SYSLINUX, MODULES), medium: 'floppy', memoryBytes: 64 * MIB, roms: roms() }, steps: [{ afterText: MENU, keys: 'm\n' }], untilText: '00000000fff', seconds: 30, every: 300 })],
  ['isolinux on SeaBIOS', () => ({ options: { image: isolinuxCd(), medium: 'cd', memoryBytes: 64 * MIB, roms: roms() }, steps: [{ afterText: MENU, keys: 'm\n' }], untilText: '00000000fff', seconds: 30, every: 300 })],
  ['GRUB, diskette', () => ({ options: { image: file(join(GRUB, 'grub-rescue-floppy.img')), medium: 'floppy', memoryBytes: 64 * MIB }, steps: [GRUB_MENU, { afterText: 'grub>', keys: 'ls\n' }, { afterText: '(fd0)', keys: 'halt\n' }], seconds: 30, every: 500 })],
  ['GRUB, CD, on SeaBIOS', () => ({ options: { image: file(join(GRUB, 'grub-rescue-cdrom.iso')), medium: 'cd', memoryBytes: 64 * MIB, roms: roms() }, steps: [GRUB_MENU, { afterText: 'grub>', keys: 'ls\n' }], untilText: '(cd', seconds: 40, every: 500 })],
  ['GRUB, disk, memtest86+', () => ({
    options: { image: file(join(GRUB, 'grub-rescue-usb.img')), medium: 'disk', memoryBytes: 64 * MIB, drives: [{ image: fatDisk({ kernel: file('/boot/memtest86+ia32.bin') }), medium: 'disk', readOnly: true }] },
    steps: [GRUB_MENU, { afterText: 'grub>', keys: 'linux (hd1)/kernel\nboot\n' }], untilText: 'Memtest86+ v', seconds: 40, every: 500,
  })],
  ['memtest86+, 8 MiB', () => ({ options: { image: syslinuxFloppy('DEFAULT memtest\nPROMPT 0\nLABEL memtest\n LINUX memtest\n', [], { memtest: '/boot/memtest86+ia32.bin' }), medium: 'floppy', memoryBytes: 8 * MIB }, untilText: 'Test #3', seconds: 60, every: 1500 })],
  ['Linux, shell, FAT, ping', linuxShell],
  ['iPXE on SeaBIOS, DHCP, HTTP, TFTP', ipxe],
  ['OVMF to its shell', async () => ({ options: { image: new Uint8Array(MIB), roms: await readRoms('/usr/share/OVMF/OVMF_CODE_4M.fd'), memoryBytes: 128 * MIB }, untilText: 'Shell> ', seconds: 60, every: 2000 })],
]
