/**
 * The renderer's files, as both doors serve them: which file a URL path means, its type, and the headers that go with it.
 */
import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

/** Types of the files that the build makes. Anything else is not served. */
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.bin': 'application/octet-stream',
}

/**
 * Content security policy: nothing but the lab's own files. Monaco puts style elements into the page, so inline
 * styles are allowed; inline scripts and `eval` are not.
 * @param connect further origins that the page may connect to, e.g. `ws://127.0.0.1:4000`
 */
export function contentSecurityPolicy(connect: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    ["connect-src 'self'", ...connect].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

export function securityHeaders(connect: readonly string[] = []): Record<string, string> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(connect),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  }
}

export interface RendererFile {
  body: Uint8Array<ArrayBuffer>
  contentType: string
}

/**
 * Reads the file that a URL path names; `/` is index.html.
 * @param urlPath percent-encoded path of the request
 * @returns undefined for a path that is malformed, leads outside `root` (also through links), has a type that is not
 *   served, or names no file
 */
export async function readRendererFile(root: string, urlPath: string): Promise<RendererFile | undefined> {
  const path = decodePath(urlPath)
  if (path === undefined) return undefined
  const contentType = contentTypes[extname(path)]
  if (contentType === undefined) return undefined
  try {
    const realRoot = await realpath(root)
    const file = await realpath(join(realRoot, path))
    if (!file.startsWith(realRoot + sep)) return undefined
    return { body: new Uint8Array(await readFile(file)), contentType }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** The relative path in a URL path, or undefined when a segment could step outside or means something to an OS. */
function decodePath(urlPath: string): string | undefined {
  let decoded: string
  try {
    decoded = decodeURIComponent(urlPath)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
  if (!decoded.startsWith('/')) return undefined
  const path = decoded === '/' ? 'index.html' : decoded.slice(1)
  const segments = path.split('/')
  const plain = segments.every((segment) => /^[\w.@+-]+$/.test(segment) && segment !== '.' && segment !== '..')
  return plain ? path : undefined
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR')
}
