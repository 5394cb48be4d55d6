#!/usr/bin/env node
/**
 * lsblk as a test sees it: the computer's own, without loop devices of others. One whose file is called `usb-…` is said to be a stick,
 * since a loop device is never one. What is written to it is as real as ever. Where no udev runs, as in containers, lsblk knows no file systems:
 * blkid is asked then.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'

const { BOOTLAB_TEST_LSBLK: real, BOOTLAB_TEST_FOLDER: folder } = process.env
const answer = JSON.parse(execFileSync(real, process.argv.slice(2), { encoding: 'utf8', maxBuffer: 1 << 24 }))

function fileBehind(path) {
  const place = `/sys/block/${basename(path)}/loop/backing_file`
  return existsSync(place) ? readFileSync(place, 'utf8').trim() : undefined
}

function contentOf(path) {
  // Exit code 2: nothing that is known.
  const { stdout } = spawnSync('blkid', ['-p', '-o', 'export', path], { encoding: 'utf8' })
  const value = (name) => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1]
  return { fstype: value('TYPE') ?? null, label: value('LABEL') ?? null, uuid: value('UUID') ?? null }
}

answer.blockdevices = answer.blockdevices.flatMap((device) => {
  if (device.type !== 'loop') return [device]
  const file = fileBehind(device.path)
  if (!file?.startsWith(`${folder}/`) || basename(file) === 'probe') return []
  const known = device.fstype === null ? { ...device, ...contentOf(device.path) } : device
  if (!basename(file).startsWith('usb-')) return [known]
  return [{ ...known, type: 'disk', tran: 'usb', rm: true, hotplug: true, vendor: 'SanDisk ', model: 'Ultra' }]
})
console.log(JSON.stringify(answer))
