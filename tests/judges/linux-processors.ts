/**
 * Debian's Linux on several processors: `node scripts/run.mjs tests/judges/linux-processors.ts [CPUs [more of the command line]]`. It finds them all, runs a job on each at the same
 * time, and switches the PC off.
 */
import { readFileSync } from 'node:fs'
import { debianLinuxPackage } from '../support/linux'
import { requireTool } from '../support/tools'
import { Operator, shellImage } from '../boot/linux-shell'

const WALL_LIMIT_MS = Number(process.env['WALL_SECONDS'] ?? 600) * 1000
const [count = '4'] = process.argv.slice(2)
const [linux, busybox] = [debianLinuxPackage(), requireTool('busybox')]
if (linux === undefined || busybox === undefined) throw new Error('It needs linux-image-amd64 and busybox-static.')

const start = performance.now()
const operator = new Operator(await shellImage(new Uint8Array(readFileSync(busybox)), linux), WALL_LIMIT_MS, { processors: Number(count) })
const told = (what: string): void => console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s, ${operator.machine.instructions} instructions, ${(operator.machine.now / 1e8).toFixed(2)} s of the guest's time`)
const run = (command: string): void => {
  const from = operator.serial.length
  operator.send(`${command}; echo end''ed`)
  operator.until(() => operator.serial.slice(from).includes('\nended'))
  console.log(operator.serial.slice(from))
}
try {
  operator.until(() => operator.serial.includes('[ttyS0] '))
  told('shell')
  run('nproc; grep -E "processor|apicid|cpu cores|siblings|model name" /proc/cpuinfo')
  run('dmesg | grep -iE "smp|tsc|apic|cpu" | head -n 60')
  told('facts')
  run('for job in $(seq $(nproc)); do (i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; echo job $job done) & done; wait; grep "^cpu" /proc/stat; cat /proc/interrupts')
  told('jobs')
  operator.send('poweroff -f')
  operator.until(() => operator.outcome !== undefined)
} catch (error) {
  console.log(String(error))
}
told(JSON.stringify(operator.outcome))
console.log(operator.machine.processors.all.map((cpu) => `CPU ${cpu.number}: ${cpu.now()} instructions`).join('\n'))
