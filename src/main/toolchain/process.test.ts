import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ToolError } from './errors'
import { runProcess } from './process'
import { temporaryFolder } from './testing'

const node = (script: string, more: Partial<Parameters<typeof runProcess>[0]> = {}) => runProcess({ command: process.execPath, args: ['-e', script], cwd: process.cwd(), env: process.env, ...more })

it('gives code, output and lines, a character in two pieces made whole', async () => {
  const lines: string[] = []
  const script = 'const b = Buffer.from("é\\r\\nlast"); process.stdout.write(b.subarray(0, 1)); setTimeout(() => { process.stdout.write(b.subarray(1)); console.error("e"); process.exitCode = 3 }, 50)'
  const result = await node(script, { onLine: (line, stream) => lines.push(`${stream} ${line}`) })
  expect(result).toEqual({ code: 3, endedBy: null, stdout: 'é\r\nlast', stderr: 'e\n', dropped: 0, unheard: 0 })
  expect(lines.toSorted()).toEqual(['stderr e', 'stdout last', 'stdout é'])
})

it('bounds what it keeps', async () => {
  const result = await node('const chunk = "x".repeat(1 << 20); for (let i = 0; i < 6; i++) process.stdout.write(chunk)')
  expect(result.stdout.length).toBe(4 << 20)
  expect(result.dropped).toBe(2 << 20)
})

it('hands on more lines than it keeps, within a bound, and a line without end in pieces', async () => {
  let heard = 0
  let longest = 0
  const result = await node('const chunk = "x".repeat(1 << 20); for (let i = 0; i < 66; i++) process.stdout.write(i < 8 ? chunk : chunk.slice(1) + "\\n")', {
    onLine: (line) => {
      heard += line.length
      longest = Math.max(longest, line.length)
    },
  })
  expect(result.unheard).toBe(2 << 20)
  expect(heard).toBeGreaterThan(63 << 20)
  expect(longest).toBeLessThan(3 << 20)
})

it.skipIf(process.platform === 'win32')('ends a process and its children when cancelled', async () => {
  const dir = await temporaryFolder()
  const mark = join(dir, 'alive')
  const script = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(`setTimeout(() => require("fs").writeFileSync(${JSON.stringify(mark)}, ""), 1500)`)}], { stdio: "ignore" }); console.log("started"); setInterval(() => {}, 1000)`
  const controller = new AbortController()
  const run = node(script, { signal: controller.signal, onLine: () => controller.abort(new Error('cancelled')) })
  await expect(run).rejects.toThrow('cancelled')
  await setTimeout(1800)
  await expect(import('node:fs/promises').then(({ access }) => access(mark))).rejects.toThrow(/ENOENT/)
})

it('says in a sentence why a program does not start', async () => {
  const dir = await temporaryFolder()
  const missing = join(dir, 'nothing')
  await expect(runProcess({ command: missing, args: [], cwd: dir, env: {} })).rejects.toThrow(ToolError)
  await expect(runProcess({ command: missing, args: [], cwd: dir, env: {} })).rejects.toThrow(/There is no such program/)
})

it('says when the folder is what is missing', async () => {
  const run = runProcess({ command: process.execPath, args: [], cwd: join(await temporaryFolder(), 'gone'), env: {} })
  await expect(run).rejects.toThrow(/The folder that it runs in, .*gone, does not exist any more/)
})

it.skipIf(process.platform === 'win32')('says when a file may not be run', async () => {
  const path = join(await temporaryFolder(), 'text')
  await writeFile(path, 'no program')
  await expect(runProcess({ command: path, args: [], cwd: '/', env: {} })).rejects.toThrow(/does not allow running it/)
})
