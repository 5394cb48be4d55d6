/** `bootlab serve`. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startServer } from '../main/server/server'
import { createServices } from '../main/services/services'
import { LabError } from '../shared/failure'
import { EXIT } from './exit-codes'

const onDefect = (message: string, error?: unknown): void => {
  console.error(`bootlab: ${message}`)
  if (error instanceof Error) console.error(error.stack ?? error.message)
}

export interface ServeCommandOptions {
  port: number
  open?: true
  /** Pages may write to drives. */
  allowFlash?: true
}

/** Serves until Ctrl-C. */
export async function serve({ port, open: openBrowser, allowFlash }: ServeCommandOptions, signal: AbortSignal): Promise<number> {
  const services = createServices({ door: 'browser', allowFlash: allowFlash === true, onDefect })
  const { renderer } = services.locations
  if (!existsSync(join(renderer, 'index.html'))) {
    throw new LabError({ code: 'not-built', what: "The lab's window is not built.", where: renderer, next: 'Run `npm run build`.' })
  }
  const server = await startServer({ handlers: services.handlers, renderer, port, onDefect })
  console.log(`The lab is at ${server.url}\nCtrl-C ends it.${allowFlash ? '\nWhoever has this address can write to the drives of this computer.' : ''}`)
  if (openBrowser) await tryToOpen(server.url)
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  await server.close()
  await services.close()
  return EXIT.ok
}

const failed = (why: string): void => console.log(`No browser could be opened (${why}): open the address yourself.`)

/** The address is printed already, so a browser that does not open costs one line. */
async function tryToOpen(url: string): Promise<void> {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'] && !process.env['WSL_DISTRO_NAME']) return failed('there is no display')
  try {
    // Read only when it is wanted: it would be a tenth of a start.
    const { default: open } = await import('open')
    const browser = await open(url)
    browser.once('error', (error) => failed(error.message))
    browser.once('exit', (code) => {
      if (code) failed(`the opener ended with code ${code}`)
    })
  } catch (error) {
    failed(error instanceof Error ? error.message : String(error))
  }
}
