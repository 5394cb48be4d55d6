/**
 * A small double of the `electron` module: as much as the lab uses, as strict as the real one where wiring can go wrong
 * (order of calls, preload path and format, sandbox, scheme privileges, content types, content security policy).
 * What happens is written into `record`; `probe.mjs` drives it.
 */
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import vm from 'node:vm'

export const record = { menus: [], errorBoxes: [], windows: [], exits: [], shown: 0, handedOver: undefined, schemes: undefined, questions: [], /** What the person will choose, by index. */ answers: [] }

class App extends EventEmitter {
  ready = false
  sandboxed = false
  quitting = false
  /** Another instance runs already when BOOTLAB_DOUBLE_RUNNING is set. */
  requestSingleInstanceLock(data) {
    record.handedOver = structuredClone(data)
    return process.env.BOOTLAB_DOUBLE_RUNNING === undefined
  }
  getAppPath = () => process.env.BOOTLAB_DOUBLE_APP ?? '/app'
  enableSandbox() {
    if (this.ready) throw new Error('app.enableSandbox() can only be called before app is ready')
    this.sandboxed = true
  }
  async whenReady() {
    await new Promise((resolve) => setImmediate(resolve))
    this.ready = true
  }
  getPath(name) {
    if (name !== 'userData') throw new Error(`unexpected path ${name}`)
    return process.env.BOOTLAB_DOUBLE_USER_DATA ?? tmpdir()
  }
  getLocale() {
    if (!this.ready) throw new Error('app.getLocale() can only be called after app is ready')
    return 'en-US'
  }
  quit() {
    for (const step of ['before-quit', 'will-quit']) {
      const event = { prevented: false, preventDefault: () => (event.prevented = true) }
      this.emit(step, event)
      if (event.prevented) return
    }
    record.exits.push(0)
  }
  exit(code) {
    record.exits.push(code)
  }
}
export const app = new App()

const privileges = new Map()
const schemeHandlers = new Map()
export const protocol = {
  registerSchemesAsPrivileged(schemes) {
    if (app.ready) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready')
    record.schemes = schemes
    for (const { scheme, privileges: given } of schemes) privileges.set(scheme, given)
  },
  handle(scheme, handler) {
    if (!app.ready) throw new Error('protocol.handle needs a ready app')
    if (schemeHandlers.has(scheme)) throw new Error(`the protocol ${scheme} is handled already`)
    schemeHandlers.set(scheme, handler)
  },
}

export const permissions = {}
const defaultSession = Object.assign(new EventEmitter(), {
  webRequest: { onBeforeRequest: (listener) => (permissions.beforeRequest = listener) },
  setPermissionRequestHandler: (handler) => (permissions.request = handler),
  setPermissionCheckHandler: (handler) => (permissions.check = handler),
  setDevicePermissionHandler: (handler) => (permissions.device = handler),
})
export const session = {
  get defaultSession() {
    if (!app.ready) throw new Error('Session can only be received when app is ready')
    return defaultSession
  },
}

export const ipcMain = new EventEmitter()
export const dialog = {
  showErrorBox: (title, content) => record.errorBoxes.push({ title, content }),
  showOpenDialog: async (...args) => ({ canceled: false, filePaths: [args.at(-1).properties.includes('openFile') ? '/picked.img' : '/picked', args.at(-1).title] }),
  showSaveDialog: async (...args) => ({ canceled: false, filePath: `/saved/${args.at(-1).defaultPath}` }),
  showMessageBoxSync: (_window, { buttons, cancelId }) => {
    record.questions.push(buttons)
    return record.answers.shift() ?? cancelId
  },
}
export const Menu = {
  buildFromTemplate: (template) => ({ template }),
  setApplicationMenu: (menu) => record.menus.push(menu.template),
}
export const shell = { trashItem: async () => undefined, showItemInFolder: () => undefined }
export const screen = { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }] }

let nextContentsId = 1

/** One frame of one page: the renderer's side of IPC, and the page's own world. */
class Frame {
  parent = null
  constructor(contents, url) {
    this.contents = contents
    this.url = url
    this.toPage = new EventEmitter()
    this.mainWorld = {}
  }
  ipcRenderer = {
    send: (channel, ...args) => {
      const copies = args.map((arg) => structuredClone(arg))
      setImmediate(() => ipcMain.emit(channel, { sender: this.contents, senderFrame: this }, ...copies))
    },
    on: (channel, listener) => this.toPage.on(channel, listener),
    removeListener: (channel, listener) => this.toPage.removeListener(channel, listener),
  }
  contextBridge = {
    exposeInMainWorld: (name, api) => {
      if (name in this.mainWorld) throw new Error(`Cannot bind an API on top of an existing property on the window object: ${name}`)
      this.mainWorld[name] = Object.freeze({ ...api })
    },
  }
}

class WebContents extends EventEmitter {
  id = nextContentsId++
  destroyed = false
  frame = undefined
  isDestroyed = () => this.destroyed
  getURL = () => this.frame?.url ?? ''
  setWindowOpenHandler(handler) {
    this.windowOpenHandler = handler
  }
  send(channel, ...args) {
    if (this.destroyed) throw new TypeError('Object has been destroyed')
    const frame = this.frame
    const copies = args.map((arg) => structuredClone(arg))
    setImmediate(() => frame?.toPage.emit(channel, {}, ...copies))
  }
}

export class BrowserWindow extends EventEmitter {
  static getAllWindows = () => record.windows
  static getFocusedWindow = () => record.windows[0] ?? null
  minimized = false
  focused = 0

  constructor(options) {
    super()
    if (!app.ready) throw new Error('Cannot create BrowserWindow before app is ready')
    this.options = options
    this.webContents = new WebContents()
    record.windows.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }
  show = () => void record.shown++
  maximize() {}
  isMaximized = () => false
  isMinimized = () => this.minimized
  restore = () => void (this.minimized = false)
  focus = () => void this.focused++
  getNormalBounds = () => ({ x: 10, y: 20, width: 1280, height: 860 })

  async loadURL(url) {
    this.page = await loadPage(url)
    const frame = new Frame(this.webContents, url)
    this.webContents.frame = frame
    runPreload(this.options.webPreferences ?? {}, frame)
    this.emit('ready-to-show')
  }
  close() {
    this.emit('close', {})
    this.webContents.destroyed = true
    this.webContents.emit('destroyed')
    record.windows.splice(record.windows.indexOf(this), 1)
    this.emit('closed')
    if (record.windows.length === 0) app.emit('window-all-closed')
  }
}

/** Chromium reads such files from its sandbox: CommonJS source, and `require` of these few names. */
const sandboxedModules = ['electron', 'events', 'timers', 'url']

function runPreload(preferences, frame) {
  const { preload, sandbox, contextIsolation, nodeIntegration } = preferences
  if (!preload || !isAbsolute(preload)) throw new Error(`preload script must have absolute path: ${preload}`)
  if (sandbox === false || contextIsolation === false || nodeIntegration === true) throw new Error('the page is not confined')
  const source = readFileSync(preload, 'utf8')
  // An ES module is a syntax error here, as it is in a sandboxed renderer.
  const run = new vm.Script(`(function (require, exports, module, process) {${source}\n})`, { filename: preload }).runInNewContext({})
  const require = (name) => {
    if (!sandboxedModules.includes(name)) throw new Error(`module not found: ${name}`)
    return { contextBridge: frame.contextBridge, ipcRenderer: frame.ipcRenderer }
  }
  const module = { exports: {} }
  run(require, module.exports, module, { platform: process.platform })
}

export async function request(url) {
  const { protocol: scheme } = new URL(url)
  const handler = schemeHandlers.get(scheme.slice(0, -1))
  if (!handler) throw new Error(`ERR_UNKNOWN_URL_SCHEME (${url})`)
  return handler(new Request(url))
}

/** Loads a page as far as headers and tags go: each script and style sheet must arrive, with its type, and be allowed. */
async function loadPage(url) {
  const { protocol: scheme, host } = new URL(url)
  const granted = privileges.get(scheme.slice(0, -1))
  if (!granted?.standard || !granted.secure) throw new Error(`module scripts need a standard, secure scheme; ${scheme} is not`)
  const response = await request(url)
  if (response.status !== 200) throw new Error(`ERR_FAILED ${response.status} loading ${url}`)
  if (!response.headers.get('content-type')?.startsWith('text/html')) throw new Error(`${url} is not a page`)
  const policy = response.headers.get('content-security-policy') ?? ''
  const html = await response.text()
  const allowed = directive(policy, 'script-src')
  const scripts = []
  for (const [, attributes = '', inline = ''] of html.matchAll(/<script\b([^>]*)>([^]*?)<\/script>/g)) {
    const source = /\bsrc="([^"]*)"/.exec(attributes)?.[1]
    if (source === undefined || inline.trim() !== '') throw new Error(`the policy refuses an inline script: ${inline.slice(0, 60)}`)
    const address = new URL(source, url)
    if (address.host !== host || !allowed.includes("'self'")) throw new Error(`the policy refuses ${address}`)
    await expectType(address, /^text\/javascript/)
    scripts.push(address.href)
  }
  for (const [, source = ''] of html.matchAll(/<link\b[^>]*rel="stylesheet"[^>]*href="([^"]*)"/g)) await expectType(new URL(source, url), /^text\/css/)
  if (scripts.length === 0) throw new Error('the page has no script')
  return { policy, scripts }
}

const directive = (policy, name) =>
  policy
    .split(';')
    .map((part) => part.trim().split(/\s+/))
    .find(([head]) => head === name)
    ?.slice(1) ?? []

async function expectType(address, type) {
  const response = await request(address.href)
  const given = response.headers.get('content-type') ?? ''
  if (response.status !== 200 || !type.test(given)) throw new Error(`${address} answered ${response.status} ${given}`)
}

export const stateFile = () => join(app.getPath('userData'), 'window.json')
