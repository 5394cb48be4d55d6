import type { Page } from '@playwright/test'
import { expectAccessible } from './axe'
import { expect, test, type LabPage } from './lab'

async function showPanel(lab: LabPage, title: string): Promise<void> {
  await lab.page.keyboard.press('F1')
  await lab.page.getByRole('combobox', { name: 'Commands' }).fill(`Show panel: ${title}`)
  await lab.page.keyboard.press('Enter')
  await expect(lab.tab(title)).toHaveAttribute('aria-selected', 'true')
}

/** Pauses the machine that the page shows, over a connection of its own. */
function pause(page: Page): Promise<unknown> {
  return page.evaluate(`new Promise((resolve, reject) => {
    const url = new URL('/channel', location.href)
    url.protocol = 'ws:'
    url.search = location.search
    const socket = new WebSocket(url)
    socket.addEventListener('error', () => reject(new Error('no connection')))
    socket.addEventListener('message', ({ data }) => { socket.close(); resolve(data) })
    socket.addEventListener('open', () => socket.send(JSON.stringify({ kind: 'call', id: 1, name: 'debug.pause', args: { machine: sessionStorage.getItem('bootlab.machine') } })))
  })`)
}

/** A window that leaves the lower right group room enough to look at. */
test.use({ viewport: { width: 1600, height: 1200 } })

test('a kernel of long mode, looked into: BIOS calls, memory, tables, page walk, chips', async ({ lab }) => {
  test.setTimeout(180_000)
  const { page } = lab
  await lab.createProject('interrupts-c')
  await showPanel(lab, 'Memory')
  await expect(page.locator('#panel-memory')).toContainText('No machine is on.')
  await showPanel(lab, 'BIOS and ports')
  await page.keyboard.press('F5')
  // It is built first.
  await expect(lab.screenText).toContainText('Now type, please.', { timeout: 60_000 })

  // From the first instruction on, and by whom.
  const trace = page.getByRole('log', { name: 'BIOS calls and port accesses' })
  await expect(trace).toContainText('INT 13h')
  await expect(trace).toContainText('Extended read')
  await page.getByLabel('Which interrupts').fill('10')
  await expect(trace).toContainText('INT 10h')
  await expect(trace).not.toContainText('INT 13h')
  await lab.screenshot('60-trace')

  // The text in video memory, which the machine shows meanwhile.
  await showPanel(lab, 'Memory')
  const memory = page.locator('#panel-memory')
  await memory.getByLabel('Go to address').fill('b8000')
  await page.keyboard.press('Enter')
  const row = memory.getByRole('row', { name: /^000b8000/ })
  await expect(row).toContainText('H.a.l.f.')
  await expect(row).toHaveClass(/mem-video/)
  await pause(page)
  await row.getByRole('gridcell').nth(1).click()
  await page.keyboard.type('43')
  await expect(row).toContainText('C.a.l.f.')
  await page.keyboard.press('ControlOrMeta+z')
  await expect(row).toContainText('H.a.l.f.')
  await memory.getByLabel('Go to address').fill('kernel_name_that_is_not')
  await page.keyboard.press('Enter')
  await expect(memory.getByRole('alert')).toContainText('kernel_name_that_is_not')
  await memory.getByLabel('Go to address').fill('_start')
  await page.keyboard.press('Enter')
  await expect(memory.getByRole('grid')).toContainText('_start')
  await memory.getByRole('button', { name: 'Search memory' }).click()
  await memory.getByLabel('From address').fill('200000')
  await memory.getByLabel('To address, inclusive').fill('2fffff')
  await memory.getByLabel('Bytes or text to find').fill('Now type, please')
  await page.keyboard.press('Enter')
  await expect(memory).toContainText(/1 of \d/)
  await expect(memory.locator('.mem-selected').first()).toBeVisible()
  await lab.screenshot('61-memory')
  await memory.getByRole('gridcell', { selected: true }).first().click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Stop at a write of this' }).click()
  await expect(page.getByText(/will stop at a write of 16 bytes/)).toBeVisible()
  await expectAccessible(page, 'memory', '#panel-memory')

  await showPanel(lab, 'Descriptor tables')
  const tables = page.locator('#panel-tables')
  await expect(tables.getByRole('row', { name: /64-bit TSS/ })).toBeVisible()
  await tables.getByRole('tab', { name: /IDT/ }).click()
  await expect(tables.getByRole('row', { name: /#PF/ })).toContainText('64-bit interrupt gate')
  await lab.screenshot('62-tables')
  await expectAccessible(page, 'tables', '#panel-tables')

  await showPanel(lab, 'Page tables')
  const paging = page.locator('#panel-paging')
  await paging.getByLabel('Address', { exact: true }).fill('0xb8000')
  await paging.getByRole('button', { name: 'Follow' }).click()
  await expect(paging.locator('.walk-end')).toContainText('0xb8000')
  await expect(paging.locator('.walk-steps li').first()).toContainText('PML4')
  await paging.getByLabel('Address', { exact: true }).fill('ffff800000000000')
  await paging.getByRole('button', { name: 'Follow' }).click()
  await expect(paging.locator('.walk-broken').last()).toContainText('not present')
  await lab.screenshot('63-paging')
  await expectAccessible(page, 'paging', '#panel-paging')

  await showPanel(lab, 'Devices')
  const devices = page.locator('#panel-devices')
  await expect(devices).toContainText('Master')
  await expect(devices).toContainText('Counter 0')
  await lab.screenshot('64-devices')
  await expectAccessible(page, 'devices', '#panel-devices')
})

test('a boot sector in real mode, in the light theme: vectors, no paging, ports that are recorded on demand', async ({ lab }) => {
  test.setTimeout(120_000)
  const { page } = lab
  await page.emulateMedia({ colorScheme: 'light' })
  await lab.createProject('boot-sector')
  await page.keyboard.press('F5')
  await expect(lab.machineStatus).toHaveText(/Running|Halted|Waiting/)
  await showPanel(lab, 'Descriptor tables')
  await page.getByRole('tab', { name: 'IVT (real mode)' }).click()
  await expect(page.locator('#panel-tables').getByRole('row', { name: /^0x10/ })).toContainText('0xf000:')
  await lab.screenshot('65-vectors')
  await showPanel(lab, 'Page tables')
  await expect(page.locator('#panel-paging')).toContainText('Paging is off.')

  await showPanel(lab, 'BIOS and ports')
  const panel = page.locator('#panel-trace')
  await panel.getByRole('checkbox', { name: 'Ports' }).check()
  await lab.screen.click()
  await page.keyboard.type('abc')
  await expect(lab.screenText).toContainText('abc')
  const trace = page.getByRole('log', { name: 'BIOS calls and port accesses' })
  await expect(trace).toContainText('INT 10h')
  await expect(trace).toContainText('Teletype output')
  await lab.screenshot('66-trace-light')
  await expectAccessible(page, 'trace', '#panel-trace')
  const download = page.waitForEvent('download')
  await panel.getByRole('button', { name: 'Save what is shown to a file' }).click()
  expect((await download).suggestedFilename()).toBe('trace.txt')
  // What the BIOS itself does at each tick is no longer there.
  await panel.getByRole('checkbox', { name: 'Ports' }).uncheck()
  await panel.getByRole('button', { name: 'Clear', exact: true }).click()
  await expect(panel).toContainText('Nothing yet.')

  await showPanel(lab, 'Memory')
  await page.locator('#panel-memory').getByLabel('Go to…').selectOption({ label: '0x7c00 boot sector' })
  await expect(page.getByRole('row', { name: /^00007c00/ })).toBeVisible()
  await lab.screenshot('67-memory-light')
})
