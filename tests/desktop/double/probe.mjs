/**
 * Starts the built main bundle on the double and tries it out, as a page and as a person would. Prints what it saw as one
 * line of JSON for desktop.test.ts. Run with the module hook:  node probe.mjs
 */
import { existsSync, readFileSync } from 'node:fs'
import { register } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

register('./hooks.mjs', import.meta.url)
const { app, BrowserWindow, ipcMain, permissions, record, request, session, stateFile } = await import('electron')
const [, , mainBundle = ''] = process.argv

process.on('unhandledRejection', (error) => {
  console.error(error)
  process.exit(1)
})
// Electron sets it; packagers write the address of updates there.
process.resourcesPath = process.env.BOOTLAB_DOUBLE_USER_DATA
process.argv.splice(1, 2, '--no-sandbox', 'given.img')
await import(pathToFileURL(mainBundle).href)
if (process.env.BOOTLAB_DOUBLE_RUNNING !== undefined) {
  await new Promise((resolve) => setTimeout(resolve, 50))
  console.log(JSON.stringify({ exits: record.exits, windows: record.windows.length, menus: record.menus.length, handedOver: record.handedOver }))
  process.exit(0)
}

const until = async (what, condition) => {
  for (let tries = 0; tries < 500; tries++) {
    if (condition()) return
    if (record.errorBoxes.length > 0) break
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`${what} did not happen; ${JSON.stringify(record.errorBoxes)}`)
}
await until('a shown window', () => record.shown > 0)

const [window] = record.windows
const contents = window.webContents
const pageUrl = contents.getURL()

/** What the page sees: `window.bootlab`, and nothing else of the preload script. */
const worldOf = () => contents.frame.mainWorld
const answers = []
worldOf().bootlab.onMessage((message) => answers.push(JSON.parse(message)))
const ask = async (id, name, args = {}) => {
  worldOf().bootlab.send(JSON.stringify({ kind: 'call', id, name, args }))
  await until(`an answer to ${name}`, () => answers.some((answer) => answer.id === id))
  return answers.find((answer) => answer.id === id)
}
const info = await ask(1, 'app.info')
const templates = await ask(2, 'templates.list')
const picked = await ask(3, 'app.pickDirectory', { title: 'Choose' })

// Every call and stream of the contract goes across, as far as the check of its arguments.
const contract = JSON.parse(process.env.BOOTLAB_DOUBLE_CONTRACT ?? '[]')
const refusals = {}
for (const [at, { kind, name }] of contract.entries()) {
  const id = 1000 + at
  worldOf().bootlab.send(JSON.stringify({ kind, id, name, args: { noSuchArgument: true } }))
  await until(`an answer to ${name}`, () => answers.some((answer) => answer.id === id))
  refusals[name] = answers.find((answer) => answer.id === id).failure?.what ?? 'accepted'
}

// The page says what its menu is, and hears what is chosen there; an older menu that goes takes nothing away.
const listen = (id, args) => worldOf().bootlab.send(JSON.stringify({ kind: 'listen', id, name: 'app.menu', args }))
const menusBefore = record.menus.length
listen(20, { language: 'zh-CN', disabled: ['machine.stop'] })
await until('a menu', () => record.menus.length > menusBefore)
listen(21, { language: 'zh-CN', disabled: [] })
worldOf().bootlab.send(JSON.stringify({ kind: 'cancel', id: 20 }))
await until('another menu', () => record.menus.length > menusBefore + 1)
const itemsOf = (menu) => menu.flatMap(({ submenu }) => submenu)
const [firstMenu, secondMenu] = record.menus.slice(-2)
const bootItem = itemsOf(secondMenu).find(({ id }) => id === 'machine.boot')
bootItem.click()
await until('a command from the menu', () => answers.some(({ id, kind }) => id === 21 && kind === 'event'))
const menu = {
  boot: { label: bootItem.label, accelerator: bootItem.accelerator, registered: bootItem.registerAccelerator },
  stop: itemsOf(firstMenu).find(({ id }) => id === 'machine.stop').enabled,
  heard: answers.find(({ id, kind }) => id === 21 && kind === 'event').value,
  first: itemsOf(record.menus[0]).filter(({ id, enabled }) => id && enabled).length,
}
const unknown = await ask(4, 'no.such.call')
const pickedFile = await ask(5, 'app.pickFile', { title: 'Choose' })
const pickedSavePath = await ask(6, 'app.pickSavePath', { title: 'Save', name: 'disk.img.gz' })

// The page wants to stay: only the person's word lets the window go.
const leaves = (answer) => {
  let left = false
  record.answers.push(answer)
  contents.emit('will-prevent-unload', { preventDefault: () => (left = true) })
  return left
}
const leaving = { stay: leaves(0), closedQuestion: leaves(undefined), leave: leaves(1) }

// Messages of frames that are not the lab's own top frame must go unheard.
const before = answers.length
let foreignId = 50
const foreign = (frame) =>
  ipcMain.emit('bootlab:to-main', { sender: contents, senderFrame: frame }, JSON.stringify({ kind: 'call', id: foreignId++, name: 'app.info', args: {} }))
foreign({ url: 'https://evil.example/', parent: null })
foreign({ url: pageUrl, parent: { url: 'https://evil.example/' } })
foreign(null)
ipcMain.emit('bootlab:to-main', { sender: contents, senderFrame: contents.frame }, { not: 'text' })
await new Promise((resolve) => setTimeout(resolve, 50))
const foreignHeard = answers.length > before

const tryNavigation = (event, url) => {
  let prevented = false
  contents.emit(event, { url, preventDefault: () => (prevented = true) })
  return prevented
}
const navigation = {
  evil: tryNavigation('will-navigate', 'https://evil.example/'),
  file: tryNavigation('will-navigate', 'file:///etc/passwd'),
  redirect: tryNavigation('will-redirect', 'https://evil.example/'),
  own: tryNavigation('will-navigate', pageUrl),
  webview: tryNavigation('will-attach-webview', ''),
}
const requests = {}
for (const url of ['https://evil.example/x', 'http://127.0.0.1/', 'ws://evil.example/', 'file:///etc/passwd', 'app://other/x', 'app://bootlab/index.html', 'blob:app://bootlab/1', 'data:,x', 'devtools://devtools/x.js']) {
  permissions.beforeRequest({ url }, ({ cancel }) => (requests[url] = cancel ? 'refused' : 'loaded'))
}
const tryDownload = (url) => {
  let prevented = false
  session.defaultSession.emit('will-download', { preventDefault: () => (prevented = true) }, { getURL: () => url })
  return prevented
}
const downloadPrevented = { evil: tryDownload('https://evil.example/x'), strange: tryDownload('blob:https://evil.example/1'), own: tryDownload('blob:app://bootlab/1') }
const stranger = { getURL: () => 'https://evil.example/' }
const toStrangers = ['clipboard-read', 'clipboard-sanitized-write'].filter((permission) => {
  let given
  permissions.request(stranger, permission, (answer) => (given = answer))
  return given !== false || permissions.check(stranger, permission) !== false || permissions.check(null, permission) !== false
})
const windowOpen = contents.windowOpenHandler({ url: 'https://evil.example/' })
const granted = ['geolocation', 'media', 'notifications', 'openExternal', 'clipboard-sanitized-write'].filter((permission) => {
  let given
  permissions.request(contents, permission, (answer) => (given = answer))
  return given !== false || permissions.check(contents, permission) !== false
})
const status = async (url) => (await request(url)).status
const files = {
  traversal: await status('app://bootlab/..%2f..%2fpackage.json'),
  preload: await status('app://bootlab/../preload/index.cjs'),
  otherHost: await status('app://other/index.html'),
  backslash: await status('app://bootlab/..%5c..%5cpackage.json'),
  doubled: await status('app://bootlab/..%252f..%252fpackage.json'),
  nul: await status('app://bootlab/index.html%00'),
  absolute: await status('app://bootlab//etc/passwd'),
  sourceMap: await status('app://bootlab/index.js.map'),
  licences: await status('app://bootlab/licences.json'),
}

// A reload: the new page works, and hears nothing of the old one.
const oldWorld = worldOf()
await window.loadURL(pageUrl)
const stale = []
oldWorld.bootlab.onMessage((message) => stale.push(message))
answers.length = 0
worldOf().bootlab.onMessage((message) => answers.push(JSON.parse(message)))
const afterReload = await ask(1, 'app.info')

// What the system opens: with this instance, with a second one, by macOS's event.
const opened = () => answers.filter(({ kind, id }) => kind === 'event' && id === 7).map(({ value }) => value)
worldOf().bootlab.send(JSON.stringify({ kind: 'listen', id: 7, name: 'app.opened', args: {} }))
await until('the file given at the start', () => opened().length === 1)
window.minimized = true
app.emit('second-instance', {}, ['ignored'], '/', { paths: [process.env.BOOTLAB_DOUBLE_USER_DATA] })
app.emit('second-instance', {}, [], '/', { paths: 'nonsense' })
await until('the folder of the second instance', () => opened().length === 2)
const secondInstance = { minimized: window.minimized, focused: window.focused, windows: BrowserWindow.getAllWindows().length }
let prevented = false
app.emit('open-file', { preventDefault: () => (prevented = true) }, '/mac.img')
await until("macOS's file", () => opened().length === 3)

// The page's last word, on its way out: it must be stored all the same.
worldOf().bootlab.send(JSON.stringify({ kind: 'call', id: 2, name: 'ui.set', args: { values: { last: 'word' } } }))
await new Promise((resolve) => setImmediate(resolve))
window.close()
await until('the end', () => record.exits.length > 0)

const { webPreferences } = window.options
const uiFile = join(process.env.BOOTLAB_DATA_DIR, 'ui.json')
console.log(
  JSON.stringify({
    pageUrl,
    page: window.page,
    world: Object.fromEntries(Object.entries(worldOf()).map(([name, api]) => [name, Object.keys(api)])),
    webPreferences,
    info,
    templates,
    picked,
    menu,
    unknown,
    refusals,
    pickedFile,
    pickedSavePath,
    leaving,
    foreignHeard,
    navigation,
    windowOpen,
    granted,
    toStrangers,
    devices: permissions.device({ deviceType: 'usb' }),
    requests,
    downloadPrevented,
    opened: opened(),
    openFilePrevented: prevented,
    schemes: record.schemes,
    headers: Object.fromEntries((await request(pageUrl)).headers),
    files,
    afterReload,
    stale,
    secondInstance,
    sandboxed: app.sandboxed,
    menuRoles: record.menus.flat().flatMap((item) => [item.role ?? item.label, ...(item.submenu ?? []).map(({ label }) => label ?? '')]),
    lastWord: existsSync(uiFile) ? readFileSync(uiFile, 'utf8') : '',
    windowStateStored: existsSync(stateFile()),
    exits: record.exits,
  }),
)
process.exit(0)
