/** What a template shows when it has run: its screen as a PNG file. The same image gives the same picture. */
import { startInProcess } from '../../src/main/emulator/host/session'
import { screenPng } from '../../src/main/emulator/machine/picture'
import type { Template } from '../../src/main/project'
import type { Screen } from '../../src/shared/machine-schemas'

export function templatePicture(image: Uint8Array, { prints, try: keys }: Pick<Template, 'prints' | 'try'>): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let screen: Screen | undefined
    startInProcess(
      {
        image,
        memoryBytes: 128 << 20,
        backend: 'interp',
        pace: 'fast',
        untilText: keys?.shows ?? prints,
        timeoutMilliseconds: 120_000,
        // Without Enter at the end: what comes after the awaited text would be a matter of when the run is stopped.
        ...(keys === undefined ? {} : { keys: keys.type.trimEnd() }),
      },
      {
        screen: (shown) => void (screen = shown),
        serial: () => undefined,
        state: () => undefined,
        end: ({ reason, summary }) =>
          screen !== undefined && (reason === 'until-text' || reason === 'debug-exit') ? resolve(screenPng(screen)) : reject(new Error(`The template did not come to its end: ${summary}`)),
      },
    )
  })
}
