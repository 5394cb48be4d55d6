/** What the page's policy holds back, seen from inside a page; what the server refuses is in src/main/server/server.test.ts. */
import { SOCKET_PATH } from '../../src/shared/doors'
import { expect, test } from './lab'

/** Runs what an injected text could try, in the page itself, and says what came of it. */
const ATTEMPTS = `(async () => {
  const violations = []
  addEventListener('securitypolicyviolation', (event) => violations.push(event.effectiveDirective))
  const outcomes = {}
  const inline = document.createElement('script')
  inline.textContent = 'window.inlineScriptRan = true'
  document.head.append(inline)
  const link = document.createElement('a')
  link.href = 'javascript:window.javascriptLinkRan = true'
  document.body.append(link)
  link.click()
  const handler = document.createElement('div')
  handler.innerHTML = '<img src="missing.png" onerror="window.handlerRan = true">'
  document.body.append(handler)
  const load = (element, address) => new Promise((resolve) => {
    element.onload = () => resolve('loaded')
    element.onerror = () => resolve('refused')
    element.src = address
    document.body.append(element)
  })
  outcomes.foreignScript = await load(document.createElement('script'), 'http://example.com/x.js')
  outcomes.foreignImage = await load(document.createElement('img'), 'http://example.com/x.png')
  outcomes.fetch = await fetch('http://example.com/').then(() => 'loaded', () => 'refused')
  outcomes.eval = (() => { try { return String(eval('1 + 1')) } catch { return 'refused' } })()
  const frame = document.createElement('iframe')
  frame.src = 'http://example.com/'
  document.body.append(frame)
  await new Promise((resolve) => setTimeout(resolve, 300))
  return { ...outcomes, ran: [window.inlineScriptRan, window.javascriptLinkRan, window.handlerRan].some(Boolean), directives: [...new Set(violations)].sort() }
})()`

test('nothing is fetched from outside, and the policy holds back what an injected text could try', async ({ page, server }) => {
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('websocket', (socket) => requests.push(socket.url()))
  await page.goto(server.url)
  await page.locator('[data-template="miniboot-c"]').click()
  await page.getByRole('button', { name: 'Create project' }).click()
  await page.locator('.monaco-editor .view-line').first().waitFor()
  await page.keyboard.press('F5')
  await expect(page.getByTestId('screen-text')).toContainText('Hello, World !!')
  const { host } = new URL(server.url)
  expect(requests.length).toBeGreaterThan(5)
  expect(requests.filter((url) => !/^(blob|data):/.test(url) && new URL(url).host !== host)).toEqual([])

  const outcome = await page.evaluate(ATTEMPTS)
  expect(outcome).toEqual({
    foreignScript: 'refused',
    foreignImage: 'refused',
    fetch: 'refused',
    eval: 'refused',
    ran: false,
    directives: expect.arrayContaining(['connect-src', 'img-src', 'script-src-elem', 'script-src-attr', 'frame-src']),
  })
})

test('a page without the token learns nothing, and a foreign page cannot use the lab', async ({ page, server, context }) => {
  const { origin } = new URL(server.url)
  expect((await page.goto(`${origin}/`))?.status()).toBe(403)
  await expect(page.locator('#root')).toHaveCount(0)
  expect((await page.goto(`${origin}/?token=wrong`))?.status()).toBe(403)

  // Another site in the same browser, which knows the address and even the token.
  await context.route('http://evil.example/', (route) => route.fulfill({ contentType: 'text/html', body: '<title>evil</title>' }))
  await page.goto('http://evil.example/')
  const socket = server.url.replace(/^http/, 'ws').replace('/?', `${SOCKET_PATH}?`)
  const connect = `new Promise((resolve) => {
    const socket = new WebSocket(${JSON.stringify(socket)})
    socket.onopen = () => resolve('open')
    socket.onerror = () => resolve('refused')
  })`
  expect(await page.evaluate(connect)).toBe('refused')
  const read = await page.evaluate(`fetch(${JSON.stringify(server.url)}).then((answer) => answer.text(), () => 'refused')`)
  expect(read).toBe('refused')

  // The very same address is open to the lab's own page.
  await page.goto(server.url)
  expect(await page.evaluate(connect)).toBe('open')
})
