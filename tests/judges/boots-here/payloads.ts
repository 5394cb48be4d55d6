/** What is booted: images of other people, or made of Debian's packages, and by what each shows that it came up. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BootMedium } from '../../../src/shared/machine-schemas'
import { type Step, syslinuxFloppy } from '../../boot/ladder'
import { grubCdOf } from '../../support/grub'
import { archive, debianLinux, FILE_MODE } from '../../support/linux'
import { bootCd, debian, diskette, espDisk, ext2Disk, file, installed, madeOf, type Maker, minixDisk, syslinuxDisk, treated, unpacked, unzipped, withBootCode, withFiles } from './media'

export interface Payload {
  readonly name: string
  /** Repository, or Debian package. */
  readonly from: string
  readonly medium: BootMedium
  readonly image: Maker
  readonly drives?: readonly { readonly medium: BootMedium; readonly image: Maker }[]
  readonly memoryMib?: number
  /** It needs UEFI: OVMF in the place of both our BIOS and SeaBIOS. */
  readonly uefi?: boolean
  readonly steps?: readonly Step[]
  /** What the screen or COM1 shows in the end. Without it, it is the picture after `seconds`. */
  readonly untilText?: string
  /** Of the guest's time. */
  readonly seconds: number
}

const SYSLINUX_MBR = installed('/usr/lib/syslinux/mbr/mbr.bin')
const MODULES = '/usr/lib/syslinux/modules/bios'
const INSTALLER = 'usr/lib/debian-installer/images/12'
const installerFile = (arch: 'amd64' | 'i386', name: string): Maker => debian(`debian-installer-12-netboot-${arch}`, `${INSTALLER}/${arch}/text/debian-installer/${arch}/${name}`)
const freedos = file('fd', 'bootdisks', 'freedos.boot.disk.1.4MB.img')
const memtest = installed('/boot/memtest86+ia32.bin')
const linux: Maker = () => debianLinux()
/** An initial RAM disk that comes to a shell. */
const shell: Maker = (folder) => {
  const busybox = installed('/bin/busybox')(folder)
  const init = '#!/bin/busybox sh\n/bin/busybox --install -s /bin\nmount -t proc proc /proc\nmount -t devtmpfs dev /dev\necho Shell-is-here\nexec setsid cttyhack sh\n'
  return busybox && archive([
    ...['bin', 'dev', 'proc'].map((path) => ({ path, mode: FILE_MODE.folder, bytes: new Uint8Array() })),
    { path: 'dev/console', mode: FILE_MODE.device, bytes: new Uint8Array(), device: [5, 1] },
    { path: 'bin/busybox', mode: FILE_MODE.program, bytes: busybox },
    { path: 'init', mode: FILE_MODE.program, bytes: new TextEncoder().encode(init) },
  ])
}
const toPrompt = { afterText: 'The highlighted entry will be executed', keys: 'c' }

/** A CD whose GRUB runs commands. */
const grub = (commands: readonly string[], files: Readonly<Record<string, Maker>>): Maker => madeOf(files, (bytes) => grubCdOf(commands, bytes))
const syslinux = (configuration: string, modules: readonly string[], files: Readonly<Record<string, string>> = {}): Maker => () => syslinuxFloppy(configuration, modules, files)

const DEBIAN_LOADERS: readonly Payload[] = [
  {
    name: 'GRUB Legacy', from: 'Debian grub-legacy', medium: 'floppy',
    image: madeOf({ stage1: debian('grub-legacy', 'usr/lib/grub/x86_64-pc/stage1'), stage2: debian('grub-legacy', 'usr/lib/grub/x86_64-pc/stage2') }, ({ stage1, stage2 }) => diskette(Buffer.concat([stage1, stage2]))),
    steps: [{ afterText: 'grub>', keys: 'geometry (fd0)\n' }], untilText: 'C/H/S = 80/2/18', seconds: 10,
  },
  {
    name: 'GRUB Legacy, CD, boots memtest86+', from: 'Debian grub-legacy', medium: 'cd',
    image: madeOf({ stage2: debian('grub-legacy', 'usr/lib/grub/x86_64-pc/stage2_eltorito'), memtest }, ({ stage2, memtest: program }) => bootCd({ 'stage2_eltorito': stage2, memtest: program }, 'stage2_eltorito', 4)),
    steps: [{ afterText: 'grub>', keys: 'kernel (cd)/memtest\n' }, { afterText: '[Linux-bzImage', keys: 'boot\n' }], untilText: 'Memtest86+ v', seconds: 20,
  },
  {
    name: 'syslinux on a partition, Debian’s mbr', from: 'Debian mbr, syslinux', medium: 'disk',
    image: (folder) => treated(syslinuxDisk(16, 'PROMPT 1\nSAY booted-from-partition\n', []), (path) => [join(unpacked('mbr', folder), 'debian/mbr/sbin/install-mbr'), '--force', path]),
    untilText: 'booted-from-partition', seconds: 15,
  },
  {
    name: 'extlinux on ext2', from: 'Debian extlinux', medium: 'disk',
    image: madeOf({ mbr: SYSLINUX_MBR }, ({ mbr }, folder) => withBootCode(ext2Disk(16, (root) => {
      execFileSync(join(unpacked('extlinux', folder), 'debian/extlinux/usr/bin/extlinux'), ['--install', root], { stdio: 'pipe' })
      writeFileSync(join(root, 'extlinux.conf'), 'PROMPT 1\nSAY extlinux-says-hello\n')
    }), mbr)),
    untilText: 'extlinux-says-hello', seconds: 15,
  },
  {
    name: 'chain.c32 to a hard disk', from: 'Debian syslinux', medium: 'floppy',
    image: syslinux('DEFAULT c\nLABEL c\n COM32 chain.c32\n APPEND hd0 1\n', ['chain', 'libcom32', 'libutil']),
    drives: [{ medium: 'disk', image: madeOf({ mbr: SYSLINUX_MBR }, ({ mbr }) => withBootCode(syslinuxDisk(16, 'PROMPT 1\nSAY chained-to-partition\n', []), mbr)) }],
    untilText: 'chained-to-partition', seconds: 15,
  },
  {
    name: 'memdisk: FreeDOS in memory', from: 'Debian syslinux; codercowboy/freedosbootdisks', medium: 'disk',
    image: madeOf({ mbr: SYSLINUX_MBR, memdisk: installed('/usr/lib/syslinux/memdisk'), dos: freedos }, ({ mbr, memdisk, dos }) => withBootCode(syslinuxDisk(16, 'DEFAULT d\nLABEL d\n KERNEL memdisk\n INITRD dos.img\n', [], { memdisk, 'dos.img': dos }), mbr)),
    steps: [{ afterText: 'A:\\>', keys: 'ver\n' }], untilText: 'FreeCom version', seconds: 30,
  },
  {
    name: 'hdt.c32', from: 'Debian syslinux', medium: 'floppy', image: syslinux('DEFAULT h\nLABEL h\n COM32 hdt.c32\n', ['hdt', 'libcom32', 'libmenu', 'libutil', 'libgpl']),
    untilText: 'Switch to CLI', seconds: 30,
  },
  { name: 'vesamenu.c32', from: 'Debian syslinux', medium: 'floppy', image: syslinux('UI vesamenu.c32\nMENU TITLE Ladder\nLABEL a\n MENU LABEL first\n COM32 reboot.c32\nLABEL b\n MENU LABEL second\n COM32 reboot.c32\n', ['vesamenu', 'libcom32', 'libutil', 'reboot']), seconds: 5 },
  ...(['cpuid', 'ifcpu64', 'pcitest', 'dmitest', 'vpdtest', 'disk', 'lua', 'rosh', 'sysdump', 'dir', 'cptime', 'kbdmap', 'whichsys', 'debug', 'meminfo', 'vesainfo'].map((name): Payload => ({
    name: `${name}.c32`, from: 'Debian syslinux', medium: 'floppy', image: syslinux(`PROMPT 1\nDEFAULT ${name}.c32\nTIMEOUT 1\n`, [name, 'libcom32', 'libmenu', 'libutil', 'libgpl', 'liblua']), seconds: 6,
  }))),
  {
    name: 'LOADLIN', from: 'Debian loadlin; codercowboy/freedosbootdisks', medium: 'floppy',
    image: madeOf({ dos: freedos, loadlin: unzipped(debian('loadlin', 'usr/lib/loadlin/loadlin.exe.gz')), memtest }, ({ dos, loadlin, memtest: program }) => withFiles(dos, { 'LOADLIN.EXE': loadlin, 'MEMTEST.BIN': program })),
    steps: [{ afterText: 'A:\\>', keys: 'loadlin memtest.bin\n' }], untilText: 'Memtest86+ v', seconds: 40,
  },
  { name: 'iPXE', from: 'Debian ipxe', medium: 'cd', image: installed('/usr/lib/ipxe/ipxe.iso'), untilText: 'net0: ', seconds: 60 },
  { name: 'GRUB, lspci and lsacpi', from: 'Debian grub-rescue-pc', medium: 'cd', image: installed('/usr/lib/grub-rescue/grub-rescue-cdrom.iso'), steps: [toPrompt, { afterText: 'grub>', keys: 'lspci\n' }], untilText: '00:03.0', seconds: 30 },
  { name: 'GRUB, videoinfo', from: 'Debian grub-rescue-pc', medium: 'cd', image: installed('/usr/lib/grub-rescue/grub-rescue-cdrom.iso'), steps: [toPrompt, { afterText: 'grub>', keys: 'insmod all_video\nvideoinfo\n' }], untilText: '1024 x  768 x 32', seconds: 30 },
  { name: 'GRUB, native disk drivers', from: 'Debian grub-rescue-pc', medium: 'cd', image: installed('/usr/lib/grub-rescue/grub-rescue-cdrom.iso'), drives: [{ medium: 'disk', image: () => syslinuxDisk(16, 'SAY x\n', []) }], steps: [toPrompt, { afterText: 'grub>', keys: 'nativedisk\nls\n' }], untilText: '(ata0', seconds: 40 },
  { name: 'GRUB, graphical terminal', from: 'Debian grub-pc-bin', medium: 'cd', image: grub(['insmod all_video', 'insmod gfxterm', 'set gfxmode=800x600x32', 'loadfont unicode', 'terminal_output gfxterm', 'set timeout=-1', 'menuentry first { true }', 'menuentry second { true }'], {}), seconds: 8 },
  { name: 'GRUB chainloads a diskette', from: 'Debian grub-pc-bin', medium: 'cd', image: grub(['set root=(fd0)', 'chainloader +1', 'boot'], {}), drives: [{ medium: 'floppy', image: freedos }], steps: [{ afterText: 'A:\\>', keys: 'ver\n' }], untilText: 'FreeCom version', seconds: 40 },
  { name: 'GRUB drivemap', from: 'Debian grub-pc-bin', medium: 'cd', image: grub(['set root=(hd1)', 'drivemap -s (hd0) (hd1)', 'chainloader +1', 'boot'], {}), drives: [{ medium: 'disk', image: () => new Uint8Array(1 << 20) }, { medium: 'disk', image: madeOf({ mbr: SYSLINUX_MBR }, ({ mbr }) => withBootCode(syslinuxDisk(16, 'PROMPT 1\nSAY mapped-disk\n', []), mbr)) }], untilText: 'mapped-disk', seconds: 40 },
]

const DEBIAN_KERNELS: readonly Payload[] = [
  { name: 'Xen 4.17', from: 'Debian xen-hypervisor-4.17-amd64', medium: 'cd', memoryMib: 640, image: grub(['multiboot2 /xen placeholder console=com1,vga dom0_mem=300M loglvl=all', 'module2 /vmlinuz placeholder console=hvc0 earlyprintk=xen', 'module2 /initrd', 'boot'], { xen: unzipped(debian('xen-hypervisor-4.17-amd64', 'boot/xen-4.17-amd64.gz')), vmlinuz: linux, initrd: shell }), untilText: 'Shell-is-here', seconds: 240 },
  { name: 'GNU Mach', from: 'Debian gnumach-image-1.8-486', medium: 'cd', image: grub(['multiboot /mach', 'boot'], { mach: unzipped(debian('gnumach-image-1.8-486', 'boot/gnumach-1.8-486.gz')) }), untilText: 'No bootstrap code loaded', seconds: 30 },
  { name: 'GRUB Invaders', from: 'Debian grub-invaders', medium: 'cd', image: grub(['multiboot /invaders', 'boot'], { invaders: debian('grub-invaders', 'boot/invaders.exec') }), seconds: 8 },
  ...(['amd64', 'i386'] as const).map((arch): Payload => ({
    name: `Debian 12’s installer, ${arch}`, from: `Debian debian-installer-12-netboot-${arch}`, medium: 'cd', memoryMib: 1280,
    image: grub(['linux /linux vga=normal', 'initrd /initrd', 'boot'], { linux: installerFile(arch, 'linux'), initrd: installerFile(arch, 'initrd.gz') }), seconds: 120,
  })),
  { name: 'memtest86+ by isolinux', from: 'Debian memtest86+, isolinux', medium: 'cd', image: madeOf({ 'isolinux.bin': installed('/usr/lib/ISOLINUX/isolinux.bin'), 'ldlinux.c32': installed(join(MODULES, 'ldlinux.c32')), memtest }, (files) => bootCd({ ...files, 'isolinux.cfg': Buffer.from('DEFAULT m\nLABEL m\n LINUX memtest\n') }, 'isolinux.bin', 4)), untilText: 'Memtest86+ v', seconds: 20 },
]

/** At the shell that OVMF comes to where nothing boots by itself. */
const uefiShell = (command: string) => [{ afterText: 'in 5 seconds', keys: ' ' }, { afterText: 'Shell> ', keys: `${command}\n` }]
const refind = (path: string): Maker => debian('refind', `usr/share/refind/refind/${path}`)

const UEFI_PROGRAMS: readonly Payload[] = [
  {
    name: 'rEFInd', from: 'Debian refind', medium: 'disk', uefi: true, memoryMib: 256,
    image: madeOf({ refind: refind('refind_x64.efi'), icon: refind('icons/os_linux.png'), linux }, ({ refind: program, icon, linux: kernel }) => espDisk(100, { 'EFI/refind/refind_x64.efi': program, 'EFI/refind/icons/os_linux.png': icon, 'vmlinuz.efi': kernel })),
    steps: uefiShell('fs0:EFI\\refind\\refind_x64.efi'), seconds: 20,
  },
  { name: 'memtest86+, UEFI', from: 'Debian memtest86+', medium: 'disk', uefi: true, image: madeOf({ memtest: installed('/boot/memtest86+x64.efi') }, ({ memtest: program }) => espDisk(40, { 'memtest.efi': program })), steps: uefiShell('fs0:memtest.efi'), seconds: 15 },
  { name: 'iPXE, UEFI', from: 'Debian ipxe', medium: 'disk', uefi: true, image: madeOf({ ipxe: installed('/usr/lib/ipxe/ipxe.efi') }, ({ ipxe }) => espDisk(40, { 'ipxe.efi': ipxe })), steps: uefiShell('fs0:ipxe.efi'), untilText: 'net0: ', seconds: 60 },
  { name: 'Linux 6.1 by its EFI stub', from: 'Debian linux-image-amd64', medium: 'disk', uefi: true, memoryMib: 512, image: madeOf({ linux, shell }, (files) => espDisk(100, { 'vmlinuz.efi': files.linux, initrd: files.shell })), steps: uefiShell('fs0:vmlinuz.efi initrd=\\initrd console=ttyS0'), untilText: 'Shell-is-here', seconds: 120 },
  {
    name: 'systemd-boot, boots Linux 6.1', from: 'Debian systemd-boot-efi', medium: 'disk', uefi: true, memoryMib: 512,
    image: madeOf({ boot: debian('systemd-boot-efi', 'usr/lib/systemd/boot/efi/systemd-bootx64.efi'), linux, shell }, (files) => espDisk(100, {
      'EFI/BOOT/BOOTX64.EFI': files.boot, 'vmlinuz.efi': files.linux, initrd: files.shell, 'loader/loader.conf': Buffer.from('timeout 2\n'),
      'loader/entries/linux.conf': Buffer.from('title Linux\nlinux /vmlinuz.efi\ninitrd /initrd\noptions console=ttyS0\n'),
    })),
    untilText: 'Shell-is-here', seconds: 120,
  },
]

/** The file system of Linux 0.11’s diskette as a disk’s first partition. */
const linux011Root = { medium: 'disk' as const, image: madeOf({ root: file('linux011', 'rootimage-0.11') }, ({ root }) => minixDisk(root)) }

const OTHERS: readonly Payload[] = [
  { name: 'ELKS 0.7', from: 'andreas-jonsson/virtualxt (98f45f6)', medium: 'floppy', image: file('vxt', 'elks.img'), steps: [{ afterText: 'login:', keys: 'root\n' }, { afterText: 'root\n#', keys: 'ls /\n' }], untilText: 'bootopts  dev', seconds: 40 },
  { name: 'ELKS 0.5', from: 'andreas-jonsson/virtualxt (bddda5e)', medium: 'floppy', image: file('vxt', 'elks_linux.img'), steps: [{ afterText: 'login:', keys: 'root\n' }, { afterText: 'root\n#', keys: 'ls /\n' }], untilText: 'bootopts  dev', seconds: 40 },
  ...[['7', 'limine-bios-cd.bin', 'limine-bios.sys'], ['5', '5-limine-bios-cd.bin', '5-limine-bios.sys'], ['2', '2-limine-cd.bin', '2-limine.sys']].map(([version = '', cd = '', sys = '']): Payload => ({
    name: `Limine ${version}, boots memtest86+`, from: 'limine-bootloader/limine (branches v7.x-binary, v5.x-branch-binary, v2.0-branch-binary), Debian memtest86+', medium: 'cd',
    image: madeOf({ cd: file('limine', cd), sys: file('limine', sys), memtest }, (files) => bootCd({ 'limine-cd.bin': files.cd, [sys.replace(/^\d-/, '')]: files.sys, memtest: files.memtest, 'limine.cfg': Buffer.from('TIMEOUT=1\n:Memory test\nPROTOCOL=linux\nKERNEL_PATH=boot:///memtest\n') }, 'limine-cd.bin', 4)),
    seconds: 5,
  })),
  { name: 'Linux 0.11', from: 'ramboma/linux0.12', medium: 'floppy', image: madeOf({ boot: file('linux011', 'bootimage-0.11-hd') }, ({ boot }) => diskette(boot)), drives: [linux011Root], steps: [{ afterText: '[/usr/root]#', keys: 'ls -l /\n' }], untilText: '2004 tmp', seconds: 10 },
  { name: 'MikeOS 4.5', from: 'mig-hub/mikeOS', medium: 'floppy', image: file('mikeos', 'disk_images', 'mikeos.flp'), steps: [{ afterText: 'Thanks for trying', keys: '\n' }], untilText: 'FILEMAN', seconds: 20 },
  { name: 'MikeOS 4.5, CD', from: 'mig-hub/mikeOS', medium: 'cd', image: file('mikeos', 'disk_images', 'mikeos.iso'), steps: [{ afterText: 'Thanks for trying', keys: '\n' }], untilText: 'FILEMAN', seconds: 20 },
  {
    name: 'MenuetOS 0.86', from: 'marcosptf/menuetos', medium: 'floppy', image: file('menuet', 'menuetos-floppydisk-32b', 'M32-086.IMG'),
    steps: [['Select mode', '2'], ['preset graphics mode', '2'], ['MTRR', '1'], ['Mouse at', '1'], ['RAM in MB', '3'], ['Load disk image', '1']].map(([afterText = '', keys = '']) => ({ afterText, keys })),
    memoryMib: 128, seconds: 60,
  },
  { name: 'SolarOS', from: 'copy/images', medium: 'floppy', image: file('v86', 'os8.dsk'), steps: [{ afterText: 'Choose resolution', keys: '5\n' }], seconds: 20 },
  { name: 'Nupkux', from: 'kaifabian/nupkux', medium: 'floppy', image: file('nupkux', 'bootdisk.img'), untilText: 'sh#', seconds: 20 },
  { name: 'MS-DOS 1.25', from: 'tsupplis/pcdos11-hacking', medium: 'floppy', image: file('pcdos11', 'images', 'msdos.img'), steps: [{ afterText: 'Enter new date:', keys: '\n' }, { afterText: 'Enter new time', keys: '\n' }, { afterText: 'A:', keys: 'dir\n' }], untilText: '1 File(s)', seconds: 20 },
  { name: 'KolibriOS', from: 'copy/images', medium: 'floppy', image: file('v86', 'kolibri.img'), seconds: 30 },
  { name: 'OpenBSD 5.1’s installer', from: 'copy/v86 (4ded8df)', medium: 'floppy', image: file('v86', 'openbsd.img'), steps: [{ afterText: '(I)nstall, (U)pgrade', keys: 's\n' }, { afterText: '# ', keys: 'sysctl hw.ncpu\n' }], untilText: 'hw.ncpu=1', seconds: 60 },
  { name: 'OpenBSD 2.8’s installer', from: 'copy/images', medium: 'floppy', image: file('bulk', 'copy+images-openbsd.img'), steps: [{ afterText: '(I)nstall', keys: 's\n' }, { afterText: '# ', keys: 'sysctl hw.ncpu\n' }], untilText: 'hw.ncpu = 1', seconds: 60 },
  { name: 'Linux 2.4.20, its boot sector, a root on the diskette', from: 'copy/images (7b438d4)', medium: 'floppy', image: file('bulk', 'copy+images-linux.img'), untilText: 'Please press Enter', seconds: 60 },
  { name: 'Windows 1.01', from: 'copy/images', medium: 'floppy', image: file('v86', 'windows101.img'), seconds: 20 },
  { name: 'MS-DOS 7.1 with EMM386', from: 'copy/images', medium: 'floppy', image: file('bulk', 'copy+images-msdos.img'), steps: [{ afterText: 'Enter a choice', keys: '1\n' }, { afterText: 'A:\\>', keys: 'ver\n' }], untilText: 'Version 7.10', seconds: 40 },
  { name: 'FreeDOS 720 KB', from: 'copy/images', medium: 'floppy', image: file('v86', 'freedos722.img'), seconds: 15 },
  { name: 'Multitasking MS-DOS 4', from: 'microsoft/MS-DOS', medium: 'floppy', image: file('ozzie', 'v4.0-ozzie', 'bin', 'DRDOS1_IMD.img'), untilText: 'Enter new date', seconds: 20 },
  { name: 'PC-MOS/386 5.01', from: 'roelandjansen/pcmos386v501', medium: 'floppy', image: file('pcmos', '1_main.img'), seconds: 20 },
  { name: 'PC-MOS/386 5.02', from: 'roelandjansen/pcmos386v501', medium: 'floppy', image: file('pcmos', 'MOS502.img'), untilText: 'Is this the first time', seconds: 20 },
  { name: 'PC-MOS/386 4.10', from: 'roelandjansen/pcmos386v501', medium: 'floppy', image: file('pcmos', 'PCMOS386v41PL5System.img'), untilText: 'Enter desired option', seconds: 20 },
  { name: 'PC-MOS/386, patched', from: 'roelandjansen/pcmos386v501', medium: 'floppy', image: file('pcmos', 'PCMOS386-9-user-patched.img'), seconds: 20 },
  { name: 'CP/M-86, 320 KB', from: 'tsupplis/cpm86-kernel', medium: 'floppy', image: file('cpm86', 'base-320.img'), untilText: 'Cannot find CPM.SYS', seconds: 20 },
  { name: 'CP/M-86, 160 KB', from: 'tsupplis/cpm86-kernel', medium: 'floppy', image: file('cpm86', 'base-160.img'), untilText: 'Cannot find CPM.SYS', seconds: 20 },
  { name: 'xv6', from: 'mit-pdos/xv6-public', medium: 'disk', image: file('xv6', 'xv6.img'), drives: [{ medium: 'disk', image: file('xv6', 'fs.img') }], steps: [{ afterText: 'init: starting sh', keys: 'ls\n' }], untilText: 'console', memoryMib: 512, seconds: 30 },
  { name: 'FreeDOS 1.44 MB', from: 'codercowboy/freedosbootdisks', medium: 'floppy', image: freedos, steps: [{ afterText: 'A:\\>', keys: 'ver\n' }], untilText: 'FreeCom version', seconds: 30 },
  { name: '8086tiny’s FreeDOS', from: 'adriancable/8086tiny', medium: 'floppy', image: file('8086tiny', 'fd.img'), steps: [{ afterText: 'A:\\>', keys: 'dir\n' }], untilText: 'bytes free', seconds: 30 },
  { name: 'TetrOS', from: 'daniel-e/tetros', medium: 'floppy', image: file('tetros', 'tetros.img'), seconds: 5 },
]

export const PAYLOADS: readonly Payload[] = [...DEBIAN_LOADERS, ...DEBIAN_KERNELS, ...UEFI_PROGRAMS, ...OTHERS]
