/** A whole pass of Debian's memtest86+ in our PC: `node scripts/run.mjs tests/judges/memtest.ts [ia32|x64] [MiB]`. Takes minutes. */
import { climb, debianFile, syslinuxFloppy, told } from '../boot/ladder'

const [name = 'x64', mib = '8'] = process.argv.slice(2)
const file = debianFile(`/boot/memtest86+${name}.bin`, 'memtest86+')
if (file === undefined) throw new Error(`There is no memtest86+${name}.bin in /boot: install memtest86+.`)
const image = syslinuxFloppy('DEFAULT memtest\nPROMPT 0\nLABEL memtest\n LINUX memtest\n', [], { memtest: file })
const run = climb({ image, medium: 'floppy', memoryMib: Number(mib), untilText: 'Pass:  1', seconds: 600 })
console.log(run.lines.join('\n'))
console.log(told(`memtest86+ ${name}, ${mib} MiB`, run))
