/** The real window, where the Electron binary is installed. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { _electron } from '@playwright/test'
import { describe, expect, it } from 'vitest'
import { buildIfStale, root } from '../../scripts/build-if-stale.mjs'

function electronBinary(): string | undefined {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  const pathFile = join(folder, 'path.txt')
  if (!existsSync(pathFile)) return undefined
  const binary = join(folder, 'dist', readFileSync(pathFile, 'utf8'))
  return existsSync(binary) ? binary : undefined
}

const binary = electronBinary()
const display = process.platform !== 'linux' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']
const missing = binary === undefined ? 'the Electron binary is not installed (npx install-electron gets it)' : display ? undefined : 'there is no display'

describe('the Electron window', () => {
  it.skipIf(missing)(`opens and answers${missing ? ` — skipped: ${missing}` : ''}`, { timeout: 60_000 }, async () => {
    await buildIfStale()
    const data = await mkdtemp(join(tmpdir(), 'bootlab-electron-'))
    // Chromium's sandbox refuses to run as root, which is what containers are.
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    const lab = await _electron.launch({
      ...(binary === undefined ? {} : { executablePath: binary }),
      args: [...asRoot, `--user-data-dir=${data}`, root],
      env: { ...process.env, BOOTLAB_DATA_DIR: data },
    })
    try {
      const page = await lab.firstWindow()
      expect(page.url()).toBe('app://bootlab/index.html')
      const answer = await page.evaluate(`new Promise((resolve) => {
        window.bootlab.onMessage((message) => { if (JSON.parse(message).id === 9007) resolve(message) })
        window.bootlab.send(JSON.stringify({ kind: 'call', id: 9007, name: 'app.info', args: {} }))
      })`)
      expect(JSON.parse(String(answer))).toMatchObject({ kind: 'end', value: { door: 'electron' } })
      expect(await page.evaluate('typeof require')).toBe('undefined')
    } finally {
      await lab.close()
      await rm(data, { recursive: true, force: true })
    }
  })
})
