/** Starts the built lab with a data folder of its own, and knows its window's parts by what a person sees. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test as base, type Locator, type Page } from '@playwright/test'
import { type RunningLab, type ServeOptions, startLab } from '../support/running-lab'
import { findTool } from '../support/tools'

const ROOT = join(import.meta.dirname, '..', '..')
const SCREENSHOTS = join(ROOT, 'test-results', 'screenshots')

/** The window, as a person handles it. */
export class LabPage {
  readonly page: Page
  private readonly projects: string

  constructor(page: Page, projects: string) {
    this.page = page
    this.projects = projects
  }

  get screen(): Locator {
    return this.page.getByRole('application', { name: /VGA screen/ })
  }

  get screenText(): Locator {
    return this.page.getByTestId('screen-text')
  }

  get problems(): Locator {
    return this.page.getByRole('list', { name: 'Problems' }).getByRole('button')
  }

  get machineStatus(): Locator {
    return this.page.getByTestId('machine-status')
  }

  get buildStatus(): Locator {
    return this.page.getByTestId('build-status')
  }

  /** The line of the editor that shows this text. */
  editorLine(text: string): Locator {
    return this.page.locator('.view-line', { hasText: text })
  }

  tab(name: string): Locator {
    return this.page.getByRole('tab', { name: new RegExp(`^${name.replaceAll('.', '\\.')}`) })
  }

  async createProject(template: string): Promise<void> {
    await this.page.locator(`[data-template="${template}"]`).click()
    await this.page.getByRole('button', { name: 'Create project' }).click()
    await this.editorReady()
  }

  async editorReady(): Promise<void> {
    await expect(this.page.locator('.monaco-editor .view-line').first()).toBeVisible()
  }

  async openTab(name: string): Promise<void> {
    await this.tab(name).click()
    await expect(this.page.getByLabel(`Editor: ${name}`, { exact: false }).first()).toBeAttached()
  }

  /** Selects the first place where the text stands in the open file, by the editor's own search, and replaces it. */
  async replaceInEditor(find: string, replacement: string): Promise<void> {
    await this.focusEditor()
    await this.page.keyboard.press('ControlOrMeta+Home')
    await this.page.keyboard.press('ControlOrMeta+F')
    const field = this.page.getByRole('textbox', { name: 'Find', exact: true })
    await field.fill(find)
    await expect(this.page.locator('.find-widget .matchesCount')).toContainText(/of \d/)
    await this.page.keyboard.press('Enter')
    await this.page.keyboard.press('Escape')
    // At once, as a paste: typed one by one, a quote would be put around the selection instead.
    await this.page.keyboard.insertText(replacement)
  }

  async focusEditor(): Promise<void> {
    await this.page.locator('.monaco-editor').first().getByRole('textbox').first().focus()
  }

  projectFile(project: string, path: string): Promise<string> {
    return readFile(join(this.projects, project, path), 'utf8')
  }

  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
  }
}

interface Fixtures {
  chromium: void
  serve: ServeOptions
  server: RunningLab
  lab: LabPage
}

export const test = base.extend<Fixtures>({
  // In every test of every file, before anything else is set up.
  chromium: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide, info) => {
      info.skip(findTool('chromium') === undefined && findTool('google-chrome') === undefined && !process.env['CI'], 'No Chromium on PATH.')
      await provide()
    },
    { auto: true },
  ],
  serve: [{ args: [], env: {} }, { option: true }],
  server: async ({ serve }, provide) => {
    const folder = await mkdtemp(join(tmpdir(), 'bootlab-e2e-'))
    const server = await startLab(folder, serve)
    await provide(server)
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  },
  lab: async ({ page, server }, provide) => {
    // Whatever the page complains about is a defect, a refused script or style most of all.
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(`${error.name}: ${error.message}\n${error.stack}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('WebSocket connection')) complaints.push(`${message.text()} ${message.location().url}`)
    })
    await page.goto(server.url)
    await provide(new LabPage(page, server.projects))
    expect(complaints).toEqual([])
  },
})

export { expect }
