/**
 * The window in Chromium, as a person meets it: from a click to an editor that can be typed into, from F5 to the text on the screen, from a
 * key to its letter, and pictures a second. All of it on the built lab (`npm run build`), over its browser door.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test'
import { startLab, type RunningLab } from '../support/running-lab'
import { findTool } from '../support/tools'
import { type BusyKernel, MODE_13H, TEXT, XGA } from './window-kernels'

const WARM_MS = 1500
const MEASURED_MS = 5000
const PATIENCE_MS = 15_000
const LETTERS = 150
const LETTER_MS = 60
const SETTLED_MS = 1000
/** The browser's cache goes by the whole address: the lab has the same one each time. */
const PORT = 48_173

/** Counts the pictures that the screen's canvas is given, and notes when the first one comes whose upper left pixel has the colour that is waited for. */
const COUNT_PICTURES = `(() => {
  window.benchPictures = 0
  window.benchColour = undefined
  window.benchSeen = undefined
  const put = CanvasRenderingContext2D.prototype.putImageData
  CanvasRenderingContext2D.prototype.putImageData = function (...args) {
    window.benchPictures++
    const result = put.apply(this, args)
    const { data } = args[0]
    if (window.benchColour !== undefined && data[0] + ',' + data[1] + ',' + data[2] === window.benchColour) {
      window.benchColour = undefined
      const channel = new MessageChannel()
      channel.port1.onmessage = () => (window.benchSeen = performance.now())
      channel.port2.postMessage(null)
    }
    return result
  }
})()`

/**
 * For each key: milliseconds from its event to the letter in the document, of which nothing is waiting for a frame; and to the end of the frame
 * that shows it, which a screen of 60 Hz makes wait 8 ms on average.
 */
const TIME_KEYS = `(() => {
  window.benchKeys = []
  addEventListener('keydown', (event) => {
    const at = event.timeStamp
    const lines = document.querySelector('.monaco-editor .view-lines')
    const seen = new MutationObserver(() => {
      seen.disconnect()
      const shown = performance.now() - at
      const channel = new MessageChannel()
      channel.port1.onmessage = () => window.benchKeys.push({ shown, painted: performance.now() - at })
      requestAnimationFrame(() => channel.port2.postMessage(null))
    })
    seen.observe(lines, { subtree: true, childList: true, characterData: true })
  }, true)
})()`

export interface WindowFigure {
  readonly what: string
  readonly value: number
  readonly unit: 'ms' | 'pictures/s'
  readonly aim: number
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[list.length >> 1] ?? Number.NaN
const percentile = (list: readonly number[], share: number): number => list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? Number.NaN

const chromiumPath = (): string | undefined => findTool('chromium') ?? findTool('google-chrome')
const SANDBOX = process.getuid?.() === 0 ? ['--no-sandbox'] : []

/** A Chromium without a window; undefined where there is none. */
export async function openBrowser(): Promise<Browser | undefined> {
  const path = chromiumPath()
  return path === undefined ? undefined : chromium.launch({ executablePath: path, args: [...SANDBOX, '--enable-precise-memory-info', '--js-flags=--expose-gc'] })
}

/** The same with a profile of its own on the disk. */
function openProfile(folder: string): Promise<BrowserContext> {
  const path = chromiumPath()
  return chromium.launchPersistentContext(folder, { ...(path === undefined ? {} : { executablePath: path }), args: SANDBOX, viewport: { width: 1440, height: 900 } })
}

/** A lab with a project of one kernel, in a page that has it open. */
export async function withKernel<T>(browser: Browser, kernel: BusyKernel, work: (page: Page, lab: RunningLab, folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bootlab-window-'))
  const lab = await startLab(folder, { args: [], env: {} })
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  try {
    const page = await context.newPage()
    await page.addInitScript({ content: COUNT_PICTURES })
    await page.goto(lab.url)
    await page.locator(`[data-template="${kernel.template}"]`).click()
    await page.getByRole('button', { name: 'Create project' }).click()
    await editable(page)
    await writeFile(join(lab.projects, kernel.template, kernel.file), kernel.source)
    return await work(page, lab, folder)
  } finally {
    await context.close()
    await lab.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const editable = (page: Page): Promise<void> => page.locator('.monaco-editor .view-line').first().waitFor()
const screen = (page: Page, text: string | RegExp): Promise<void> => page.getByTestId('screen-text').filter({ hasText: text }).waitFor({ state: 'attached' })

/** Notes when the editor stands, and when a letter of ours is in it, by the clock that the benchmark has, too. */
const WATCH_EDITOR = `(() => {
  const seen = new MutationObserver(() => {
    if (document.querySelector('.monaco-editor .view-line') && !window.benchEditor) {
      window.benchEditor = true
      document.querySelector('.monaco-editor :is(textarea, .native-edit-context)').focus()
      void window.benchReady()
    }
    for (const line of document.querySelectorAll('.monaco-editor .view-line')) {
      if (!line.textContent.includes('§')) continue
      seen.disconnect()
      window.benchTyped = performance.timeOrigin + performance.now()
    }
  })
  seen.observe(document, { subtree: true, childList: true, characterData: true })
})()`

/**
 * From the start of the lab's process to a letter in its editor, with the project of last time. The browser runs, and has an empty tab.
 * @param keep whether the browser keeps what it read and compiled from one start to the next, as a person's does; else each finds it empty
 */
async function coldStart(browser: Browser, rounds: number, keep: boolean): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bootlab-window-'))
  const profile = keep ? await openProfile(join(folder, 'profile')) : undefined
  const times: number[] = []
  try {
    // Chromium keeps compiled code of what it met a few times.
    const unmeasured = keep ? 4 : 1
    for (let round = 0; round < rounds + unmeasured; round++) {
      const context = profile ?? (await browser.newContext({ viewport: { width: 1440, height: 900 } }))
      const page = await context.newPage()
      await page.addInitScript({ content: WATCH_EDITOR })
      const ready = new Promise<void>((resolve) => void page.exposeBinding('benchReady', () => resolve()))
      await page.waitForTimeout(SETTLED_MS)
      const started = performance.timeOrigin + performance.now()
      const lab = await startLab(folder, { args: ['--port', String(keep ? PORT : 0)], env: {} })
      await page.goto(lab.url, { waitUntil: 'commit' })
      if (round === 0) {
        await page.locator('[data-template="miniboot-c"]').click()
        await page.getByRole('button', { name: 'Create project' }).click()
      }
      await ready
      await page.keyboard.type('§')
      await page.waitForFunction('window.benchTyped !== undefined')
      if (round >= unmeasured) times.push(Number(await page.evaluate('window.benchTyped')) - started)
      await page.keyboard.press('Backspace')
      await page.waitForTimeout(SETTLED_MS)
      await (profile ? page.close() : context.close())
      await lab.stop()
    }
  } finally {
    await profile?.close()
    await rm(folder, { recursive: true, force: true })
  }
  return times
}

/** Backgrounds of text, by their numbers, and as the screen shows them. */
const BACKGROUNDS = [
  [1, '0,0,170'],
  [2, '0,170,0'],
  [3, '0,170,170'],
  [4, '170,0,0'],
] as const

/** From the key F5 to the picture that shows what was changed: the colour of the text. */
function editToText(browser: Browser, rounds: number): Promise<number[]> {
  const source = (background: number): string => TEXT.source.replace('0x1700 |', `0x${background}700 |`)
  return withKernel(browser, { ...TEXT, source: source(0) }, async (page, lab) => {
    const times: number[] = []
    for (let round = 0; round <= rounds; round++) {
      const [background, colour] = BACKGROUNDS[round % BACKGROUNDS.length] ?? BACKGROUNDS[0]
      await writeFile(join(lab.projects, TEXT.template, TEXT.file), source(background))
      await page.waitForTimeout(1500)
      await page.evaluate(`(() => {
        window.benchSeen = undefined
        window.benchColour = '${colour}'
        addEventListener('keydown', (event) => (window.benchPressed = event.timeStamp), { capture: true, once: true })
      })()`)
      await page.keyboard.press('F5')
      let took: unknown
      for (let waited = 0; took === undefined && waited < PATIENCE_MS; waited += 50) {
        await page.waitForTimeout(50)
        took = await page.evaluate('window.benchSeen === undefined ? undefined : window.benchSeen - window.benchPressed')
      }
      if (typeof took !== 'number') throw new Error(`The screen did not become ${colour}.`)
      if (round > 0) times.push(took)
    }
    return times
  })
}

interface KeyTimes {
  readonly shown: number
  readonly painted: number
}

/** Letters into the editor, while the kernel runs as fast as it can. */
function typing(browser: Browser): Promise<KeyTimes[]> {
  return withKernel(browser, TEXT, async (page) => {
    await page.keyboard.press('F5')
    await screen(page, /([A-Z])\1{7}/)
    await page.waitForTimeout(WARM_MS)
    await page.evaluate(TIME_KEYS)
    await page.locator('.monaco-editor').first().getByRole('textbox').first().focus()
    await page.keyboard.press('ControlOrMeta+Home')
    await page.waitForTimeout(WARM_MS)
    await page.evaluate('window.benchKeys = []')
    await page.keyboard.type('/* ')
    for (let letter = 0; letter < LETTERS; letter++) await page.keyboard.type('abcdefgh '.charAt(letter % 9), { delay: LETTER_MS })
    await page.waitForTimeout(200)
    const keys: unknown = await page.evaluate('window.benchKeys')
    return parseKeys(keys)
  })
}

function parseKeys(keys: unknown): KeyTimes[] {
  if (!Array.isArray(keys) || keys.length < LETTERS / 2) throw new Error(`Of ${LETTERS} letters the page timed ${Array.isArray(keys) ? keys.length : 'none'}.`)
  return keys.map((key: unknown) => {
    if (typeof key === 'object' && key !== null && 'shown' in key && 'painted' in key && typeof key.shown === 'number' && typeof key.painted === 'number') return { shown: key.shown, painted: key.painted }
    throw new Error('The page timed a letter in a form that is not known.')
  })
}

function pictures(browser: Browser, kernel: BusyKernel): Promise<number> {
  return withKernel(browser, kernel, async (page) => {
    await page.keyboard.press('F5')
    const count = async (): Promise<number> => Number(await page.evaluate('(window.benchCountedAt = performance.now(), window.benchPictures)'))
    // A function in the page's own words would be refused by its policy.
    for (let waited = 0; (await count()) < 20 && waited < PATIENCE_MS; waited += 100) await page.waitForTimeout(100)
    await page.waitForTimeout(WARM_MS)
    // By the page's own clock: the way there and back is no part of it.
    const now = async (): Promise<{ pictures: number; at: number }> => ({ pictures: await count(), at: Number(await page.evaluate('window.benchCountedAt')) })
    const before = await now()
    await page.waitForTimeout(MEASURED_MS)
    const after = await now()
    return ((after.pictures - before.pictures) * 1000) / (after.at - before.at)
  })
}

/** @returns false where there is no Chromium */
export async function measureWindow(rounds: number, tell: (figure: WindowFigure) => void): Promise<boolean> {
  const browser = await openBrowser()
  if (browser === undefined) return false
  try {
    tell({ what: 'start, from the process to a letter in the editor, median', value: median(await coldStart(browser, rounds, true)), unit: 'ms', aim: 1500 })
    tell({ what: 'the same with nothing in the browser’s cache, median', value: median(await coldStart(browser, rounds, false)), unit: 'ms', aim: 1500 })
    tell({ what: 'F5 to the changed screen, warm, median', value: median(await editToText(browser, rounds)), unit: 'ms', aim: 300 })
    const keys = await typing(browser)
    tell({ what: 'a key to its letter in the document, 95th percentile', value: percentile(keys.map(({ shown }) => shown), 0.95), unit: 'ms', aim: 16 })
    tell({ what: 'a key to the end of the frame that shows it, 95th percentile', value: percentile(keys.map(({ painted }) => painted), 0.95), unit: 'ms', aim: 33 })
    tell({ what: 'text, 80×25', value: await pictures(browser, TEXT), unit: 'pictures/s', aim: 60 })
    tell({ what: 'mode 13h, 320×200', value: await pictures(browser, MODE_13H), unit: 'pictures/s', aim: 60 })
    tell({ what: '1024×768, 32 bits', value: await pictures(browser, XGA), unit: 'pictures/s', aim: 30 })
  } finally {
    await browser.close()
  }
  return true
}
