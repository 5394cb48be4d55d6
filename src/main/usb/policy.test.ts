/** Drive trees of three systems, and what may be done with them. */
import { parse as parsePlist } from 'fast-plist'
import { describe, expect, test } from 'vitest'
import { allVolumes, type Drive, type Verdict } from '../../shared/drives'
import { linuxDrives, type Mount } from './drives/linux'
import { macosDrives } from './drives/macos'
import { diskutil, GB, getDisk, inner, linuxFacts, lsblk, type LinuxNode, type MacDisk, part, stick, type WindowsDisk } from './drives/samples'
import { windowsDrives } from './drives/windows'
import { judgeDrive, type PolicyContext } from './policy'

const NEEDED = 64 * 2 ** 20
const [ALLOWED, CONFIRM, REFUSED] = ['allowed', 'confirm', 'refused'] as const
/** Verdict and a part of its reasons, by path of the drive. */
type Expected = Record<string, [verdict: Verdict['verdict'], reason?: RegExp]>

function judgeAll(drives: Drive[], context: Omit<PolicyContext, 'neededBytes' | 'mountPoints'> & { mountPoints?: string[] }): Record<string, Verdict> {
  const mountPoints = context.mountPoints ?? drives.flatMap((drive) => allVolumes(drive).flatMap((volume) => volume.mountPoints))
  return Object.fromEntries(drives.map((drive) => [drive.path, judgeDrive(drive, { ...context, neededBytes: NEEDED, mountPoints })]))
}

function check(verdicts: Record<string, Verdict>, expected: Expected): void {
  expect(Object.keys(verdicts).toSorted()).toEqual(Object.keys(expected).toSorted())
  for (const [path, [verdict, reason]] of Object.entries(expected)) {
    expect({ path, verdict: verdicts[path]?.verdict, reasons: verdicts[path]?.reasons }).toMatchObject({ path, verdict })
    if (reason) expect(verdicts[path]?.reasons.join('\n')).toMatch(reason)
    else expect(verdicts[path]?.reasons).toEqual([])
  }
}

/* Linux */

interface LinuxCase {
  disks: LinuxNode[]
  mounts?: Mount[]
  keep?: PolicyContext['keep']
  expected: Expected
}

const SYSTEM_DISK: LinuxNode = {
  name: 'nvme0n1', size: 512 * GB, tran: 'nvme', model: 'Samsung SSD',
  children: [part('nvme0n1p1', { at: ['/boot/efi'], fstype: 'vfat' }), part('nvme0n1p2', { at: ['/'], fstype: 'ext4' })],
}
const SYSTEM: Expected = { '/dev/nvme0n1': [REFUSED, /mounted at \//] }
const SYSTEM_MOUNTS: Mount[] = [{ point: '/', source: '/dev/nvme0n1p2', fileSystem: 'ext4' }]
const home = { path: '/home/ada', what: 'Your home folder' }
const mount = (point: string, source: string, fileSystem: string): Mount => ({ point, source, fileSystem })

const LINUX: Record<string, LinuxCase> = {
  'an empty stick': { disks: [SYSTEM_DISK, stick()], expected: { ...SYSTEM, '/dev/sdb': [ALLOWED] } },
  'a stick with a FAT file system, mounted where sticks are': {
    disks: [SYSTEM_DISK, stick({ children: [part('sdb1', { fstype: 'vfat', label: 'HOLIDAY', at: ['/media/ada/HOLIDAY'] })] })],
    expected: { ...SYSTEM, '/dev/sdb': [CONFIRM, /“HOLIDAY”; vfat, 8\.0 GB; open at \/media\/ada\/HOLIDAY/] },
  },
  'a stick without partition table': { disks: [stick({ fstype: 'vfat', label: 'KEY' })], expected: { '/dev/sdb': [CONFIRM, /KEY/] } },
  'several partitions': { disks: [stick({ children: [part('sdb1'), part('sdb2'), part('sdb3')] })], expected: { '/dev/sdb': [CONFIRM, /3 partitions/] } },
  'partitions without anything recognised': { disks: [stick({ children: [part('sdb1')] })], expected: { '/dev/sdb': [ALLOWED] } },
  'a live system on the stick itself': {
    disks: [stick({ children: [part('sdb1', { fstype: 'iso9660', label: 'Debian Live', at: ['/run/live/medium'] })] }), { name: 'loop0', type: 'loop', size: 2 * GB, ro: true, fstype: 'squashfs', at: ['/run/live/rootfs/filesystem.squashfs'] }],
    mounts: [mount('/', 'overlay', 'overlay')],
    expected: { '/dev/sdb': [REFUSED, /\/run\/live\/medium, where the running system/], '/dev/loop0': [REFUSED, /running system/] },
  },
  'a live system of Ubuntu': { disks: [stick({ fstype: 'iso9660', at: ['/cdrom'], children: [part('sdb1', { fstype: 'iso9660', at: ['/cdrom'] })] })], expected: { '/dev/sdb': [REFUSED, /\/cdrom/] } },
  'a live system of Arch': { disks: [stick({ children: [part('sdb1', { fstype: 'iso9660', at: ['/run/archiso/bootmnt'] })] })], expected: { '/dev/sdb': [REFUSED, /archiso/] } },
  'a live system of Fedora': { disks: [stick({ children: [part('sdb1', { fstype: 'iso9660', at: ['/run/initramfs/live'] })] })], expected: { '/dev/sdb': [REFUSED, /initramfs/] } },
  'the system installed on a stick': { disks: [stick({ children: [part('sdb1', { fstype: 'ext4', at: ['/'] })] })], expected: { '/dev/sdb': [REFUSED, /running system is on it/] } },
  'an encrypted root on a USB SSD': {
    disks: [stick({ model: 'Portable SSD T7', size: 1000 * GB, children: [part('sdb1', { at: ['/boot'], fstype: 'ext4' }), part('sdb2', { fstype: 'crypto_LUKS', children: [inner('luks', 'crypt', { fstype: 'ext4', at: ['/'] })] })] })],
    expected: { '/dev/sdb': [REFUSED, /mapper\/luks is mounted at \//] },
  },
  'LVM in LUKS, with swap': {
    disks: [{ name: 'sda', size: 256 * GB, tran: 'sata', children: [part('sda1', { fstype: 'crypto_LUKS', children: [inner('crypt', 'crypt', { fstype: 'LVM2_member', children: [inner('vg-swap', 'lvm', { fstype: 'swap', at: ['[SWAP]'] }), inner('vg-data', 'lvm', { fstype: 'ext4' })] })] })] }],
    expected: { '/dev/sda': [REFUSED, /memory out to \/dev\/mapper\/vg-swap/] },
  },
  'LVM over two disks': {
    disks: ['sda', 'sdb'].map((name) => ({ name, size: 500 * GB, tran: 'sata', children: [part(`${name}1`, { fstype: 'LVM2_member', children: [inner('vg-home', 'lvm', { fstype: 'xfs', at: ['/home'] })] })] })),
    expected: { '/dev/sda': [REFUSED, /\/home/], '/dev/sdb': [REFUSED, /\/home/] },
  },
  'LVM on a stick that is not in use': { disks: [stick({ children: [part('sdb1', { fstype: 'LVM2_member' })] })], expected: { '/dev/sdb': [CONFIRM, /LVM2_member/] } },
  'RAID 1 of two disks': {
    disks: ['sda', 'sdb'].map((name) => ({ name, size: 500 * GB, tran: 'sata', children: [part(`${name}1`, { fstype: 'linux_raid_member', children: [{ name: 'md0', type: 'raid1', fstype: 'ext4', at: ['/srv'] }] })] })),
    expected: { '/dev/sda': [REFUSED, /\/srv/], '/dev/sdb': [REFUSED, /\/srv/] },
  },
  'a member of a RAID that does not run': { disks: [stick({ children: [part('sdb1', { fstype: 'linux_raid_member' })] })], expected: { '/dev/sdb': [CONFIRM, /linux_raid_member/] } },
  'LVM over RAID over partitions': {
    disks: ['sda', 'sdc'].map((name) => ({ name, size: 500 * GB, tran: 'sas', children: [part(`${name}2`, { fstype: 'linux_raid_member', children: [{ name: 'md127', type: 'raid5', fstype: 'LVM2_member', children: [inner('vg-root', 'lvm', { fstype: 'ext4', at: ['/'] })] }] })] })),
    expected: { '/dev/sda': [REFUSED, /vg-root/], '/dev/sdc': [REFUSED, /vg-root/] },
  },
  'a btrfs over two disks, mounted through one of them': {
    disks: [
      { name: 'sda', size: 500 * GB, tran: 'sata', children: [part('sda1', { fstype: 'btrfs', uuid: 'same', at: ['/', '/home'] })] },
      { name: 'sdb', size: 500 * GB, tran: 'sata', children: [part('sdb1', { fstype: 'btrfs', uuid: 'same' })] },
      { name: 'sdc', size: 500 * GB, tran: 'sata', children: [part('sdc1', { fstype: 'btrfs', uuid: 'other' })] },
    ],
    expected: { '/dev/sda': [REFUSED, /\//], '/dev/sdb': [REFUSED, /\/dev\/sdb1 is mounted at \//], '/dev/sdc': [CONFIRM, /btrfs/] },
  },
  'members of a ZFS pool that is mounted': {
    disks: [stick({ children: [part('sdb1', { fstype: 'zfs_member', label: 'rpool' })] }), { name: 'sda', size: 500 * GB, tran: 'sata', children: [part('sda1', { fstype: 'zfs_member', label: 'rpool' })] }],
    mounts: [mount('/', 'rpool/ROOT/debian', 'zfs'), mount('/home', 'rpool/home', 'zfs')],
    expected: { '/dev/sdb': [REFUSED, /\//], '/dev/sda': [REFUSED, /\/home/] },
  },
  'a member of a ZFS pool, and none is mounted': { disks: [stick({ children: [part('sdb1', { fstype: 'zfs_member' })] })], expected: { '/dev/sdb': [CONFIRM, /zfs_member/] } },
  'a hot-plug SATA disk with /home': {
    disks: [{ name: 'sdd', size: 120 * GB, tran: 'sata', hotplug: true, children: [part('sdd1', { fstype: 'ext4', at: ['/home'] })] }],
    expected: { '/dev/sdd': [REFUSED, /\/home, where the running system/] },
  },
  'a hot-plug SATA disk that is empty': { disks: [{ name: 'sdd', size: 120 * GB, tran: 'sata', hotplug: true }], expected: { '/dev/sdd': [ALLOWED] } },
  'an inner disk that is empty': { disks: [{ name: 'sda', size: 120 * GB, tran: 'sata' }], expected: { '/dev/sda': [CONFIRM, /not made to be taken out/] } },
  'a second NVMe disk with Windows': {
    disks: [{ name: 'nvme1n1', size: 500 * GB, tran: 'nvme', children: [part('nvme1n1p1', { fstype: 'vfat' }), part('nvme1n1p2', { fstype: 'ntfs', label: 'Windows' })] }],
    expected: { '/dev/nvme1n1': [CONFIRM, /not made to be taken out[^]*Windows/] },
  },
  'a large stick': { disks: [stick({ size: 256 * GB })], expected: { '/dev/sdb': [CONFIRM, /256 GB: more than most sticks/] } },
  'a stick of exactly 128 GB': { disks: [stick({ size: 128 * GB })], expected: { '/dev/sdb': [ALLOWED] } },
  'a card reader without medium': { disks: [stick({ size: 0 })], expected: { '/dev/sdb': [REFUSED, /no medium/] } },
  'a card': { disks: [{ name: 'mmcblk0', size: 32 * GB, tran: 'mmc' }], expected: { '/dev/mmcblk0': [ALLOWED] } },
  'the card that a single-board computer runs from': {
    disks: [{ name: 'mmcblk0', size: 32 * GB, children: [part('mmcblk0p1', { fstype: 'vfat', at: ['/boot/firmware'] }), part('mmcblk0p2', { fstype: 'ext4', at: ['/'] })] }, { name: 'mmcblk0boot0', size: 4e6, ro: true }],
    expected: { '/dev/mmcblk0': [REFUSED, /\/boot\/firmware/], '/dev/mmcblk0boot0': [REFUSED, /write-protected/] },
  },
  'a write-protected card': { disks: [{ name: 'mmcblk0', size: 32 * GB, ro: true }], expected: { '/dev/mmcblk0': [REFUSED, /switch/] } },
  'a stick that is too small': { disks: [stick({ size: 32e6 })], expected: { '/dev/sdb': [REFUSED, /holds 32\.0 MB, and 67\.1 MB/] } },
  'a stick just large enough': { disks: [stick({ size: NEEDED })], expected: { '/dev/sdb': [ALLOWED] } },
  'a disk mounted at a place of its owner’s': { disks: [{ name: 'sdc', size: 100 * GB, tran: 'usb', rm: true, children: [part('sdc1', { fstype: 'ext4', at: ['/data'] })] }], expected: { '/dev/sdc': [REFUSED, /\/data/] } },
  'a disk mounted at /mnt': { disks: [stick({ children: [part('sdb1', { fstype: 'ext4', at: ['/mnt'] })] })], expected: { '/dev/sdb': [CONFIRM, /\/mnt/] } },
  'a folder whose name begins like /mnt': { disks: [stick({ children: [part('sdb1', { fstype: 'ext4', at: ['/mntdata'] })] })], expected: { '/dev/sdb': [REFUSED, /\/mntdata/] } },
  'the project is on the stick': {
    disks: [stick({ children: [part('sdb1', { fstype: 'ext4', at: ['/media/ada/WORK'] })] })],
    mounts: SYSTEM_MOUNTS,
    keep: [home, { path: '/media/ada/WORK/kernel', what: 'The project' }],
    expected: { '/dev/sdb': [REFUSED, /The project is on it: \/media\/ada\/WORK\/kernel/] },
  },
  'the image is on the stick': { disks: [stick({ fstype: 'vfat', at: ['/mnt/usb'] })], keep: [{ path: '/mnt/usb/disk.img', what: 'The image' }], expected: { '/dev/sdb': [REFUSED, /The image/] } },
  'the project is in a mount below the stick’s': {
    disks: [stick({ children: [part('sdb1', { fstype: 'ext4', at: ['/mnt'] })] })],
    mounts: [mount('/mnt/net', 'server:/x', 'nfs')],
    keep: [{ path: '/mnt/net/project', what: 'The project' }],
    expected: { '/dev/sdb': [CONFIRM, /\/mnt/] },
  },
  'a swap file on a stick': { disks: [stick({ children: [part('sdb1', { fstype: 'ext4', at: ['/media/swap'] })] })], keep: [{ path: '/media/swap/file', what: 'A swap file' }], expected: { '/dev/sdb': [REFUSED, /A swap file/] } },
  'a swap partition on a stick': { disks: [stick({ children: [part('sdb1', { fstype: 'swap', at: ['[SWAP]'] })] })], expected: { '/dev/sdb': [REFUSED, /memory out/] } },
  'one file system at an ordinary and at another place': { disks: [stick({ children: [part('sdb1', { fstype: 'ext4', at: ['/media/x', '/var/lib/docker'] })] })], expected: { '/dev/sdb': [REFUSED, /\/var\/lib\/docker/] } },
  'a loop device of a file': { disks: [{ name: 'loop3', type: 'loop', size: NEEDED }], expected: { '/dev/loop3': [CONFIRM, /not made to be taken out/] } },
  'a snap’s loop device': { disks: [{ name: 'loop4', type: 'loop', size: 80e6, ro: true, fstype: 'squashfs', at: ['/snap/core/1'] }], expected: { '/dev/loop4': [REFUSED, /\/snap\/core\/1/] } },
  'memory disks are not drives': { disks: [{ name: 'zram0', size: 4 * GB, at: ['[SWAP]'] }, { name: 'ram0', size: 4 * GB }, stick()], expected: { '/dev/sdb': [ALLOWED] } },
  'optical drives are not drives to write': { disks: [{ name: 'sr0', type: 'rom', size: 700e6, rm: true }, stick()], expected: { '/dev/sdb': [ALLOWED] } },
  'multipath': {
    disks: ['sda', 'sdb'].map((name) => ({ name, size: 100 * GB, tran: 'fc', fstype: 'mpath_member', children: [inner('mpatha', 'mpath', { children: [inner('mpatha1', 'part', { fstype: 'xfs', at: ['/'] })] })] })),
    expected: { '/dev/sda': [REFUSED, /mpatha1/], '/dev/sdb': [REFUSED, /mpatha1/] },
  },
  'bcache': { disks: [{ name: 'sda', size: 100 * GB, tran: 'sata', fstype: 'bcache', children: [{ name: 'bcache0', type: 'disk', fstype: 'ext4', at: ['/'] }] }], expected: { '/dev/sda': [REFUSED, /bcache0/] } },
  'a virtual machine’s disk': { disks: [{ name: 'vda', size: 20 * GB, children: [part('vda1', { fstype: 'ext4', at: ['/'] })] }, { name: 'vdb', size: 20 * GB }], expected: { '/dev/vda': [REFUSED, /\//], '/dev/vdb': [CONFIRM, /not made/] } },
  'an immutable system': { disks: [{ name: 'sda', size: 60 * GB, tran: 'usb', rm: true, children: [part('sda1', { fstype: 'btrfs', uuid: 'u', at: ['/sysroot', '/etc', '/var'] })] }], expected: { '/dev/sda': [REFUSED, /\/sysroot/] } },
}

describe('Linux', () => {
  test.each(Object.entries(LINUX))('%s', (_name, { disks, mounts = [], keep = [home], expected }) => {
    const drives = linuxDrives(lsblk(...disks), linuxFacts(mounts))
    const own = drives.flatMap((drive) => allVolumes(drive).flatMap(({ mountPoints }) => mountPoints))
    check(judgeAll(drives, { system: 'linux', keep, mountPoints: [...own, ...mounts.map(({ point }) => point)] }), expected)
  })

  test('another medium in the same reader has another identity', () => {
    const identity = (diskseq: string): string | undefined => linuxDrives(lsblk(stick()), linuxFacts([], { '/dev/sdb': diskseq }))[0]?.identity
    expect(identity('7')).toBe(identity('7'))
    expect(identity('7')).not.toBe(identity('8'))
  })

  test('an old lsblk, which prints numbers and flags as texts', () => {
    const old = { blockdevices: [{ name: '/dev/sdb', type: 'disk', size: '16000000000', rm: '1', ro: '0', hotplug: '1', tran: 'usb', mountpoint: null, children: [{ name: '/dev/sdb1', type: 'part', size: '8000000000', rm: '1', ro: '0', fstype: 'vfat', mountpoint: '/boot' }] }] }
    check(judgeAll(linuxDrives(old, linuxFacts()), { system: 'linux', keep: [] }), { '/dev/sdb': [REFUSED, /\/boot/] })
  })
})

/* macOS */

const MAC_SYSTEM: MacDisk[] = [
  { id: 'disk0', size: 500 * GB, media: 'APPLE SSD', bus: 'Apple Fabric', internal: true, partitions: [{ id: 'disk0s1', content: 'Apple_APFS_ISC' }, { id: 'disk0s2', content: 'Apple_APFS' }, { id: 'disk0s3', content: 'Apple_APFS_Recovery' }] },
  { id: 'disk3', size: 494 * GB, virtual: true, stores: ['disk0s2'], volumes: [{ id: 'disk3s1', name: 'Macintosh HD', snapshotAt: '/' }, { id: 'disk3s5', name: 'Data', at: '/System/Volumes/Data' }, { id: 'disk3s6', name: 'VM', at: '/System/Volumes/VM' }] },
]
const MAC: Expected = { '/dev/disk0': [REFUSED, /running system is on it: disk3s1 is mounted at \//] }

const MACOS: Record<string, { disks: MacDisk[]; keep?: PolicyContext['keep']; expected: Expected }> = {
  'an empty stick': { disks: [...MAC_SYSTEM, { id: 'disk4' }], expected: { ...MAC, '/dev/disk4': [ALLOWED] } },
  'a FAT stick': { disks: [...MAC_SYSTEM, { id: 'disk4', partitions: [{ id: 'disk4s1', content: 'Windows_FAT_32', name: 'HOLIDAY', at: '/Volumes/HOLIDAY' }] }], expected: { ...MAC, '/dev/disk4': [CONFIRM, /HOLIDAY/] } },
  'a stick without partitions': { disks: [{ id: 'disk4', name: 'KEY', at: '/Volumes/KEY' }], expected: { '/dev/disk4': [CONFIRM, /KEY/] } },
  'macOS on an outer SSD': {
    disks: [{ id: 'disk2', size: 64 * GB, media: 'Portable SSD', partitions: [{ id: 'disk2s1', content: 'EFI' }, { id: 'disk2s2', content: 'Apple_APFS' }] }, { id: 'disk5', virtual: true, stores: ['disk2s2'], volumes: [{ id: 'disk5s1', name: 'macOS', at: '/' }] }],
    expected: { '/dev/disk2': [REFUSED, /disk5s1 is mounted at \//] },
  },
  'an APFS container that is another’s data': {
    disks: [{ id: 'disk4', size: 64 * GB, partitions: [{ id: 'disk4s2', content: 'Apple_APFS' }] }, { id: 'disk6', virtual: true, stores: ['disk4s2'], volumes: [{ id: 'disk6s1', name: 'Photos', at: '/Volumes/Photos' }] }],
    expected: { '/dev/disk4': [CONFIRM, /Photos/] },
  },
  'a Fusion drive': {
    disks: [
      { id: 'disk0', size: 128 * GB, internal: true, bus: 'PCI-Express', partitions: [{ id: 'disk0s2', content: 'Apple_APFS' }] },
      { id: 'disk1', size: 1000 * GB, internal: true, bus: 'SATA', partitions: [{ id: 'disk1s2', content: 'Apple_APFS' }] },
      { id: 'disk2', virtual: true, stores: ['disk0s2', 'disk1s2'], volumes: [{ id: 'disk2s1', name: 'Macintosh HD', at: '/' }] },
    ],
    expected: { '/dev/disk0': [REFUSED, /\//], '/dev/disk1': [REFUSED, /disk2s1 is mounted at \//] },
  },
  'a Time Machine disk': {
    disks: [{ id: 'disk4', size: 2000 * GB, partitions: [{ id: 'disk4s2', content: 'Apple_APFS' }] }, { id: 'disk7', virtual: true, stores: ['disk4s2'], volumes: [{ id: 'disk7s2', name: 'Backups of Ada’s Mac', at: '/Volumes/Backups of Ada’s Mac' }] }],
    expected: { '/dev/disk4': [CONFIRM, /more than most sticks[^]*Backups of Ada/] },
  },
  'an old Time Machine disk': { disks: [{ id: 'disk4', size: 1000 * GB, partitions: [{ id: 'disk4s2', content: 'Apple_HFS', name: 'Time Machine', at: '/Volumes/Time Machine' }] }], expected: { '/dev/disk4': [CONFIRM, /Time Machine/] } },
  'a mounted disk image is not a drive': { disks: [{ id: 'disk4' }, { id: 'disk8', virtual: true, bus: 'Disk Image', name: 'Installer', at: '/Volumes/Installer' }], expected: { '/dev/disk4': [ALLOWED] } },
  'AppleRAID': { disks: [{ id: 'disk4', partitions: [{ id: 'disk4s2', content: 'Apple_RAID' }] }], expected: { '/dev/disk4': [REFUSED, /AppleRAID/] } },
  'Core Storage': { disks: [{ id: 'disk4', partitions: [{ id: 'disk4s2', content: 'Apple_CoreStorage' }] }], expected: { '/dev/disk4': [REFUSED, /Core Storage/] } },
  'a write-protected card in the built-in reader': { disks: [{ id: 'disk4', bus: 'Secure Digital', internal: true, removable: true, writable: false }], expected: { '/dev/disk4': [REFUSED, /write-protected/] } },
  'a card in the built-in reader': { disks: [{ id: 'disk4', bus: 'Secure Digital', internal: true, removable: true }], expected: { '/dev/disk4': [ALLOWED] } },
  'a second inner disk': { disks: [{ id: 'disk1', size: 100 * GB, internal: true, bus: 'SATA' }], expected: { '/dev/disk1': [CONFIRM, /not made to be taken out/] } },
  'home on an outer disk, its path in other case': {
    disks: [{ id: 'disk4', partitions: [{ id: 'disk4s2', content: 'Apple_HFS', name: 'Users', at: '/Volumes/Users' }] }],
    keep: [{ path: '/volumes/USERS/ada', what: 'Your home folder' }],
    expected: { '/dev/disk4': [REFUSED, /home folder/] },
  },
}

describe('macOS', () => {
  test.each(Object.entries(MACOS))('%s', (_name, { disks, keep = [], expected }) => {
    const { list, infos } = diskutil(...disks)
    check(judgeAll(macosDrives(parsePlist(list), infos.map((info): unknown => parsePlist(info))), { system: 'darwin', keep }), expected)
  })
})

/* Windows */

const WINDOWS_SYSTEM: WindowsDisk = { number: 0, name: 'NVMe Samsung', bus: 'NVMe', size: 500 * GB, boot: true, style: 'GPT', partitions: [{ type: 'System', boot: true, fileSystem: 'FAT32', driveType: 'Fixed' }, { letter: 'C', boot: true, fileSystem: 'NTFS', driveType: 'Fixed' }] }
const WINDOWS: Expected = { '\\\\.\\PHYSICALDRIVE0': [REFUSED, /Windows runs from it/] }
const DISK_1 = '\\\\.\\PHYSICALDRIVE1'

const WINDOWS_CASES: Record<string, { disks: WindowsDisk[]; pagefiles?: string[]; keep?: PolicyContext['keep']; expected: Expected }> = {
  'an empty stick': { disks: [WINDOWS_SYSTEM, { number: 1, style: 'RAW' }], expected: { ...WINDOWS, [DISK_1]: [ALLOWED] } },
  'a FAT stick': { disks: [WINDOWS_SYSTEM, { number: 1, partitions: [{ letter: 'E', label: 'HOLIDAY' }] }], expected: { ...WINDOWS, [DISK_1]: [CONFIRM, /E: “HOLIDAY”; FAT32, 8\.0 GB; 4\.0 GB of it in use; open at E:\\/] } },
  'bus types as numbers': { disks: [{ number: 1, bus: 7, style: 'RAW' }], expected: { [DISK_1]: [ALLOWED] } },
  'Windows To Go': { disks: [{ number: 1, boot: true, partitions: [{ letter: 'C', fileSystem: 'NTFS', boot: true }] }], expected: { [DISK_1]: [REFUSED, /Windows runs from it/] } },
  'a locked BitLocker stick': { disks: [{ number: 1, partitions: [{ letter: 'F', fileSystem: null }] }], expected: { [DISK_1]: [CONFIRM, /BitLocker/] } },
  'a stick with an opened BitLocker volume': { disks: [{ number: 1, partitions: [{ letter: 'F', fileSystem: 'NTFS', label: 'Secret' }] }], expected: { [DISK_1]: [CONFIRM, /Secret/] } },
  'a dynamic disk (GPT)': { disks: [{ number: 1, bus: 'SATA', style: 'GPT', partitions: [{ type: 'Unknown', gpt: '{AF9B60A0-1431-4F62-BC68-3311714A69AD}', noVolume: true }] }], expected: { [DISK_1]: [REFUSED, /dynamic disk/] } },
  'a dynamic disk (MBR)': { disks: [{ number: 1, bus: 'SATA', partitions: [{ type: 'LDM', mbr: 0x42, noVolume: true }] }], expected: { [DISK_1]: [REFUSED, /dynamic disk/] } },
  'a disk of a storage pool': { disks: [{ number: 1, bus: 'SATA', style: 'GPT', partitions: [{ type: 'Unknown', gpt: '{e75caf8f-f680-4cee-afa3-b001e56efc2d}', noVolume: true }] }], expected: { [DISK_1]: [REFUSED, /storage pool/] } },
  'a page file on a second disk': { disks: [{ number: 1, bus: 'SATA', size: 100 * GB, partitions: [{ letter: 'D', fileSystem: 'NTFS', driveType: 'Fixed' }] }], pagefiles: ['d:\\pagefile.sys'], expected: { [DISK_1]: [REFUSED, /memory out to D:/] } },
  'an inner data disk': { disks: [{ number: 1, bus: 'SATA', size: 100 * GB, partitions: [{ letter: 'D', fileSystem: 'NTFS', driveType: 'Fixed', label: 'Data' }] }], expected: { [DISK_1]: [CONFIRM, /not made to be taken out[^]*Data/] } },
  'the project on the stick, written the other way': { disks: [{ number: 1, partitions: [{ letter: 'E' }] }], keep: [{ path: 'e:/kernels/mine', what: 'The project' }], expected: { [DISK_1]: [REFUSED, /The project/] } },
  'a volume mounted in a folder, with the home folder in it': { disks: [{ number: 1, bus: 'SATA', partitions: [{ path: 'D:\\Mounts\\Users\\', fileSystem: 'NTFS', driveType: 'Fixed' }] }], keep: [{ path: 'D:\\mounts\\users\\ada', what: 'Your home folder' }], expected: { [DISK_1]: [REFUSED, /home folder/] } },
  'a write-protected stick': { disks: [{ number: 1, readOnly: true }], expected: { [DISK_1]: [REFUSED, /write-protected/] } },
  'a card reader without medium': { disks: [{ number: 1, bus: 'SD', size: 0, style: 'RAW' }], expected: { [DISK_1]: [REFUSED, /no medium/] } },
  'a USB disk that says it is fixed': { disks: [{ number: 1, size: 1000 * GB, partitions: [{ letter: 'G', driveType: 'Fixed', fileSystem: 'NTFS' }] }], expected: { [DISK_1]: [CONFIRM, /more than most/] } },
}

describe('Windows', () => {
  test.each(Object.entries(WINDOWS_CASES))('%s', (_name, { disks, pagefiles, keep = [], expected }) => {
    check(judgeAll(windowsDrives(getDisk(disks, pagefiles)), { system: 'win32', keep }), expected)
  })
})

test('in no tree a drive of the running system is allowed, or asked about', () => {
  // Whatever says "the running system" in any of the trees above: said by the tree itself, not by the verdict.
  const trees: [Drive[], PolicyContext['system']][] = [
    ...Object.values(LINUX).map(({ disks, mounts }): [Drive[], 'linux'] => [linuxDrives(lsblk(...disks), linuxFacts(mounts)), 'linux']),
    ...Object.values(MACOS).map(({ disks }): [Drive[], 'darwin'] => {
      const { list, infos } = diskutil(...disks)
      return [macosDrives(parsePlist(list), infos.map((info): unknown => parsePlist(info))), 'darwin']
    }),
    ...Object.values(WINDOWS_CASES).map(({ disks, pagefiles }): [Drive[], 'win32'] => [windowsDrives(getDisk(disks, pagefiles)), 'win32']),
  ]
  let ofTheSystem = 0
  for (const [drives, system] of trees) {
    const mountPoints = drives.flatMap((drive) => allVolumes(drive).flatMap((volume) => volume.mountPoints))
    for (const drive of drives) {
      const holds = allVolumes(drive).some((volume) => volume.system || volume.swap || volume.mountPoints.some((point) => ['/', '/boot', '/home', '/usr', '/System/Volumes/Data', 'C:\\'].includes(point)))
      if (!holds) continue
      ofTheSystem++
      expect(judgeDrive(drive, { system, keep: [], mountPoints, neededBytes: 1 }).verdict).toBe('refused')
    }
  }
  expect(trees.length).toBeGreaterThan(60)
  expect(ofTheSystem).toBeGreaterThan(20)
})
