/** Keeps the computer from going to sleep while a drive is written. Whatever does it ends with the job, and with the lab: its input ends, or it looks after the lab's process. */
import { type ChildProcess, spawn } from 'node:child_process'
import keepAwakeSource from '../../../../resources/usb/keep-awake.cs?raw'
import { startCsharp } from './powershell'

type Start = () => ChildProcess

const STARTS: Readonly<Partial<Record<NodeJS.Platform, Start>>> = {
  // systemd-inhibit(1) holds while cat runs, and cat runs while its input is open.
  linux: () => spawn('systemd-inhibit', ['--what=idle:sleep', '--who=Bootlab', '--why=A drive is being written', '--mode=block', 'cat'], { stdio: ['pipe', 'ignore', 'pipe'] }),
  // caffeinate(8): -w ends it with the process of that number.
  darwin: () => spawn('caffeinate', ['-i', '-w', String(process.pid)], { stdio: ['ignore', 'ignore', 'pipe'] }),
  win32: () => startCsharp(keepAwakeSource, 'KeepAwake'),
}

/**
 * @param onRemark is told when the computer cannot be kept awake: writing goes on all the same
 * @returns lets it sleep again
 */
export function keepAwake(onRemark: (text: string) => void, start: Start | undefined = STARTS[process.platform]): () => void {
  if (!start) return () => {}
  const child = start()
  let released = false
  let told = false
  let complaints = ''
  const remark = (why: string): void => {
    if (released || told) return
    told = true
    onRemark(`The computer may go to sleep while the drive is written: ${why}`)
  }
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaints += text))
  child.stdin?.on('error', () => {})
  child.on('error', (error) => remark(error.message))
  child.on('close', (code) => remark(complaints.trim() || `${child.spawnfile} ended with code ${code ?? 'none'}.`))
  return () => {
    released = true
    if (child.stdin) child.stdin.end()
    else child.kill()
  }
}
