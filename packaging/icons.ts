/**
 * `npm run icons`: makes the icon files in packaging/icons from the one drawing of the lab. They are in the repository, so that packaging needs
 * no browser; a test says when they are older than the drawing.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { locate } from '../src/main/services/locations'
import { requireTool } from '../tests/support/tools'
import { icnsFile, icoFile, type Picture } from './icon-files'

const { root } = locate()
const drawing = readFileSync(join(root, 'src/renderer/app/icon.svg'), 'utf8')
const folder = join(root, 'packaging/icons')

const LINUX_SIZES = [16, 32, 48, 64, 128, 256, 512]
const WINDOWS_SIZES = [16, 24, 32, 48, 64, 256]
const MACOS_SIZES = [32, 64, 128, 256, 512, 1024]

/** Draws the icon, larger than its cell by `zoom`, which hides the drawing's own margin. */
async function draw(sizes: readonly number[], zoom: number): Promise<Picture[]> {
  const executablePath = requireTool('chromium') ?? requireTool('google-chrome') ?? requireTool('chrome')
  const browser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
  try {
    const page = await browser.newPage()
    const pictures: Picture[] = []
    for (const size of sizes) {
      await page.setViewportSize({ width: size, height: size })
      await page.setContent(`<style>html,body{margin:0;background:transparent;overflow:hidden}svg{display:block;width:${size}px;height:${size}px;transform:scale(${zoom})}</style>${drawing}`)
      pictures.push({ size, png: await page.screenshot({ omitBackground: true }) })
    }
    return pictures
  } finally {
    await browser.close()
  }
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(join(folder, 'linux'), { recursive: true })
const files = new Map<string, Buffer>()
for (const { size, png } of await draw(LINUX_SIZES, 1.1)) files.set(`linux/${size}x${size}.png`, png)
files.set('icon.ico', icoFile(await draw(WINDOWS_SIZES, 1.1)))
// Icons of macOS keep a margin, for their shadow.
files.set('icon.icns', icnsFile(await draw(MACOS_SIZES, 0.94)))
for (const [name, content] of files) writeFileSync(join(folder, name), content)
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex')
const hashes = { drawing: sha256(drawing.replaceAll('\r\n', '\n')), files: Object.fromEntries([...files].map(([name, content]) => [name, sha256(content)])) }
writeFileSync(join(folder, 'made-from.json'), `${JSON.stringify(hashes, undefined, 2)}\n`)
console.log([...files].map(([name, content]) => `${name}  ${content.length} bytes`).join('\n'))
