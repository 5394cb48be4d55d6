/** The `app://` scheme: serves the built renderer, since module scripts do not run from `file://`. */
import { protocol } from 'electron'
import { readRendererFile, securityHeaders } from '../services/renderer-files'

const SCHEME = 'app'
export const PAGE_ORIGIN = `${SCHEME}://bootlab`
export const PAGE_URL = `${PAGE_ORIGIN}/index.html`

/** Must run before the app is ready. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }])
}

/** @param renderer folder of the built renderer */
export function serveApp(renderer: string): void {
  protocol.handle(SCHEME, async (request) => {
    const url = new URL(request.url)
    const file = `${url.protocol}//${url.host}` === PAGE_ORIGIN ? await readRendererFile(renderer, url.pathname) : undefined
    if (!file) return new Response('There is no such file.\n', { status: 404, headers: securityHeaders() })
    return new Response(file.body, { headers: { ...securityHeaders(), 'Content-Type': file.contentType } })
  })
}

/** Whether a URL is a page of the lab. (`URL.origin` is "null" for custom schemes outside Chromium.) */
export function isLabPage(url: string): boolean {
  return URL.canParse(url) && `${new URL(url).protocol}//${new URL(url).host}` === PAGE_ORIGIN
}
