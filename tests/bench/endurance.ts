/**
 * Memory over a long day, sped up: a kernel scrolls text as fast as it can in the window while the project is built and booted again and
 * again, as often as two hours of a build every ten seconds would. What the page's heap and the lab's process hold after a warm-up is
 * set against what they hold in the end.
 */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CDPSession } from '@playwright/test'
import { openBrowser, withKernel } from './window'
import { SCROLLING } from './window-kernels'

/** Two hours of one every ten seconds. */
export const BUILDS = 720
const WARM_BUILDS = 40
/** Between two builds the kernel runs for so long. */
const RUN_MS = 250
const SETTLE_MS = 5000
const MIB = 1 << 20

export interface MemorySample {
  readonly builds: number
  /** MiB. */
  readonly pageHeap: number
  /** Resident memory of the lab's process with its machines, in MiB. */
  readonly lab: number
}

/** @param tell each sample as it is taken, the first after the warm-up; false where there is no Chromium */
export async function measureEndurance(builds: number, tell: (sample: MemorySample) => void): Promise<boolean> {
  const browser = await openBrowser()
  if (browser === undefined) return false
  try {
    await withKernel(browser, SCROLLING, async (page, lab) => {
      const devtools = await page.context().newCDPSession(page)
      const source = join(lab.projects, SCROLLING.template, SCROLLING.file)
      const status = page.getByTestId('build-status')
      for (let build = 0; build <= WARM_BUILDS + builds; build++) {
        // Another text each time: nothing is taken from the cache.
        const line = `/* build ${build} */\n`
        await writeFile(source, line + SCROLLING.source)
        await page.keyboard.press('F5')
        await status.filter({ hasText: /Built in/ }).waitFor()
        await page.getByTestId('machine-status').filter({ hasText: 'Running' }).waitFor()
        await page.waitForTimeout(RUN_MS)
        if (build < WARM_BUILDS || (build - WARM_BUILDS) % Math.max(1, Math.floor(builds / 6)) !== 0) continue
        await page.waitForTimeout(SETTLE_MS)
        tell({ builds: build - WARM_BUILDS, pageHeap: await heapOf(devtools), lab: residentMib(lab.pid) })
      }
    })
  } finally {
    await browser.close()
  }
  return true
}

/** After a collection of everything that nobody holds. */
async function heapOf(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.enable')
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  return usedSize / MIB
}

function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kib === undefined) throw new Error(`/proc/${pid}/status names no VmRSS.`)
  return Number(kib) / 1024
}
